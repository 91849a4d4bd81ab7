/*
 * Network devices. Every slot of the shared memory has one descriptor for ever (two with a device that wants its header apart),
 * and a frame stands behind its virtio header inside the slot: nothing is copied, and sending or giving back is one entry in a ring.
 * What the device writes into the rings is checked: a bad entry is counted and skipped.
 */
#include "devices.h"
#include "virtio.h"

#define FEATURE_MTU (1ull << 3)
#define FEATURE_MAC (1ull << 5)

#define CONFIG_MAC 0
#define CONFIG_MTU 10

#define QUEUE_RECEIVE 0
#define QUEUE_TRANSMIT 1

#define ETHERNET_HEADER 14u
#define MTU_DEFAULT 1500u
#define MTU_LEAST 68u /* RFC 791 */
#define NONE UINT32_MAX

struct net {
    struct virtio device;
    struct queue receive, transmit;
    bool acquired;
    bool starved;      /* net_reserve found no free place: wake up when there is one */
    uint8_t header;    /* bytes in front of a frame */
    uint8_t per_frame; /* descriptors for each */
    uint32_t receive_slots, transmit_slots;
    uint32_t held;     /* slot that net_read returned, or NONE */
    uint32_t reserved; /* slot that net_reserve returned, or NONE */
    uint32_t free_count;
    uint8_t *rx, *tx;
    struct net_info info;
    uint8_t free[QUEUE_SIZE_MAX];                            /* transmit slots: a stack */
    bool receiving[QUEUE_SIZE_MAX], sending[QUEUE_SIZE_MAX]; /* slots that the device has */
};
_Static_assert(QUEUE_SIZE_MAX <= 256, "slots are numbered by a byte");

static struct net *nets[DEVICES_MAX];
static unsigned net_count;

static void read_info(struct net *n) {
    n->info.mtu = MTU_DEFAULT;
    if (n->device.features & FEATURE_MTU) virtio_config(&n->device, CONFIG_MTU, &n->info.mtu, 2);
    if (n->device.features & FEATURE_MAC) {
        virtio_config(&n->device, CONFIG_MAC, n->info.mac, 6);
        return;
    }
    uint64_t random = read_tsc() * 0x9e3779b97f4a7c15ull;
    for (unsigned i = 1; i < 6; i++) n->info.mac[i] = (uint8_t)(random >> 8 * i);
    n->info.mac[0] = 0x02; /* locally administered */
}

/* A driver that cannot receive frames of the MTU that a device offers must not take the feature (5.1.4.2). */
static bool mtu_is_usable(const struct net *n) {
    return n->info.mtu >= MTU_LEAST && n->info.mtu <= NET_MTU_MAX;
}

static bool negotiate(struct net *n, uint64_t wanted) {
    if (!virtio_negotiate(&n->device, wanted | FEATURE_MAC | VIRTIO_F_EVENT_IDX | VIRTIO_F_ANY_LAYOUT)) return false;
    read_info(n);
    return true;
}

bool net_prepare(unsigned position, uint16_t where) {
    uint64_t physical;
    struct net *n = take_pages(sizeof *n, &physical);
    if (!n || position >= DEVICES_MAX || !virtio_open(&n->device, where)) return false;
    if (!negotiate(n, FEATURE_MTU)) return false;
    if (!mtu_is_usable(n) && !negotiate(n, 0)) return false;
    n->header = n->device.modern ? 12 : 10; /* 5.1.6.1: num_buffers came with version 1 */
    n->per_frame = n->device.features & (VIRTIO_F_ANY_LAYOUT | VIRTIO_F_VERSION_1) ? 1 : 2;
    n->held = n->reserved = NONE;
    nets[position] = n;
    net_count = position + 1;
    return virtio_queue(&n->device, QUEUE_RECEIVE, &n->receive, true) &&
           virtio_queue(&n->device, QUEUE_TRANSMIT, &n->transmit, true);
}

static uint32_t usable_slots(const struct net *n, const struct queue *q, uint32_t slots) {
    uint32_t most = q->size / n->per_frame;
    if (most > QUEUE_SIZE_MAX) most = QUEUE_SIZE_MAX;
    return slots < most ? slots : most;
}

static void describe(const struct net *n, struct queue *q, uint32_t slot, uint8_t *memory_of_slot, uint16_t flags) {
    volatile struct desc *d = &q->descs[slot * n->per_frame];
    uint64_t address = (uint64_t)memory_of_slot;
    if (n->per_frame == 2) {
        d->address = address;
        d->length = n->header;
        d->flags = flags | DESC_NEXT;
        d->next = (uint16_t)(slot * 2 + 1);
        d++;
        address += n->header;
    }
    d->address = address;
    d->length = NET_SLOT_SIZE - (n->per_frame == 2 ? n->header : 0u);
    d->flags = flags;
}

static void give_to_receive(struct net *n, uint32_t slot) {
    n->receiving[slot] = true;
    queue_post(&n->receive, (uint16_t)(slot * n->per_frame));
}

int net_acquire(const char *name, const struct net_memory *shared, struct net_info *info) {
    int position = devices_position(MANIFEST_NET, name);
    if (position < 0) return -1;
    struct net *n = nets[position];
    if (n->acquired || shared->rx_slots == 0 || shared->tx_slots == 0) return -1;
    n->acquired = true;
    n->rx = shared->rx;
    n->tx = shared->tx;
    memory_touch(n->rx, (uint64_t)shared->rx_slots * NET_SLOT_SIZE);
    memory_touch(n->tx, (uint64_t)shared->tx_slots * NET_SLOT_SIZE);
    n->receive_slots = usable_slots(n, &n->receive, shared->rx_slots);
    n->transmit_slots = usable_slots(n, &n->transmit, shared->tx_slots);
    for (uint32_t slot = 0; slot < n->transmit_slots; slot++) {
        describe(n, &n->transmit, slot, n->tx + slot * NET_SLOT_SIZE, 0);
        n->free[n->free_count++] = (uint8_t)(n->transmit_slots - 1 - slot);
    }
    for (uint32_t slot = 0; slot < n->receive_slots; slot++) {
        describe(n, &n->receive, slot, n->rx + slot * NET_SLOT_SIZE, DESC_WRITE);
        give_to_receive(n, slot);
    }
    virtio_ready(&n->device);
    queue_flush(&n->receive);
    *info = n->info;
    return position;
}

static struct net *net_of(int handle) {
    struct net *n = handle >= 0 && (unsigned)handle < net_count ? nets[handle] : NULL;
    return n && n->acquired ? n : NULL;
}

/* Takes one used element; NONE when it names no slot that the device has. */
static uint32_t take_used(struct net *n, struct queue *q, bool *with_device, uint32_t slots, uint32_t *length) {
    struct used_element e = queue_used(q, q->seen++);
    uint32_t slot = n->per_frame == 2 ? e.id / 2 : e.id;
    *length = e.length;
    if (slot >= slots || (n->per_frame == 2 && e.id % 2) || !with_device[slot]) return NONE;
    with_device[slot] = false;
    return slot;
}

uint32_t net_read(int handle, uint32_t *offset, uint32_t *dropped) {
    struct net *n = net_of(handle);
    if (!n) return 0;
    if (n->held != NONE) {
        give_to_receive(n, n->held);
        n->held = NONE;
    }
    if ((uint16_t)(n->receive.available - n->receive.told) >= n->receive_slots / 2) queue_flush(&n->receive);
    uint16_t waiting = queue_waiting(&n->receive);
    if (waiting > n->receive.size) { /* a ring cannot hold so many */
        *dropped += 1;
        n->receive.seen = n->receive.used[1];
        return 0;
    }
    for (; waiting > 0; waiting--) {
        uint32_t length, slot = take_used(n, &n->receive, n->receiving, n->receive_slots, &length);
        if (slot == NONE) {
            *dropped += 1;
            continue;
        }
        if (length < n->header + ETHERNET_HEADER || length > NET_SLOT_SIZE) {
            *dropped += 1;
            give_to_receive(n, slot);
            continue;
        }
        n->held = slot;
        *offset = slot * NET_SLOT_SIZE + n->header;
        return length - n->header;
    }
    return 0;
}

static void reclaim(struct net *n) {
    uint16_t waiting = queue_waiting(&n->transmit);
    if (waiting > n->transmit.size) {
        n->transmit.seen = n->transmit.used[1];
        return;
    }
    for (; waiting > 0; waiting--) {
        uint32_t length, slot = take_used(n, &n->transmit, n->sending, n->transmit_slots, &length);
        if (slot != NONE) n->free[n->free_count++] = (uint8_t)slot;
    }
    queue_disarm(&n->transmit);
}

int32_t net_reserve(int handle) {
    struct net *n = net_of(handle);
    if (!n) return -1;
    if (n->reserved == NONE) {
        if (n->free_count == 0) reclaim(n);
        if (n->free_count == 0) {
            n->starved = true;
            return -1;
        }
        n->starved = false;
        n->reserved = n->free[--n->free_count];
    }
    return (int32_t)(n->reserved * NET_SLOT_SIZE + n->header);
}

int net_send(int handle, uint32_t offset, uint32_t length) {
    struct net *n = net_of(handle);
    if (!n || n->reserved == NONE || offset != n->reserved * NET_SLOT_SIZE + n->header) return 0;
    if (length < ETHERNET_HEADER || length > n->info.mtu + ETHERNET_HEADER) return 0;
    uint32_t slot = n->reserved;
    uint8_t *header =
        n->tx + slot * NET_SLOT_SIZE; /* no offload: all zero. JavaScript can write here, so it is done each time. */
    for (unsigned i = 0; i < n->header; i++) header[i] = 0;
    bool apart = n->per_frame == 2;
    n->transmit.descs[slot * n->per_frame + apart].length = apart ? length : n->header + length;
    n->sending[slot] = true;
    n->reserved = NONE;
    queue_post(&n->transmit, (uint16_t)(slot * n->per_frame));
    if ((uint16_t)(n->transmit.available - n->transmit.told) >= n->transmit_slots / 2) queue_flush(&n->transmit);
    return 1;
}

void net_flush_all(void) {
    for (unsigned i = 0; i < net_count; i++) {
        if (!nets[i]->acquired) continue;
        queue_flush(&nets[i]->receive);
        queue_flush(&nets[i]->transmit);
    }
}

bool net_arm_all(void) {
    bool ready = false;
    for (unsigned i = 0; i < net_count; i++) {
        struct net *n = nets[i];
        if (!n->acquired) continue;
        ready = queue_arm(&n->receive) || ready;
        if (!n->starved || !queue_arm(&n->transmit)) continue;
        reclaim(n); /* wakes once: the caller need not ask for a place again */
        n->starved = n->free_count == 0;
        ready = true;
    }
    return ready;
}

void net_disarm_all(void) {
    for (unsigned i = 0; i < net_count; i++) {
        if (!nets[i]->acquired) continue;
        queue_disarm(&nets[i]->receive);
        queue_disarm(&nets[i]->transmit);
    }
}

bool net_drained_all(void) {
    for (unsigned i = 0; i < net_count; i++) {
        struct net *n = nets[i];
        if (!n->acquired) continue;
        queue_flush(&n->transmit);
        if (n->transmit.used[1] != n->transmit.available) return false;
    }
    return true;
}
