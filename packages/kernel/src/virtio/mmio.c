/*
 * Devices over MMIO: the virtual machine monitor names them on the command line, as it does for Linux
 * (Documentation/admin-guide/kernel-parameters.txt): virtio_mmio.device=SIZE@ADDRESS:LINE, one word for each.
 */
#include "virtio.h"

#define MAGIC 0x74726976u /* "virt" */
#define VERSION_MODERN 2u
#define REGISTERS 0x200u

#define FOUND_MAX 32u

static struct {
    volatile uint32_t *registers;
    uint8_t line;
} found[FOUND_MAX];
static unsigned found_count;

/* Behind `prefix`, or NULL. */
static const char *after(const char *at, const char *prefix) {
    for (; *prefix; at++, prefix++)
        if (*at != *prefix) return NULL;
    return at;
}

/* Decimal, or hexadecimal behind 0x. NULL: none. */
static const char *number(const char *at, uint64_t *value) {
    const char *hex = after(at, "0x");
    const char *start = at = hex ? hex : at;
    for (*value = 0;; at++) {
        unsigned digit = *at >= '0' && *at <= '9' ? (unsigned)(*at - '0') : 99;
        if (hex && *at >= 'a' && *at <= 'f') digit = (unsigned)(*at - 'a') + 10;
        if (digit == 99 || *value > UINT64_MAX / 32) break;
        *value = *value * (hex ? 16 : 10) + digit;
    }
    return at == start ? NULL : at;
}

/* Takes the device; false when the word says something else. */
static bool add(const char *at) {
    uint64_t size, address, line;
    if (!(at = number(at, &size))) return false;
    if (*at == 'K') size <<= 10, at++;
    if (*at != '@' || !(at = number(at + 1, &address))) return false;
    if (*at != ':' || !(at = number(at + 1, &line))) return false;
    if (size < REGISTERS || address % 4 || line > 0xff || found_count == FOUND_MAX) return false;
    found[found_count].registers = window_map(address, REGISTERS, true);
    found[found_count].line = (uint8_t)line;
    if (!found[found_count].registers) return false;
    found_count++;
    return true;
}

/* Those that are not for the app. */
static bool take_word(const char *word) {
    const char *device = after(word, "virtio_mmio.device=");
    const char *pci = after(word, "pci=off"); /* Firecracker */
    return device ? add(device) : pci && (*pci == 0 || *pci == ' ');
}

void mmio_init(char *command_line) {
    char *to = command_line;
    bool quoted = false, starts = true;
    for (const char *from = command_line; *from;) {
        if (starts && take_word(from)) {
            while (*from && *from != ' ') from++;
            while (*from == ' ') from++;
            continue;
        }
        if (*from == '"') quoted = !quoted;
        starts = *from == ' ' && !quoted;
        *to++ = *from++;
    }
    while (to > command_line && to[-1] == ' ') to--;
    *to = 0;
}

bool mmio_find(unsigned type, unsigned *position, uint32_t *where) {
    for (unsigned i = 0; i < found_count; i++) {
        const volatile uint32_t *registers = found[i].registers;
        if (registers[MMIO_MAGIC] != MAGIC || registers[MMIO_DEVICE_ID] != type) continue;
        if (*position > 0) {
            --*position;
            continue;
        }
        *where = WHERE_MMIO | i;
        return true;
    }
    return false;
}

bool mmio_open(struct virtio *device) {
    volatile uint32_t *registers = found[device->where & ~WHERE_MMIO].registers;
    if (registers[MMIO_VERSION] != VERSION_MODERN) return false;
    device->mmio = registers;
    device->config = (volatile uint8_t *)&registers[MMIO_CONFIG];
    device->modern = true;
    device->line = found[device->where & ~WHERE_MMIO].line;
    return true;
}

void mmio_use_line(const struct virtio *device) {
    io_apic_enable(device->line);
}
