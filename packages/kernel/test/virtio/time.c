/* Clocks move forward at the right speed, waits end when they should. Prints wall time for the host to compare. */
#include "support.h"

TEST_NO_DEVICES;

#define MS 1000000ull

/* How late a wait ends is the host's business: it may have other work. */
#define LATE (2000 * MS)

static void check_wait(uint64_t span) {
    uint64_t start = clock_monotonic();
    yield_until(start + span);
    uint64_t end = clock_monotonic();
    say("waited ");
    say_number((end - start) / 1000);
    say(" us of ");
    say_number(span / 1000);
    say("\n");
    expect(end - start >= span, "a wait without devices ends before its time");
    expect(end - start < span + LATE, "a wait ends late");
}

int test(const struct boot_info *boot) {
    (void)boot;
    uint64_t first = clock_monotonic(), wall = clock_wall();
    say("start ");
    say_number(first / 1000);
    say(" us\nwall ");
    say_number(wall / 1000000000);
    say("\n");
    uint64_t last = first;
    for (int i = 0; i < 100000; i++) {
        uint64_t now = clock_monotonic();
        expect(now >= last, "the monotonic clock went back");
        last = now;
    }
    say("reading takes ");
    say_number((last - first) / 100000);
    say(" ns\n");
    expect(last > first, "the monotonic clock stands still");

    uint64_t before = clock_monotonic();
    yield_until(0);
    yield_until(before);
    expect(clock_monotonic() - before < LATE, "a deadline that has passed does not wait");

    check_wait(100000);
    check_wait(1 * MS);
    check_wait(20 * MS);
    check_wait(300 * MS);
    check_wait(1500 * MS);
    uint64_t wall_span = clock_wall() - wall, span = clock_monotonic() - first;
    expect(wall_span + LATE > span && span + LATE > wall_span, "both clocks run at the same speed");
    say("SUCCESS ");
    say_number(span / 1000);
    say(" us\n");
    return 0;
}
