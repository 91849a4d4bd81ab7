/* Writes blocks, reads them back, and tells what block 0 held. */
#include "layout.h"
#include "support.h"

TEST_DEVICES(BLOCK("storage"));

static void fill(uint8_t *bytes, uint32_t size, uint64_t seed) {
    for (uint32_t i = 0; i < size; i++) bytes[i] = (uint8_t)(seed * 31 + i + (i >> 8));
}

int test(const struct boot_info *boot) {
    (void)boot;
    struct block_info info;
    expect(block_acquire("other", &info) == -1, "a name that the manifest lacks is refused");
    int handle = block_acquire("storage", &info);
    expect(handle >= 0, "the device is acquired");
    expect(block_acquire("storage", &info) == -1, "once");
    say_number(info.blocks);
    say(" blocks of ");
    say_number(info.block_size);
    say(" bytes\n");

    /* Memory that nothing touched yet, at an odd address and over the border of two large pages. */
    uint8_t *in = (uint8_t *)LINEAR_BASE + 0x700000 - 255, *out = (uint8_t *)LINEAR_BASE + 0xa00001;
    expect(block_read(handle, 0, in) == 0, "block 0 is read");
    say("block 0: ");
    console_write(in, 16);
    say("\n");
    uint64_t numbers[] = {1, info.blocks / 2, info.blocks - 1};
    for (int n = 0; n < 3; n++) {
        fill(out, info.block_size, numbers[n]);
        expect(block_write(handle, numbers[n], out) == 0, "a block is written");
    }
    uint64_t start = clock_monotonic();
    for (int n = 0; n < 3; n++) {
        memset(in, 0, info.block_size);
        fill(out, info.block_size, numbers[n]);
        expect(block_read(handle, numbers[n], in) == 0, "a block is read");
        expect(memcmp(in, out, info.block_size) == 0, "what was written is read");
    }
    say("a read takes ");
    say_number((clock_monotonic() - start) / 3000);
    say(" us\n");
    expect(block_read(handle, info.blocks, in) == -1, "behind the end is an error");
    expect(block_write(handle, UINT64_MAX, in) == -1, "far behind the end is an error");
    expect(block_read(handle + 1, 0, in) == -1, "another handle is an error");
    say("SUCCESS\n");
    return 0;
}
