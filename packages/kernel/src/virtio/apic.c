/* Local APIC (Intel SDM 3A chapter 11): the timer that ends a wait and the end of interrupts. */
#pragma GCC target("general-regs-only") /* apic_end_of_interrupt runs in interrupts */

#include "machine.h"
#include "x86.h"

#define MSR_APIC_BASE 0x1b
#define MSR_X2APIC 0x800
#define MSR_TSC_DEADLINE 0x6e0

#define REGISTER_ID 0x20
#define REGISTER_TASK_PRIORITY 0x80
#define REGISTER_EOI 0xb0
#define REGISTER_SPURIOUS 0xf0
#define REGISTER_LVT_TIMER 0x320
#define REGISTER_LVT_LINT0 0x350
#define REGISTER_LVT_ERROR 0x370
#define REGISTER_INITIAL_COUNT 0x380
#define REGISTER_CURRENT_COUNT 0x390
#define REGISTER_DIVIDE 0x3e0

#define LVT_MASKED (1u << 16)
#define LVT_EXTERNAL (7u << 8)
#define LVT_TSC_DEADLINE (2u << 17)
#define DIVIDE_BY_16 3

static volatile uint32_t *registers; /* NULL: x2APIC, by MSR */
static bool tsc_deadline;
static uint64_t timer_hz; /* after the divider */

static uint32_t apic_read(unsigned which) {
    return registers ? registers[which / 4] : (uint32_t)read_msr(MSR_X2APIC + which / 16);
}

static void apic_write(unsigned which, uint32_t value) {
    if (registers)
        registers[which / 4] = value;
    else
        write_msr(MSR_X2APIC + which / 16, value);
}

void apic_init(void) {
    struct cpuid features = cpuid(1);
    if (!(features.edx >> 9 & 1)) boot_fail("this machine has no local APIC", NULL, NULL);
    uint64_t base = read_msr(MSR_APIC_BASE);
    if (!(base >> 11 & 1)) write_msr(MSR_APIC_BASE, base | 1u << 11);
    bool x2apic = base >> 10 & 1; /* some firmware and hypervisors start there */
    registers = x2apic ? NULL : window_map(base & 0x000ffffffffff000ull, PAGE_SIZE, true);
    tsc_deadline = features.ecx >> 24 & 1;
    apic_write(REGISTER_SPURIOUS, 1u << 8 | VECTOR_SPURIOUS);
    apic_write(REGISTER_TASK_PRIORITY, 0);
    apic_write(REGISTER_LVT_ERROR, LVT_MASKED);
    apic_write(REGISTER_LVT_LINT0, LVT_MASKED);
    apic_write(REGISTER_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
    apic_write(REGISTER_DIVIDE, DIVIDE_BY_16);
}

uint32_t apic_id(void) {
    uint32_t id = apic_read(REGISTER_ID);
    return registers ? id >> 24 : id;
}

void apic_accept_lines(void) {
    apic_write(REGISTER_LVT_LINT0, LVT_EXTERNAL);
}

void apic_end_of_interrupt(void) {
    apic_write(REGISTER_EOI, 0);
}

volatile uint64_t apic_timer_armed = UINT64_MAX;

void apic_timer_interrupt(void) {
    apic_timer_armed = UINT64_MAX;
    apic_end_of_interrupt();
}

bool apic_timer_needs_calibration(void) {
    return !tsc_deadline && timer_hz == 0;
}

void apic_timer_start_measuring(void) {
    apic_write(REGISTER_INITIAL_COUNT, UINT32_MAX);
}

uint32_t apic_timer_measured(void) {
    return UINT32_MAX - apic_read(REGISTER_CURRENT_COUNT);
}

void apic_timer_calibrated(uint64_t hz) {
    if (hz) timer_hz = hz;
    apic_write(REGISTER_INITIAL_COUNT, 0);
    apic_write(REGISTER_LVT_TIMER, VECTOR_TIMER | (tsc_deadline ? LVT_TSC_DEADLINE : 0));
    if (tsc_deadline)
        __asm__ volatile("mfence" : : : "memory"); /* orders the mode before the first deadline, SDM 3A 11.5.4.1 */
}

void apic_timer_arm(uint64_t nanoseconds) {
    const uint64_t second = 1000000000;
    if (nanoseconds > second) nanoseconds = second; /* cpu_idle goes on waiting */
    if (tsc_deadline) {
        write_msr(MSR_TSC_DEADLINE, read_tsc() + time_to_tsc(nanoseconds));
        return;
    }
    uint64_t count = nanoseconds * (timer_hz / 1000) / 1000000 + 1;
    apic_write(REGISTER_INITIAL_COUNT, count < UINT32_MAX ? (uint32_t)count : UINT32_MAX);
}
