/* Vector registers keep their values over page faults that bring memory and over timer interrupts. */
#include "layout.h"
#include "support.h"

TEST_NO_DEVICES;

int test(const struct boot_info *boot) {
    (void)boot;
    volatile double one = 1.0, three = 3.0;
    double third = one / three;
    expect(third > 0.333333 && third < 0.333334, "division");
    double root;
    __asm__("sqrtsd %1, %0" : "=x"(root) : "x"(2.0));
    expect(root > 1.41421356 && root < 1.41421357, "square root");

    uint64_t in[2] = {0x1122334455667788, 0x99aabbccddeeff00}, out[2] = {0, 0};
    for (int i = 0; i < 4; i++) {
        volatile uint8_t *fresh = (volatile uint8_t *)LINEAR_BASE + 0x1000000 + i * 0x200000;
        __asm__ volatile("movdqu %2, %%xmm7\n\tmovb $1, (%1)\n\tmovdqu %%xmm7, %0"
                         : "=m"(out)
                         : "r"(fresh), "m"(in)
                         : "xmm7", "memory");
        expect(out[0] == in[0] && out[1] == in[1], "a vector register survives a page fault");
    }
    volatile double sum = 0;
    for (int i = 0; i < 20; i++) {
        sum += 0.5;
        yield_until(clock_monotonic() + 1000000);
    }
    expect(sum == 10.0, "sums survive interrupts");
    say("SUCCESS\n");
    return 0;
}
