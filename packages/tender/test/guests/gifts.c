/*
 * Carries a host note, with one network device that understands headers and one that does not. Prints what it was given for each, and
 * reads both clocks by the function that it was given: "clocks" when they agree with system calls. "stay": until it is killed.
 */
#include "guest.h"

ABI_NOTE
MANIFEST(2, {.name = "large", .type = DEVICE_NET}, {.name = "plain", .type = DEVICE_NET})

static volatile struct host_gifts gifts;

__asm__(".section .note.soloist.host, \"a\", @note\n"
        ".balign 4\n"
        ".long 8, 16, 0x54534f48\n"
        ".asciz \"Soloist\"\n"
        ".quad gifts\n"
        ".quad 2\n"
        ".text\n");

static int agrees(int clock) {
    struct {
        uint64_t seconds, nanoseconds;
    } time = {0, 0};
    uint64_t before = now(clock);
    int (*function)(long, void *) = (int (*)(long, void *))gifts.clock_gettime;
    if (function(clock, &time) != 0) return 0;
    uint64_t between = time.seconds * 1000000000 + time.nanoseconds;
    return before <= between && between <= now(clock);
}

int guest_main(const struct boot_info *boot, const char *command) {
    say_number(gifts.net[1]);
    say(" ");
    say_number(gifts.net[2]);
    if (gifts.clock_gettime == 0)
        say(" no clocks");
    else
        say(agrees(0) && agrees(1) ? " clocks" : " wrong clocks");
    say("\n");
    struct ready ready[1];
    for (uint64_t end = now(1) + 20000000000; equal(command, "stay") && now(1) < end;) wait_until(boot, end, ready, 1);
    return 0;
}
