/* Waits with the local APIC in x2APIC mode, where its registers are MSRs. Status 77: the processor has no such mode. */
#include "machine.h"
#include "support.h"
#include "x86.h"

TEST_NO_DEVICES;

#define MSR_APIC_BASE 0x1b

int test(const struct boot_info *boot) {
    (void)boot;
    if (!(cpuid(1).ecx >> 21 & 1)) return 77;
    uint32_t id = apic_id();
    write_msr(MSR_APIC_BASE, read_msr(MSR_APIC_BASE) | 1u << 10);
    apic_init();
    apic_timer_calibrated(0);
    expect(apic_id() == id, "the number of the APIC stays");
    for (int i = 1; i <= 20; i++) {
        uint64_t start = clock_monotonic(), deadline = start + (uint64_t)i * 1000000;
        apic_timer_armed = UINT64_MAX; /* the mode's change disarmed it */
        yield_until(deadline);
        expect(clock_monotonic() >= deadline, "a wait ends before its time");
    }
    say("SUCCESS\n");
    return 0;
}
