/*
 * Virtio 1.2: modern devices over PCI (section 4.1) and, for transitional ones without modern registers and legacy ones, the
 * interface of before 1.0 by I/O ports (4.1.4.8); modern devices over MMIO (4.2). Split virtqueues (2.7).
 */
#ifndef SOLOIST_VIRTIO_VIRTIO_H
#define SOLOIST_VIRTIO_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"
#include "x86.h"

/* Registers over MMIO (4.2.2), by index. */
#define MMIO_MAGIC 0
#define MMIO_VERSION 1
#define MMIO_DEVICE_ID 2
#define MMIO_DEVICE_FEATURES 4
#define MMIO_DEVICE_FEATURES_SELECT 5
#define MMIO_DRIVER_FEATURES 8
#define MMIO_DRIVER_FEATURES_SELECT 9
#define MMIO_QUEUE_SELECT 12
#define MMIO_QUEUE_SIZE_MAX 13
#define MMIO_QUEUE_SIZE 14
#define MMIO_QUEUE_READY 17
#define MMIO_QUEUE_NOTIFY 20
#define MMIO_INTERRUPT_STATUS 24
#define MMIO_INTERRUPT_ACK 25
#define MMIO_STATUS 28
#define MMIO_QUEUE_DESC 32
#define MMIO_QUEUE_DRIVER 36
#define MMIO_QUEUE_DEVICE 40
#define MMIO_GENERATION 63
#define MMIO_CONFIG 64

#define VIRTIO_TYPE_NET 1u
#define VIRTIO_TYPE_BLOCK 2u

#define VIRTIO_F_ANY_LAYOUT (1ull << 27)
#define VIRTIO_F_EVENT_IDX (1ull << 29)
#define VIRTIO_F_VERSION_1 (1ull << 32)

#define DESC_NEXT 1u
#define DESC_WRITE 2u /* by the device */

#define QUEUE_SIZE_MAX 256u /* entries that are used; a legacy device may insist on a larger ring */

struct desc {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

struct used_element {
    uint32_t id, length;
};

struct queue {
    uint16_t size;      /* of the rings, a power of two */
    uint16_t placed;    /* `size` when memory was taken for them; 0 before */
    uint16_t available; /* what avail->index is or will be */
    uint16_t told;      /* `available` when the device was last considered for a notification */
    uint16_t seen;      /* used elements taken */
    uint16_t index;
    bool event_idx;
    uint16_t port; /* legacy notification, when both doorbells are NULL */
    volatile uint16_t *doorbell;
    volatile uint32_t *doorbell32; /* over MMIO */
    volatile struct desc *descs;
    volatile uint16_t *avail; /* flags, index, ring[size], used_event */
    volatile uint16_t *used;  /* flags, index, then elements, then avail_event */
    uint64_t physical;
};

/* Where a device is: bus << 8 | device << 3 | function on PCI, or WHERE_MMIO and which of those that the command line names. */
#define WHERE_MMIO 0x10000u

struct virtio {
    uint32_t where;
    bool modern, has_msix, wired;
    uint8_t line;            /* of the interrupt controller, when without MSI-X */
    volatile uint32_t *mmio; /* its registers over MMIO; NULL on PCI */
    uint16_t port;           /* legacy registers */
    volatile uint8_t *common, *isr, *config, *notify;
    uint32_t notify_length, notify_multiplier;
    uint64_t features; /* agreed on */
};

/* pci.c */
bool pci_find(unsigned type, unsigned position, uint32_t *where);
bool pci_open(struct virtio *device);
void pci_use_lines(struct virtio *device);
bool pci_use_msix(struct virtio *device);

/* mmio.c */
/* Like pci_find; takes devices that are there from `position`. */
bool mmio_find(unsigned type, unsigned *position, uint32_t *where);
bool mmio_open(struct virtio *device);
void mmio_use_line(const struct virtio *device);

/* lines.c */
void lines_share(const struct virtio *device);

/* virtio.c */
bool virtio_open(struct virtio *device, uint32_t where);
/* Resets the device and agrees on the features of `wanted` that it offers. */
bool virtio_negotiate(struct virtio *device, uint64_t wanted);
/*
 * False when the device has no such queue or memory is short. Its interrupt is used when `interrupts` says so. `queue` is zero, or
 * what this function made of it before the features were negotiated again.
 */
bool virtio_queue(struct virtio *device, unsigned index, struct queue *queue, bool interrupts);
void virtio_ready(struct virtio *device);
/* Ends all access of the device to memory. */
void virtio_reset(struct virtio *device);
void virtio_config(const struct virtio *device, unsigned offset, void *into, unsigned length);

ALWAYS_INLINE struct used_element queue_used(const struct queue *q, uint16_t at) {
    const volatile struct used_element *elements = (const volatile struct used_element *)(q->used + 2);
    volatile const struct used_element *e = &elements[at & (q->size - 1)];
    return (struct used_element){e->id, e->length};
}

/* Elements that the device has used and the driver has not seen; more than `size`: the device is broken. */
ALWAYS_INLINE uint16_t queue_waiting(const struct queue *q) {
    uint16_t count = (uint16_t)(q->used[1] - q->seen);
    COMPILER_BARRIER();
    return count;
}

ALWAYS_INLINE void queue_post(struct queue *q, uint16_t head) {
    q->avail[2 + (q->available & (q->size - 1))] = head;
    q->available++;
    COMPILER_BARRIER();
    q->avail[1] = q->available;
}

/* Notifies the device of what was posted, if it wants to know (2.7.10). */
static inline void queue_flush(struct queue *q) {
    if (q->told == q->available) return;
    FULL_BARRIER();
    uint16_t before = q->told;
    q->told = q->available;
    if (q->event_idx) {
        uint16_t event = q->used[2 + 4 * (uint32_t)q->size];
        if ((uint16_t)(q->available - event - 1) >= (uint16_t)(q->available - before)) return;
    } else if (q->used[0] & 1) {
        return;
    }
    if (q->doorbell)
        *q->doorbell = q->index;
    else if (q->doorbell32)
        *q->doorbell32 = q->index;
    else
        out16(q->port, q->index);
}

/* Asks for an interrupt at the next used element. True: there is one already. */
static inline bool queue_arm(struct queue *q) {
    if (q->event_idx)
        q->avail[2 + q->size] = q->seen;
    else
        q->avail[0] = 0;
    FULL_BARRIER();
    return queue_waiting(q) != 0;
}

/* No interrupts, whatever happens: with event indices, one that is half a round away. */
static inline void queue_disarm(struct queue *q) {
    if (q->event_idx)
        q->avail[2 + q->size] = (uint16_t)(q->seen + 0x8000);
    else
        q->avail[0] = 1;
}

#endif
