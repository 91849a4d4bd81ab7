/*
 * The few things needed from ACPI (6.5): where power-off is, the power management timer, the RTC's century. Tables come from the
 * firmware and are read once, at boot, while all of the first 4 GiB is mapped; lengths are bounded, contents checked.
 */
#pragma GCC target("arch=x86-64") /* runs before the processor is known to have more */

#include "machine.h"
#include "x86.h"

struct acpi acpi;

#define TABLE_MAX 0x100000u
#define BELOW_4G(address) ((address) != 0 && (address) < 0x100000000ull - TABLE_MAX)

static uint32_t get32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get64(const uint8_t *at) {
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static bool is(const uint8_t *at, const char *signature) {
    for (; *signature; signature++, at++)
        if (*at != (uint8_t)*signature) return false;
    return true;
}

/* NULL when there is no table with that signature at `address`. */
static const uint8_t *table_at(uint64_t address, const char *signature) {
    if (!BELOW_4G(address)) return NULL;
    const uint8_t *table = (const uint8_t *)address;
    uint32_t length = get32(table + 4);
    return is(table, signature) && length >= 36 && length <= TABLE_MAX ? table : NULL;
}

static const uint8_t *find_rsdp(uint64_t given) {
    if (BELOW_4G(given) && is((const uint8_t *)given, "RSD PTR ")) return (const uint8_t *)given;
    for (uint64_t at = 0xe0000; at < 0x100000; at += 16)
        if (is((const uint8_t *)at, "RSD PTR ")) return (const uint8_t *)at;
    return NULL;
}

static const uint8_t *find_fadt(const uint8_t *rsdp) {
    const uint8_t *root = rsdp[15] >= 2 ? table_at(get64(rsdp + 24), "XSDT") : NULL;
    unsigned size = 8;
    if (!root) {
        root = table_at(get32(rsdp + 16), "RSDT");
        size = 4;
    }
    if (!root) return NULL;
    uint32_t length = get32(root + 4);
    for (uint32_t at = 36; at + size <= length; at += size) {
        const uint8_t *table = table_at(size == 8 ? get64(root + at) : get32(root + at), "FACP");
        if (table && get32(table + 4) >= 116) return table;
    }
    return NULL;
}

/* An integer as AML writes small ones: ZeroOp, OneOp or BytePrefix. */
static uint8_t aml_byte(const uint8_t **at) {
    uint8_t op = *(*at)++;
    return op == 0x0a ? *(*at)++ : op;
}

/* Name (_S5, Package () { SLP_TYPa, SLP_TYPb, … }), without an AML interpreter: its bytes are always these. */
static bool find_sleep_types(const uint8_t *dsdt) {
    uint32_t length = get32(dsdt + 4);
    for (uint32_t i = 36; i + 16 < length; i++) {
        if (dsdt[i] != '_' || !is(dsdt + i, "_S5_") || dsdt[i + 4] != 0x12) continue;
        const uint8_t *at = dsdt + i + 5;
        at += (*at >> 6) + 2; /* package length and number of elements */
        acpi.sleep_a = aml_byte(&at) & 7;
        acpi.sleep_b = aml_byte(&at) & 7;
        return true;
    }
    return false;
}

void acpi_init(uint64_t rsdp_address) {
    const uint8_t *rsdp = find_rsdp(rsdp_address);
    const uint8_t *fadt = rsdp ? find_fadt(rsdp) : NULL;
    if (!fadt) return;
    uint32_t length = get32(fadt + 4), flags = get32(fadt + 112);
    bool hardware_reduced = flags >> 20 & 1;

    acpi.century = fadt[108];
    if (hardware_reduced) {
        if (length >= 256 && fadt[244] == 1) acpi.sleep_control = (uint16_t)get64(fadt + 248); /* in I/O space */
    } else {
        acpi.pm1a_control = (uint16_t)get32(fadt + 64);
        acpi.pm1b_control = (uint16_t)get32(fadt + 68);
        acpi.pm_timer = fadt[91] == 4 ? (uint16_t)get32(fadt + 76) : 0;
        uint16_t command = (uint16_t)get32(fadt + 48);
        bool enabled = !acpi.pm1a_control || (in16(acpi.pm1a_control) & 1);
        if (command && fadt[52] && !enabled) out8(command, fadt[52]);
    }
    const uint8_t *dsdt = length >= 148 ? table_at(get64(fadt + 140), "DSDT") : NULL;
    if (!dsdt) dsdt = table_at(get32(fadt + 40), "DSDT");
    acpi.can_power_off = dsdt && (acpi.pm1a_control || acpi.sleep_control) && find_sleep_types(dsdt);
}
