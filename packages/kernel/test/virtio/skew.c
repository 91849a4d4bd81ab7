/* Waits end in spite of a timer that is not what it was taken for: it fires early, or late. */
#include "machine.h"
#include "support.h"

TEST_NO_DEVICES;

#define MS 1000000ull
#define QEMU_TIMER_HZ 62500000ull

static void wait(uint64_t span) {
    uint64_t start = clock_monotonic();
    yield_until(start + span);
    expect(clock_monotonic() - start >= span, "a wait ends before its time");
}

int test(const struct boot_info *boot) {
    (void)boot;
    static const uint64_t percent[] = {50, 90, 99, 110};
    for (int i = 0; i < 4; i++) {
        apic_timer_calibrated(QEMU_TIMER_HZ * percent[i] / 100);
        wait(1 * MS);
        wait(100 * MS);
        wait(1100 * MS);
        /* An earlier deadline than the timer's, then the later one after all. */
        uint64_t later = clock_monotonic() + 60 * MS;
        yield_until(later - 40 * MS);
        yield_until(later - 50 * MS);
        yield_until(later);
        expect(clock_monotonic() >= later, "the last wait ends before its time");
    }
    say("SUCCESS\n");
    return 0;
}
