/* What all virtio devices have in common: status, features, queues, configuration space. */
#include "virtio.h"

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u

#define NO_VECTOR 0xffffu

/* Legacy registers (4.1.4.8). */
#define LEGACY_DEVICE_FEATURES 0
#define LEGACY_DRIVER_FEATURES 4
#define LEGACY_QUEUE_ADDRESS 8
#define LEGACY_QUEUE_SIZE 12
#define LEGACY_QUEUE_SELECT 14
#define LEGACY_QUEUE_NOTIFY 16
#define LEGACY_STATUS 18
#define LEGACY_CONFIG_VECTOR 20
#define LEGACY_QUEUE_VECTOR 22
#define LEGACY_CONFIG 20 /* 24 with MSI-X on */

/* struct virtio_pci_common_cfg (4.1.4.3). */
#define COMMON_DEVICE_FEATURE_SELECT 0
#define COMMON_DEVICE_FEATURE 4
#define COMMON_DRIVER_FEATURE_SELECT 8
#define COMMON_DRIVER_FEATURE 12
#define COMMON_CONFIG_VECTOR 16
#define COMMON_STATUS 20
#define COMMON_GENERATION 21
#define COMMON_QUEUE_SELECT 22
#define COMMON_QUEUE_SIZE 24
#define COMMON_QUEUE_VECTOR 26
#define COMMON_QUEUE_ENABLE 28
#define COMMON_QUEUE_NOTIFY_OFFSET 30
#define COMMON_QUEUE_DESC 32
#define COMMON_QUEUE_DRIVER 40
#define COMMON_QUEUE_DEVICE 48

static uint16_t common16(const struct virtio *d, unsigned at) {
    return *(volatile uint16_t *)(d->common + at);
}
static uint32_t common32(const struct virtio *d, unsigned at) {
    return *(volatile uint32_t *)(d->common + at);
}
static void set_common16(const struct virtio *d, unsigned at, uint16_t value) {
    *(volatile uint16_t *)(d->common + at) = value;
}
static void set_common32(const struct virtio *d, unsigned at, uint32_t value) {
    *(volatile uint32_t *)(d->common + at) = value;
}
/* Two accesses of 32 bits (4.1.3.1). */
static void set_common64(const struct virtio *d, unsigned at, uint64_t value) {
    set_common32(d, at, (uint32_t)value);
    set_common32(d, at + 4, (uint32_t)(value >> 32));
}

static uint8_t get_status(const struct virtio *d) {
    if (d->mmio) return (uint8_t)d->mmio[MMIO_STATUS];
    return d->modern ? d->common[COMMON_STATUS] : in8(d->port + LEGACY_STATUS);
}
static void set_status(const struct virtio *d, unsigned status) {
    if (d->mmio)
        d->mmio[MMIO_STATUS] = status;
    else if (d->modern)
        d->common[COMMON_STATUS] = (uint8_t)status;
    else
        out8(d->port + LEGACY_STATUS, (uint8_t)status);
}

void virtio_reset(struct virtio *d) {
    set_status(d, 0);
    for (uint32_t i = 0; i < 1000000 && get_status(d) != 0; i++) cpu_pause();
}

/* Features may be negotiated again: then there is the device's own part of it alone. */
static void use_interrupts(struct virtio *d) {
    if (!d->wired) {
        d->wired = true;
        d->has_msix = !d->mmio && pci_use_msix(d);
        if (!d->has_msix) {
            lines_share(d);
            if (d->mmio)
                mmio_use_line(d);
            else
                pci_use_lines(d);
        }
    }
    if (!d->has_msix) return;
    if (d->modern)
        set_common16(d, COMMON_CONFIG_VECTOR, NO_VECTOR);
    else
        out16(d->port + LEGACY_CONFIG_VECTOR, NO_VECTOR);
}

/* 32 of the features that the device offers, or of those that the driver takes. */
static uint32_t offered(const struct virtio *d, uint32_t half) {
    if (d->mmio) {
        d->mmio[MMIO_DEVICE_FEATURES_SELECT] = half;
        return d->mmio[MMIO_DEVICE_FEATURES];
    }
    set_common32(d, COMMON_DEVICE_FEATURE_SELECT, half);
    return common32(d, COMMON_DEVICE_FEATURE);
}
static void take(const struct virtio *d, uint32_t half, uint32_t features) {
    if (d->mmio) {
        d->mmio[MMIO_DRIVER_FEATURES_SELECT] = half;
        d->mmio[MMIO_DRIVER_FEATURES] = features;
        return;
    }
    set_common32(d, COMMON_DRIVER_FEATURE_SELECT, half);
    set_common32(d, COMMON_DRIVER_FEATURE, features);
}

bool virtio_open(struct virtio *device, uint32_t where) {
    *device = (struct virtio){.where = where, .line = 0xff};
    return where & WHERE_MMIO ? mmio_open(device) : pci_open(device);
}

bool virtio_negotiate(struct virtio *d, uint64_t wanted) {
    virtio_reset(d);
    set_status(d, STATUS_ACKNOWLEDGE);
    set_status(d, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    if (!d->modern) {
        d->features = in32(d->port + LEGACY_DEVICE_FEATURES) & wanted & UINT32_MAX;
        out32(d->port + LEGACY_DRIVER_FEATURES, (uint32_t)d->features);
    } else {
        uint64_t all = offered(d, 0) | (uint64_t)offered(d, 1) << 32;
        d->features = all & (wanted | VIRTIO_F_VERSION_1);
        if (!(d->features & VIRTIO_F_VERSION_1)) return false;
        take(d, 0, (uint32_t)d->features);
        take(d, 1, (uint32_t)(d->features >> 32));
        set_status(d, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
        if (!(get_status(d) & STATUS_FEATURES_OK)) return false;
    }
    use_interrupts(d);
    return true;
}

void virtio_ready(struct virtio *d) {
    set_status(d, get_status(d) | STATUS_DRIVER_OK);
}

static uint8_t config_byte(const struct virtio *d, unsigned offset) {
    return d->modern ? d->config[offset] : in8((uint16_t)(d->port + LEGACY_CONFIG + (d->has_msix ? 4 : 0) + offset));
}

/* Changes when the configuration space does; a legacy device does not tell. */
static uint32_t get_generation(const struct virtio *d) {
    if (d->mmio) return d->mmio[MMIO_GENERATION];
    return d->modern ? d->common[COMMON_GENERATION] : 0;
}

void virtio_config(const struct virtio *d, unsigned offset, void *into, unsigned length) {
    uint8_t *bytes = into;
    uint32_t generation;
    int tries = 10;
    do {
        generation = get_generation(d);
        for (unsigned i = 0; i < length; i++) bytes[i] = config_byte(d, offset + i);
    } while (generation != get_generation(d) && --tries > 0);
}

/* Three areas in one piece of memory, laid out as legacy devices require (2.7.2); others take any layout. */
static bool place_rings(struct queue *q) {
    if (q->placed) return q->placed == q->size;
    uint64_t size = q->size;
    uint64_t used = (size * 16 + 6 + size * 2 + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    uint8_t *rings = take_pages(used + 6 + size * 8, &q->physical);
    if (!rings) return false;
    q->descs = (volatile struct desc *)rings;
    q->avail = (volatile uint16_t *)(rings + size * 16);
    q->used = (volatile uint16_t *)(rings + used);
    q->placed = q->size;
    return true;
}

static bool is_power_of_two(uint32_t n) {
    return n != 0 && (n & (n - 1)) == 0;
}

static bool legacy_queue(struct virtio *d, struct queue *q, bool interrupts) {
    out16(d->port + LEGACY_QUEUE_SELECT, q->index);
    q->size = in16(d->port + LEGACY_QUEUE_SIZE);
    if (!is_power_of_two(q->size) || !place_rings(q)) return false;
    out32(d->port + LEGACY_QUEUE_ADDRESS, (uint32_t)(q->physical / PAGE_SIZE));
    q->port = d->port + LEGACY_QUEUE_NOTIFY;
    if (!d->has_msix) return true;
    uint16_t vector = interrupts ? 0 : NO_VECTOR;
    out16(d->port + LEGACY_QUEUE_VECTOR, vector);
    return in16(d->port + LEGACY_QUEUE_VECTOR) == vector;
}

/* Rings of at most `most` entries. */
static bool place_modern_rings(struct queue *q, uint32_t most) {
    q->size = QUEUE_SIZE_MAX;
    while (q->size > most) q->size /= 2;
    return q->size != 0 && place_rings(q);
}
static uint64_t physical_of(const struct queue *q, const volatile void *part) {
    return q->physical + (uint64_t)((const volatile uint8_t *)part - (const volatile uint8_t *)q->descs);
}

static bool mmio_queue(const struct virtio *d, struct queue *q) {
    d->mmio[MMIO_QUEUE_SELECT] = q->index;
    if (!place_modern_rings(q, d->mmio[MMIO_QUEUE_SIZE_MAX])) return false;
    d->mmio[MMIO_QUEUE_SIZE] = q->size;
    const uint64_t parts[] = {q->physical, physical_of(q, q->avail), physical_of(q, q->used)};
    static const uint8_t registers[] = {MMIO_QUEUE_DESC, MMIO_QUEUE_DRIVER, MMIO_QUEUE_DEVICE};
    for (unsigned i = 0; i < 3; i++) {
        d->mmio[registers[i]] = (uint32_t)parts[i];
        d->mmio[registers[i] + 1] = (uint32_t)(parts[i] >> 32);
    }
    q->doorbell32 = &d->mmio[MMIO_QUEUE_NOTIFY];
    d->mmio[MMIO_QUEUE_READY] = 1;
    return true;
}

static bool modern_queue(struct virtio *d, struct queue *q, bool interrupts) {
    set_common16(d, COMMON_QUEUE_SELECT, q->index);
    if (!place_modern_rings(q, common16(d, COMMON_QUEUE_SIZE))) return false;
    set_common16(d, COMMON_QUEUE_SIZE, q->size);
    set_common64(d, COMMON_QUEUE_DESC, q->physical);
    set_common64(d, COMMON_QUEUE_DRIVER, physical_of(q, q->avail));
    set_common64(d, COMMON_QUEUE_DEVICE, physical_of(q, q->used));
    uint64_t offset = (uint64_t)common16(d, COMMON_QUEUE_NOTIFY_OFFSET) * d->notify_multiplier;
    if (offset + 2 > d->notify_length) return false;
    q->doorbell = (volatile uint16_t *)(d->notify + offset);
    if (d->has_msix) {
        uint16_t vector = interrupts ? 0 : NO_VECTOR;
        set_common16(d, COMMON_QUEUE_VECTOR, vector);
        if (common16(d, COMMON_QUEUE_VECTOR) != vector) return false;
    }
    set_common16(d, COMMON_QUEUE_ENABLE, 1);
    return true;
}

bool virtio_queue(struct virtio *d, unsigned index, struct queue *q, bool interrupts) {
    q->index = (uint16_t)index;
    q->event_idx = (d->features & VIRTIO_F_EVENT_IDX) != 0;
    if (d->mmio ? !mmio_queue(d, q) : !(d->modern ? modern_queue(d, q, interrupts) : legacy_queue(d, q, interrupts)))
        return false;
    queue_disarm(q);
    return true;
}
