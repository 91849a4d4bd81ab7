/* The one place that waits. Interrupts are off but for the moment between sti and the end of hlt, so none is lost. */
#include "machine.h"
#include "x86.h"

void cpu_idle(uint64_t deadline) {
    uint64_t now = clock_monotonic();
    if (deadline <= now) return;
    /* A timer that fires early only wakes for nothing, setting it costs an exit: it stays when it is early enough. */
    if (deadline < apic_timer_armed) {
        const uint64_t second = 1000000000;
        apic_timer_arm(deadline - now);
        apic_timer_armed = deadline - now < second ? deadline : now + second;
    }
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

void yield_until(uint64_t deadline) {
    net_flush_all();
    bool passed = clock_monotonic() >= deadline;
    time_refine();
    if (passed) return;
    while (!net_arm_all()) {
        cpu_idle(deadline);
        if (clock_monotonic() >= deadline) break;
    }
    net_disarm_all();
}
