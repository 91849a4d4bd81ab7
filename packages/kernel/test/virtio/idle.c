/* Waits for a frame that never comes: the host looks at how much processor time that takes. */
#include "layout.h"
#include "support.h"

TEST_DEVICES(NET("service"));

int test(const struct boot_info *boot) {
    (void)boot;
    uint8_t *memory = (uint8_t *)LINEAR_BASE + 0x20000;
    struct net_memory shared = {memory, 64, memory + 64 * NET_SLOT_SIZE, 64, 0};
    struct net_info info;
    expect(net_acquire("service", &shared, &info) == 0, "the device is acquired");
    say("idle\n");
    yield_until(clock_monotonic() + 500000000);
    say("idle for ever\n");
    for (;;) yield_until(UINT64_MAX);
}
