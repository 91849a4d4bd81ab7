/* Two block devices, `data` (handle 1) and `log` (2). The command line is one character a step. */
#include "guest.h"

ABI_NOTE
MANIFEST(2, {.name = "data", .type = DEVICE_BLOCK}, {.name = "log", .type = DEVICE_BLOCK})

static uint8_t buffer[65536];

static long access(long number, const struct manifest_entry *entry, uint64_t size, uint64_t offset) {
    return call(number, entry->b.descriptor, (long)buffer, (long)size, (long)offset);
}

static int fill_and_check(const struct manifest_entry *entry) {
    uint64_t size = entry->u.block.block_size;
    for (uint64_t at = 0; at < entry->u.block.capacity; at += size) {
        for (uint64_t i = 0; i < size; i++) buffer[i] = (uint8_t)(at / size + i);
        if (access(SYS_pwrite64, entry, size, at) != (long)size) return 10;
    }
    for (uint64_t at = 0; at < entry->u.block.capacity; at += size) {
        if (access(SYS_pread64, entry, size, at) != (long)size) return 11;
        for (uint64_t i = 0; i < size; i++)
            if (buffer[i] != (uint8_t)(at / size + i)) return 12;
    }
    return 0;
}

int guest_main(const struct boot_info *boot, const char *command) {
    const struct manifest *manifest = (const struct manifest *)boot->manifest;
    const struct manifest_entry *data = &manifest->entry[1];
    const struct manifest_entry *log = &manifest->entry[2];
    uint64_t capacity = data->u.block.capacity;
    uint64_t size = data->u.block.block_size;
    if (manifest->entries != 3 || !data->attached || !log->attached) return 20;
    say_number(capacity);
    say(" ");
    say_number(size);
    say("\n");
    if (equal(command, "check")) return fill_and_check(data);
    if (equal(command, "read-beyond"))
        access(SYS_pread64, data, size, capacity);
    else if (equal(command, "write-beyond"))
        access(SYS_pwrite64, data, size, capacity);
    else if (equal(command, "write-across"))
        access(SYS_pwrite64, data, size, capacity - size + 1);
    else if (equal(command, "write-negative"))
        access(SYS_pwrite64, data, size, (uint64_t)-512);
    else if (equal(command, "write-two-blocks"))
        access(SYS_pwrite64, data, 2 * size, 0);
    else if (equal(command, "write-half-a-block"))
        access(SYS_pwrite64, data, size / 2, 0);
    else if (equal(command, "other-device-bounds"))
        access(SYS_pwrite64, log, log->u.block.block_size, capacity - log->u.block.block_size);
    else if (equal(command, "plain-write"))
        call(SYS_write, data->b.descriptor, (long)buffer, (long)size, 0);
    say("not refused\n");
    return 99;
}
