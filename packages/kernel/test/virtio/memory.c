/* All of memory reads as zeros at first, keeps what is written, and is there to its end. */
#include "layout.h"
#include "support.h"

TEST_NO_DEVICES;

int test(const struct boot_info *boot) {
    uint64_t *from = (uint64_t *)(uintptr_t)(LINEAR_BASE + boot_record.memory_pages * 65536u),
             *to = (uint64_t *)boot->memory_end;
    for (uint64_t *at = from; at < to; at++) {
        expect(*at == 0, "memory is zero");
        *at = (uint64_t)at;
    }
    for (uint64_t *at = from; at < to; at++) expect(*at == (uint64_t)at, "memory keeps what is written");
    say("SUCCESS\n");
    return 0;
}
