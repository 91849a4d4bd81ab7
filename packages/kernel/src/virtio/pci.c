/* PCI by the configuration ports (mechanism 1): which virtio devices there are, their registers and interrupts. */
#include "virtio.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc

#define VENDOR_VIRTIO 0x1af4u
#define STATUS_CAPABILITIES (1u << 20) /* as read with the command register */
#define COMMAND_IO 1u
#define COMMAND_MEMORY 2u
#define COMMAND_MASTER 4u
#define COMMAND_NO_LINE (1u << 10)

#define CAP_VENDOR 0x09
#define CAP_MSIX 0x11
#define MSIX_ENABLE (1u << 31)
#define MSIX_MASK_ALL (1u << 30)

#define VIRTIO_CAP_COMMON 1
#define VIRTIO_CAP_NOTIFY 2
#define VIRTIO_CAP_ISR 3
#define VIRTIO_CAP_DEVICE 4
/* More than any of these structures needs for queues 0 and 1; bounds what a device can make the window hold. */
#define REGISTERS_MAX 0x4000u

#define FOUND_MAX 128u

static struct {
    uint16_t where;
    uint8_t type;
} found[FOUND_MAX];
static unsigned found_count;
static bool scanned;

static uint32_t config_read(uint32_t where, unsigned offset) {
    out32(CONFIG_ADDRESS, 1u << 31 | where << 8 | (offset & 0xfc));
    return in32(CONFIG_DATA) >> 8 * (offset & 3);
}

static void config_write(uint32_t where, unsigned offset, uint32_t value) {
    out32(CONFIG_ADDRESS, 1u << 31 | where << 8 | (offset & 0xfc));
    out32(CONFIG_DATA, value);
}

/* The device type of section 5, or 0. */
static unsigned virtio_type(uint32_t where, uint32_t id) {
    if ((id & 0xffff) != VENDOR_VIRTIO) return 0;
    uint32_t device = id >> 16;
    if (device >= 0x1040 && device <= 0x107f) return device - 0x1040;
    if (device >= 0x1000 && device <= 0x103f)
        return config_read(where, 0x2c) >> 16; /* transitional: subsystem id, 4.1.2.3 */
    return 0;
}

/* In the order of slots; devices behind a bridge come where the bridge is. */
static void scan_bus(unsigned bus, unsigned depth) {
    for (unsigned slot = 0; slot < 32; slot++) {
        for (unsigned function = 0; function < 8; function++) {
            uint32_t where = bus << 8 | slot << 3 | function;
            uint32_t id = config_read(where, 0);
            if ((id & 0xffff) == 0xffff) {
                if (function == 0) break;
                continue;
            }
            uint32_t header = config_read(where, 0x0e) & 0xff;
            unsigned type = virtio_type(where, id);
            if ((type == VIRTIO_TYPE_NET || type == VIRTIO_TYPE_BLOCK) && found_count < FOUND_MAX) {
                found[found_count].where = (uint16_t)where;
                found[found_count++].type = (uint8_t)type;
            }
            unsigned behind = (header & 0x7f) == 1 ? config_read(where, 0x19) & 0xff : 0;
            if (behind > bus && depth < 8) scan_bus(behind, depth + 1);
            if (function == 0 && !(header & 0x80)) break;
        }
    }
}

bool pci_find(unsigned type, unsigned position, uint32_t *where) {
    if (!scanned) scan_bus(0, 0);
    scanned = true;
    for (unsigned i = 0; i < found_count; i++) {
        if (found[i].type != type || position-- != 0) continue;
        *where = found[i].where;
        return true;
    }
    return false;
}

/* Physical address of a memory BAR; 0 when it is an I/O BAR or has no address. */
static uint64_t memory_bar(uint32_t where, unsigned bar) {
    if (bar > 5) return 0;
    uint32_t low = config_read(where, 0x10 + 4 * bar);
    if (low & 1) return 0;
    uint64_t high = (low & 6) == 4 && bar < 5 ? config_read(where, 0x14 + 4 * bar) : 0;
    return high << 32 | (low & ~15u);
}

/* The next capability with this id behind `after` (0: the first); 0 when there is none. */
static unsigned find_capability(uint32_t where, unsigned id, unsigned after) {
    if (!(config_read(where, 4) & STATUS_CAPABILITIES)) return 0;
    unsigned at = config_read(where, after ? after + 1 : 0x34) & 0xfc;
    for (int left = 48; at && left > 0; left--) {
        if ((config_read(where, at) & 0xff) == id) return at;
        at = config_read(where, at + 1) & 0xfc;
    }
    return 0;
}

/* Maps the structure of a kind (4.1.4) that lies in a memory BAR: the device prefers the ones that come first. */
static volatile uint8_t *map_structure(uint32_t where, unsigned kind, uint32_t least, uint32_t *length,
                                       uint32_t *multiplier) {
    unsigned at = 0;
    for (int left = 48; left > 0 && (at = find_capability(where, CAP_VENDOR, at)) != 0; left--) {
        if ((config_read(where, at + 3) & 0xff) != kind) continue;
        uint64_t base = memory_bar(where, config_read(where, at + 4) & 0xff);
        uint32_t offset = config_read(where, at + 8), size = config_read(where, at + 12);
        if (base == 0 || size < least) continue;
        *length = size < REGISTERS_MAX ? size : REGISTERS_MAX;
        *multiplier = config_read(where, at + 16);
        return window_map(base + offset, *length, true);
    }
    return NULL;
}

static bool open_modern(struct virtio *device) {
    uint32_t length, multiplier;
    device->common = map_structure(device->where, VIRTIO_CAP_COMMON, 56, &length, &multiplier);
    if (!device->common) return false;
    device->isr = map_structure(device->where, VIRTIO_CAP_ISR, 1, &length, &multiplier);
    device->config = map_structure(device->where, VIRTIO_CAP_DEVICE, 8, &length, &multiplier);
    device->notify = map_structure(device->where, VIRTIO_CAP_NOTIFY, 2, &length, &multiplier);
    device->notify_length = length;
    device->notify_multiplier = multiplier;
    device->modern = device->isr && device->config && device->notify;
    return device->modern;
}

bool pci_open(struct virtio *device) {
    uint32_t where = device->where;
    uint32_t command = config_read(where, 4) & 0xffff;
    config_write(where, 4, command | COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER);
    if (open_modern(device)) return true;
    uint32_t bar = config_read(where, 0x10);
    device->port = (uint16_t)(bar & ~3u);
    return (bar & 1) && device->port && (config_read(where, 0) >> 16) < 0x1040;
}

bool pci_use_msix(struct virtio *device) {
    unsigned at = find_capability(device->where, CAP_MSIX, 0);
    if (!at) return false;
    uint32_t where_table = config_read(device->where, at + 4);
    uint64_t base = memory_bar(device->where, where_table & 7);
    if (!base) return false;
    volatile uint32_t *entry = window_map(base + (where_table & ~7u), 16, true);
    if (!entry) return false;
    uint32_t control = config_read(device->where, at) & 0xffff0000;
    config_write(device->where, at, control | MSIX_ENABLE | MSIX_MASK_ALL);
    entry[0] = 0xfee00000u | (apic_id() & 0xff) << 12;
    entry[1] = 0;
    entry[2] = VECTOR_VIRTIO;
    entry[3] = 0;
    config_write(device->where, at, (control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
    config_write(device->where, 4, (config_read(device->where, 4) & 0xffff) | COMMAND_NO_LINE);
    return true;
}

void pci_use_lines(struct virtio *device) {
    device->line = config_read(device->where, 0x3c) & 0xff;
    uint32_t command = config_read(device->where, 4) & 0xffff;
    config_write(device->where, 4, command & ~COMMAND_NO_LINE);
    if (device->line < 16) pic_enable(device->line);
}
