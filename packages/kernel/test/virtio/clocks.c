/*
 * Runs on the host: time.c on machines whose clocks are played, among them KVM's, and over weeks of machine time. Each
 * machine is a process of its own: its number is the argument.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "x86.h"

#define SECOND 1000000000ull
#define BOOT_WALL 1709210096ull /* 2024-02-29T12:34:56Z */

enum { PLAIN, KVM, KVM_SLOW, TOLD_BY_HYPERVISOR, TOLD_BY_PROCESSOR, PIT_ONLY, NO_TIMER, RTC_BCD_12_HOURS, MACHINES };

static int machine;
static uint64_t now = 5 * SECOND; /* the machine's true time, in nanoseconds since it was switched on */
static uint64_t hz = 2445423511;
static uint64_t kvm_page, kvm_wall_page;
static uint8_t rtc_index, pit_low, pit_high;
static bool pit_low_next;
static uint64_t apic_started, apic_rate;

struct acpi acpi;

static uint64_t cycles(void) {
    return (uint64_t)((unsigned __int128)now * hz / SECOND);
}

/* What a hypervisor does now and then: writes the page anew. */
static void kvm_update(void) {
    struct {
        uint32_t version, pad;
        uint64_t timestamp, system;
        uint32_t mul;
        int8_t shift;
    } *page = (void *)kvm_page;
    int8_t shift = machine == KVM_SLOW ? 2 : -1;
    page->version += 2;
    page->timestamp = cycles();
    page->system = now;
    page->shift = shift;
    page->mul = (uint32_t)(shift < 0 ? ((SECOND << 32) / hz) << -shift : ((SECOND << 32) / hz) >> shift);
}

struct cpuid cpuid(uint32_t leaf) {
    bool kvm = machine == KVM || machine == KVM_SLOW;
    switch (leaf) {
    case 0:
        return (struct cpuid){machine == TOLD_BY_PROCESSOR ? 0x15 : 0xd, 0, 0, 0};
    case 1:
        return (struct cpuid){0, 0, kvm || machine == TOLD_BY_HYPERVISOR ? 1u << 31 : 0, 0};
    case 0x15:
        return (struct cpuid){2, 200, 24454235, 0};
    case 0x40000000:
        return kvm ? (struct cpuid){0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d}
                   : (struct cpuid){0x40000010, 0x61774d56, 0, 0};
    case 0x40000001:
        return (struct cpuid){kvm ? 1u << 3 : 0, 0, 0, 0};
    case 0x40000010:
        return (struct cpuid){2445423, 66000, 0, 0};
    default:
        return (struct cpuid){0, 0, 0, 0};
    }
}

uint64_t read_tsc(void) {
    now += 20;
    return cycles();
}

uint64_t read_msr(uint32_t msr) {
    (void)msr;
    return 0;
}

void write_msr(uint32_t msr, uint64_t value) {
    if (msr == 0x4b564d01 && (value & 1)) {
        kvm_page = value & ~1ull;
        kvm_update();
    }
    if (msr == 0x4b564d00) {
        kvm_wall_page = value;
        uint32_t wall[3] = {2, (uint32_t)(BOOT_WALL - 5), 0};
        memcpy((void *)kvm_wall_page, wall, sizeof wall);
    }
}

void out8(uint16_t port, uint8_t value) {
    now += 1000;
    if (port == 0x70) rtc_index = value;
    if (port == 0x43 && value == 0x80) {
        uint16_t count = (uint16_t) ~(now * 1193182 / SECOND);
        pit_low = (uint8_t)count;
        pit_high = (uint8_t)(count >> 8);
        pit_low_next = true;
    }
}

uint32_t in32(uint16_t port) {
    /* Sometimes something else runs in between. */
    now += now % 7 == 0 ? 90000 : 1000;
    return port == 0x608 ? (uint32_t)((unsigned __int128)now * 3579545 / SECOND) & 0xffffff : UINT32_MAX;
}

uint8_t in8(uint16_t port) {
    now += 1000;
    bool twelve = machine == RTC_BCD_12_HOURS;
    if (port == 0x42) {
        if (machine == NO_TIMER) return 0xff;
        pit_low_next = !pit_low_next;
        return pit_low_next ? pit_high : pit_low;
    }
    if (port != 0x71) return 0;
    switch (rtc_index) {
    case 0:
        return twelve ? 0x56 : 56;
    case 2:
        return twelve ? 0x34 : 34;
    case 4:
        return twelve ? 0x92 : 12; /* 12 p.m. */
    case 7:
        return twelve ? 0x29 : 29;
    case 8:
        return 2;
    case 9:
        return twelve ? 0x24 : 24;
    case 0x0b:
        return twelve ? 0 : 6;
    case 0x32:
        return twelve ? 0x20 : 20;
    default:
        return 0;
    }
}

void apic_timer_start_measuring(void) {
    apic_started = now;
}
uint32_t apic_timer_measured(void) {
    /* An exit to the hypervisor, and now and then something else runs in between. */
    static unsigned readings;
    now += ++readings % 3 == 1 ? 200000 : 1000;
    return (uint32_t)((now - apic_started) * 62500000 / SECOND);
}
bool apic_timer_needs_calibration(void) {
    return apic_rate == 0;
}
void apic_timer_calibrated(uint64_t rate) {
    if (rate) apic_rate = rate;
}

static void check(bool holds, const char *what) {
    if (holds) return;
    printf("FAILURE on machine %d: %s\n", machine, what);
    exit(1);
}

/* Parts in a billion that `measured` is off. */
static int64_t error_of(uint64_t measured, uint64_t truth) {
    return (int64_t)((__int128)((int64_t)(measured - truth)) * (int64_t)SECOND / (int64_t)truth);
}

int main(int argc, char **argv) {
    machine = argc > 1 ? atoi(argv[1]) : 0;
    if (machine == KVM_SLOW) hz = 999999999;
    bool has_pm = machine == PLAIN || machine == RTC_BCD_12_HOURS;
    acpi = (struct acpi){.pm_timer = has_pm ? 0x608 : 0, .century = 0x32};
    time_init();
    check(now < 5 * SECOND + SECOND / 100, "calibration takes less than 10 ms");
    uint64_t start = clock_monotonic(), start_true = now;
    check(start < SECOND / 100, "the clock starts at boot");
    int64_t wall_error = (int64_t)(clock_wall() - BOOT_WALL * SECOND);
    check(wall_error > -(int64_t)SECOND / 50 && wall_error < (int64_t)SECOND / 50, "wall time is right");
    if (machine == NO_TIMER) return puts("SUCCESS"), 0; /* there is nothing to be right by */
    check(llabs(error_of(apic_rate, 62500000)) < 5000000, "the timer's frequency is within 0.5 %");
    check(llabs(error_of(time_to_tsc(SECOND), hz)) < 3000000, "the counter's frequency is within 0.3 %");

    /* Two weeks, looked at in steps of 1 ms to an hour. */
    uint64_t last = clock_monotonic(), step = SECOND / 1000;
    uint64_t end = start_true + 14 * 86400 * SECOND;
    for (int n = 0; now < end; n++) {
        now += step + (uint64_t)n % 977;
        if (step < 3600 * SECOND && n % 40 == 39) step *= 2;
        if (kvm_page && n % 3 == 0) kvm_update();
        uint64_t t = clock_monotonic();
        check(t >= last, "it never goes back");
        last = t;
        time_refine();
    }
    int64_t error = error_of(last - start, now - start_true);
    /* A 32-bit factor, a frequency told in kHz, a millisecond's measurement; and a correction over days. */
    int64_t allowed = kvm_page ? 10 : has_pm ? 1000 : machine == PIT_ONLY ? 3000000 : 1000;
    printf("machine %d: %ld parts in a billion\n", machine, (long)error);
    check(llabs(error) < allowed, "two weeks later it is right");
    puts("SUCCESS");
    return 0;
}
