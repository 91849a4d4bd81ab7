/*
 * Clocks. Under KVM its paravirtual clock (Documentation/virt/kvm/x86/msr.rst); elsewhere the cycle counter, whose frequency the
 * processor tells (CPUID) or one millisecond beside a timer of known frequency does. The ACPI timer corrects that
 * frequency later, over ever longer spans, so that a rough start does not become seconds a day.
 * Wall time elsewhere than under KVM is the battery-backed clock's: right to the second.
 */
#include "machine.h"
#include "x86.h"

#define SECOND 1000000000ull

#define KVM_SIGNATURE_EBX 0x4b4d564b /* "KVMK", of "KVMKVMKVM" */
#define KVM_FEATURE_CLOCKSOURCE2 (1u << 3)
#define MSR_KVM_WALL_CLOCK 0x4b564d00
#define MSR_KVM_SYSTEM_TIME 0x4b564d01

#define PM_TIMER_HZ 3579545u
#define PIT_HZ 1193182u
#define CALIBRATION_HZ 1000u /* a span of 1/1000 second */
#define FIRST_REFINEMENT (SECOND / 20)
#define LONGEST_REFINEMENT (1000 * SECOND)

struct kvm_time {
    uint32_t version, pad0;
    uint64_t tsc_timestamp, system_time;
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags, pad[2];
};
_Static_assert(sizeof(struct kvm_time) == 32, "pvclock_vcpu_time_info");

struct kvm_wall {
    uint32_t version, seconds, nanoseconds;
};

static volatile struct kvm_time kvm_time __attribute__((aligned(64)));
static volatile struct kvm_wall kvm_wall __attribute__((aligned(64)));
static bool is_kvm;

/* nanoseconds = base_ns + (tsc - base_tsc) * per_tick / 2^32 */
static uint64_t base_tsc, base_ns, per_tick, tsc_hz;

static uint64_t boot_ns, wall_at_zero, latest;

static uint64_t scale(uint64_t value, uint64_t factor) {
    return (uint64_t)((unsigned __int128)value * factor >> 32);
}

static uint64_t kvm_now(void) {
    uint64_t now;
    uint32_t version;
    do {
        version = kvm_time.version & ~1u;
        COMPILER_BARRIER();
        uint64_t delta = read_tsc() - kvm_time.tsc_timestamp;
        int8_t shift = kvm_time.tsc_shift;
        delta = shift < 0 ? delta >> -shift : delta << shift;
        now = kvm_time.system_time + scale(delta, kvm_time.tsc_to_system_mul);
        COMPILER_BARRIER();
    } while (version != kvm_time.version);
    return now;
}

static uint64_t now_ns(void) {
    return is_kvm ? kvm_now() : base_ns + scale(read_tsc() - base_tsc, per_tick);
}

uint64_t clock_monotonic(void) {
    uint64_t now = now_ns() - boot_ns;
    if ((int64_t)(now - latest) < 0) return latest;
    latest = now;
    return now;
}

uint64_t clock_wall(void) {
    return wall_at_zero + clock_monotonic();
}

uint64_t time_to_tsc(uint64_t nanoseconds) {
    return mul_div(nanoseconds, tsc_hz, SECOND);
}

static bool kvm_init(void) {
    if (!(cpuid(1).ecx >> 31)) return false; /* no hypervisor */
    struct cpuid signature = cpuid(0x40000000);
    if (signature.ebx != KVM_SIGNATURE_EBX || !(cpuid(0x40000001).eax & KVM_FEATURE_CLOCKSOURCE2)) return false;
    write_msr(MSR_KVM_SYSTEM_TIME, (uint64_t)&kvm_time | 1);
    write_msr(MSR_KVM_WALL_CLOCK, (uint64_t)&kvm_wall);
    if (kvm_time.tsc_to_system_mul == 0) return false;
    uint64_t hz = (SECOND << 32) / kvm_time.tsc_to_system_mul;
    tsc_hz = kvm_time.tsc_shift < 0 ? hz << -kvm_time.tsc_shift : hz >> kvm_time.tsc_shift;
    wall_at_zero = kvm_wall.seconds * SECOND + kvm_wall.nanoseconds;
    is_kvm = true;
    return true;
}

/* A counter of known frequency; `mask` is where it wraps. */
struct reference {
    uint32_t hz, mask;
    uint32_t (*read)(void);
};

static uint32_t read_pm_timer(void) {
    return in32(acpi.pm_timer);
}

static uint32_t read_pit(void) {
    out8(0x43, 0x80); /* latch channel 2 */
    uint32_t low = in8(0x42);
    return ~(low | (uint32_t)in8(0x42) << 8); /* it counts down */
}

static bool reference_moves(const struct reference *r) {
    uint32_t first = r->read() & r->mask;
    for (int i = 0; i < 100; i++)
        if ((r->read() & r->mask) != first) return true;
    return false;
}

static struct reference reference; /* `read` is NULL when nobody looked for one */

static bool find_reference(void) {
    reference = (struct reference){PM_TIMER_HZ, 0xffffff, read_pm_timer};
    if (acpi.pm_timer && reference_moves(&reference)) return true;
    reference = (struct reference){PIT_HZ, 0xffff, read_pit};
    out8(0x61, (uint8_t)((in8(0x61) & ~2u) | 1)); /* channel 2 counts, the loudspeaker is off */
    out8(0x43, 0xb0);
    out8(0x42, 0xff);
    out8(0x42, 0xff);
    return reference_moves(&reference);
}

struct sample {
    uint64_t tsc;
    uint32_t count, apic;
};

/* The closest of a few readings: a hypervisor may take the processor away between the counters. */
static struct sample take_sample(void) {
    struct sample best = {0, 0, 0};
    uint64_t narrowest = UINT64_MAX;
    for (int i = 0; i < 4; i++) {
        uint64_t before = read_tsc();
        uint32_t count = reference.read ? reference.read() & reference.mask : 0;
        uint32_t apic = apic_timer_measured();
        uint64_t after = read_tsc();
        if (after - before >= narrowest) continue;
        narrowest = after - before;
        best = (struct sample){before + narrowest / 2, count, apic};
    }
    return best;
}

static struct sample anchor;
static uint64_t next_refinement = UINT64_MAX;

static void set_rate(uint64_t counts, uint64_t ticks) {
    per_tick = mul_div(mul_div(counts, SECOND, reference.hz), 1ull << 32, ticks);
    tsc_hz = mul_div(ticks, reference.hz, counts);
}

static bool measure(void) {
    if (!find_reference()) return false;
    apic_timer_start_measuring();
    anchor = take_sample();
    struct sample last;
    do last = take_sample();
    while (((last.count - anchor.count) & reference.mask) < reference.hz / CALIBRATION_HZ);
    uint32_t counts = (last.count - anchor.count) & reference.mask;
    set_rate(counts, last.tsc - anchor.tsc);
    apic_timer_calibrated((uint64_t)(last.apic - anchor.apic) * reference.hz / counts);
    return true;
}

void time_refine(void) {
    if (latest < next_refinement) return;
    struct sample now = take_sample();
    uint64_t ticks = now.tsc - anchor.tsc;
    uint64_t expected = mul_div(scale(ticks, per_tick), reference.hz, SECOND);
    /* The 24-bit counter wraps every 4.7 s: the number of wraps comes from the estimate so far. */
    uint32_t low = (now.count - anchor.count) & reference.mask;
    uint64_t span = (uint64_t)reference.mask + 1;
    int64_t difference = (int64_t)((low - expected) & reference.mask);
    if (difference >= (int64_t)(span / 2)) difference -= (int64_t)span;
    uint64_t ns = base_ns + scale(now.tsc - base_tsc, per_tick);
    base_ns = ns;
    base_tsc = now.tsc;
    if (difference > -(int64_t)(span / 4) && difference < (int64_t)(span / 4))
        set_rate(expected + (uint64_t)difference, ticks);
    uint64_t age = ns - boot_ns;
    next_refinement = age + (age < LONGEST_REFINEMENT ? age : LONGEST_REFINEMENT);
}

/* Frequencies that a hypervisor or the processor tells; 0 where they do not. */
static uint64_t told_tsc_hz(void) {
    if (cpuid(1).ecx >> 31 && cpuid(0x40000000).eax >= 0x40000010) {
        struct cpuid timing = cpuid(0x40000010);
        if (timing.eax) return timing.eax * 1000ull;
    }
    if (cpuid(0).eax >= 0x15) {
        struct cpuid ratio = cpuid(0x15);
        if (ratio.eax && ratio.ebx && ratio.ecx) return (uint64_t)ratio.ecx * ratio.ebx / ratio.eax;
    }
    return 0;
}

static void rate_from_hz(uint64_t hz) {
    tsc_hz = hz;
    per_tick = (SECOND << 32) / hz;
}

/* RTC (MC146818): registers by index at 0x70, data at 0x71. */
static uint8_t rtc_read(uint8_t index) {
    out8(0x70, index);
    return in8(0x71);
}

static unsigned rtc_number(uint8_t value, bool binary) {
    return binary ? value : (value >> 4) * 10u + (value & 15u);
}

/* Days since 1970-01-01 in the Gregorian calendar, counting years from March. */
static int64_t days_since_epoch(int64_t year, unsigned month, unsigned day) {
    if (month < 3) {
        year--;
        month += 12;
    }
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400;
    return days + (153 * (int64_t)(month - 3) + 2) / 5 + (int64_t)day - 719469;
}

static uint64_t rtc_now(void) {
    static const uint8_t indices[6] = {0, 2, 4, 7, 8, 9}; /* second, minute, hour, day, month, year */
    uint8_t fields[7], again[7];
    uint8_t status = rtc_read(0x0b);
    for (int tries = 0; tries < 10; tries++) {
        /* An update lasts up to 2 ms. */
        for (int i = 0; i < 5000 && (rtc_read(0x0a) & 0x80); i++) cpu_pause();
        bool same = true;
        for (int i = 0; i < 7; i++) {
            uint8_t index = i < 6 ? indices[i] : acpi.century;
            fields[i] = index || i == 0 ? rtc_read(index) : 0;
            again[i] = index || i == 0 ? rtc_read(index) : 0;
            same = same && fields[i] == again[i];
        }
        if (same && rtc_read(0) == fields[0]) break;
    }
    bool binary = status & 4, hours24 = status & 2;
    unsigned hour = rtc_number(fields[2] & 0x7f, binary);
    if (!hours24) hour = hour % 12 + (fields[2] & 0x80 ? 12 : 0);
    unsigned century = acpi.century ? rtc_number(fields[6], binary) : 20;
    if (century < 19 || century > 29) century = 20;
    unsigned month = rtc_number(fields[4], binary), day = rtc_number(fields[3], binary);
    if (month < 1 || month > 12 || day < 1 || day > 31) return 0; /* there is no such clock */
    int64_t days = days_since_epoch(century * 100 + (int64_t)rtc_number(fields[5], binary), month, day);
    int64_t seconds = days * 86400 + hour * 3600 + rtc_number(fields[1], binary) * 60 + rtc_number(fields[0], binary);
    return seconds > 0 ? (uint64_t)seconds * SECOND : 0;
}

static void calibrate_apic_by_clock(void) {
    apic_timer_start_measuring();
    struct sample first = take_sample(), last;
    do last = take_sample();
    while (last.tsc - first.tsc < tsc_hz / CALIBRATION_HZ);
    apic_timer_calibrated(mul_div(last.apic - first.apic, tsc_hz, last.tsc - first.tsc));
}

void time_init(void) {
    if (!kvm_init()) {
        uint64_t told = told_tsc_hz();
        if (told) {
            rate_from_hz(told);
        } else if (measure()) {
            if (reference.read == read_pm_timer) next_refinement = FIRST_REFINEMENT;
        } else {
            uint32_t advertised = cpuid(0).eax >= 0x16 ? cpuid(0x16).eax & 0xffff : 0; /* MHz, rounded */
            rate_from_hz(advertised ? advertised * 1000000ull : SECOND);
        }
        base_tsc = read_tsc();
    }
    if (apic_timer_needs_calibration())
        calibrate_apic_by_clock();
    else
        apic_timer_calibrated(0);
    boot_ns = now_ns();
    wall_at_zero = is_kvm ? wall_at_zero + boot_ns : rtc_now();
}
