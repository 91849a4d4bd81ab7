/*
 * Network devices. Every slot of the shared memory has one descriptor for ever (two with a device that wants its header apart),
 * and a frame stands behind its virtio header inside the slot: sending or giving back is one entry in a ring. Larger frames lie in
 * slots one behind the other. Nothing is copied, but for received ones whose slots are not neighbours: those at the end.
 * What the device writes into the rings is checked: a bad entry is counted and skipped.
 */
#include "devices.h"
#include "net-header.h"
#include "virtio.h"

#define FEATURE_CHECKSUM (1ull << 0)
#define FEATURE_GUEST_CHECKSUM (1ull << 1)
#define FEATURE_MTU (1ull << 3)
#define FEATURE_MAC (1ull << 5)
#define FEATURE_GUEST_TSO4 (1ull << 7)
#define FEATURE_GUEST_TSO6 (1ull << 8)
#define FEATURE_HOST_TSO4 (1ull << 11)
#define FEATURE_HOST_TSO6 (1ull << 12)
#define FEATURE_MERGEABLE (1ull << 15)
#define FEATURES_GUEST_TSO (FEATURE_GUEST_TSO4 | FEATURE_GUEST_TSO6)
#define FEATURES_HOST_TSO (FEATURE_HOST_TSO4 | FEATURE_HOST_TSO6)
#define FEATURES_OFFLOAD                                                                                               \
    (FEATURE_CHECKSUM | FEATURE_GUEST_CHECKSUM | FEATURES_GUEST_TSO | FEATURES_HOST_TSO | FEATURE_MERGEABLE)

#define CONFIG_MAC 0
#define CONFIG_MTU 10

#define QUEUE_RECEIVE 0
#define QUEUE_TRANSMIT 1

#define MTU_DEFAULT 1500u
#define MTU_LEAST 68u /* RFC 791 */
#define NONE UINT32_MAX

/* What the largest frame takes. */
#define LARGE_SLOTS 33u
_Static_assert(LARGE_SLOTS *NET_SLOT_SIZE >= NET_LARGE_FRAME + 12, "a large frame and its header");
/* A ring with fewer might never have room for a large frame in one piece. */
#define LARGE_QUEUE 128u

struct net {
    struct virtio device;
    struct queue receive, transmit;
    uint64_t offloads; /* features that were asked for last */
    bool acquired;
    bool starved;      /* net_reserve found no free place: wake up when there is one */
    uint8_t header;    /* bytes in front of a frame */
    uint8_t per_frame; /* descriptors for each */
    uint32_t receive_slots, transmit_slots;
    uint32_t held_count;                   /* slots of the frame that net_read returned */
    uint32_t reserved;                     /* slot that net_reserve returned, or NONE */
    uint32_t reserved_span, reserved_skip; /* how many slots, and how many are left out before them */
    /* Transmit slots are handed out in a circle: those from `oldest` on are taken, `taken` of them. */
    uint32_t oldest, taken;
    uint8_t *rx, *tx;
    struct net_info info;
    uint8_t held[LARGE_SLOTS];
    uint8_t span[QUEUE_SIZE_MAX];                            /* slots of the frame that begins at a slot */
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

/* Without those that need others which are missing (5.1.3.1), or more than this driver does. */
static uint64_t complete(uint64_t features) {
    if (!(features & (VIRTIO_F_ANY_LAYOUT | VIRTIO_F_VERSION_1))) features &= ~FEATURES_OFFLOAD;
    if (!(features & FEATURE_CHECKSUM)) features &= ~FEATURES_HOST_TSO;
    if (!(features & FEATURE_GUEST_CHECKSUM) || !(features & FEATURE_MERGEABLE)) features &= ~FEATURES_GUEST_TSO;
    if (!(features & FEATURES_GUEST_TSO)) features &= ~FEATURE_MERGEABLE;
    return features;
}

static bool negotiate(struct net *n, uint64_t wanted) {
    if (!virtio_negotiate(&n->device, wanted | FEATURE_MAC | VIRTIO_F_EVENT_IDX | VIRTIO_F_ANY_LAYOUT)) return false;
    uint64_t features = complete(n->device.features);
    if (features != n->device.features && !virtio_negotiate(&n->device, features)) return false;
    read_info(n);
    return true;
}

static bool set_up(struct net *n, uint64_t offloads) {
    n->offloads = offloads;
    if (!negotiate(n, offloads | FEATURE_MTU)) return false;
    if (!mtu_is_usable(n) && !negotiate(n, offloads)) return false;
    uint64_t features = n->device.features;
    /* 5.1.6.1: num_buffers came with mergeable buffers, and is always there since version 1 */
    n->header = n->device.modern || (features & FEATURE_MERGEABLE) ? 12 : 10;
    n->per_frame = features & (VIRTIO_F_ANY_LAYOUT | VIRTIO_F_VERSION_1) ? 1 : 2;
    if (!virtio_queue(&n->device, QUEUE_RECEIVE, &n->receive, true)) return false;
    if (!virtio_queue(&n->device, QUEUE_TRANSMIT, &n->transmit, true)) return false;
    n->info.offloads =
        (features & FEATURE_CHECKSUM ? NET_CHECKSUM : 0u) | (features & FEATURE_GUEST_CHECKSUM ? NET_CHECKED : 0u) |
        (features & FEATURE_HOST_TSO4 ? NET_SEGMENTS4 : 0u) | (features & FEATURE_HOST_TSO6 ? NET_SEGMENTS6 : 0u) |
        (features & FEATURES_GUEST_TSO ? NET_MERGED : 0u);
    return true;
}

bool net_prepare(unsigned position, uint32_t where) {
    uint64_t physical;
    struct net *n = take_pages(sizeof *n, &physical);
    if (!n || position >= DEVICES_MAX || !virtio_open(&n->device, where)) return false;
    n->reserved = NONE;
    nets[position] = n;
    net_count = position + 1;
    /* Firecracker up to 1.16 keeps what was taken before a reset: there may be more features the second time, not fewer. */
    return set_up(n, n->device.mmio ? 0 : FEATURES_OFFLOAD);
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
    bool large = n->receive.size >= LARGE_QUEUE && n->transmit.size >= LARGE_QUEUE &&
                 shared->rx_slots >= LARGE_QUEUE + LARGE_SLOTS && shared->tx_slots >= LARGE_QUEUE;
    uint64_t offloads = shared->offloads && large ? FEATURES_OFFLOAD : 0;
    if (offloads != n->offloads && (offloads || n->info.offloads) && !set_up(n, offloads)) return -1;
    n->acquired = true;
    n->rx = shared->rx;
    n->tx = shared->tx;
    memory_touch(n->rx, (uint64_t)shared->rx_slots * NET_SLOT_SIZE);
    memory_touch(n->tx, (uint64_t)shared->tx_slots * NET_SLOT_SIZE);
    uint32_t aside = n->info.offloads & NET_MERGED ? LARGE_SLOTS : 0;
    n->receive_slots = usable_slots(n, &n->receive, shared->rx_slots - aside);
    n->transmit_slots = usable_slots(n, &n->transmit, shared->tx_slots);
    for (uint32_t slot = 0; slot < n->transmit_slots; slot++)
        describe(n, &n->transmit, slot, n->tx + slot * NET_SLOT_SIZE, 0);
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

/*
 * The other pieces of a large frame, whose first is in `held`: "num_buffers" of them in all (5.1.6.4). They are in one piece when
 * the device filled neighbours. 0: there is something wrong with them.
 */
static uint32_t collect(struct net *n, uint32_t pieces, uint32_t length, uint32_t *offset) {
    uint32_t lengths[LARGE_SLOTS] = {length};
    bool good = true, together = true;
    for (uint32_t i = 1; i < pieces; i++) {
        uint32_t slot = take_used(n, &n->receive, n->receiving, n->receive_slots, &lengths[i]);
        if (slot == NONE || lengths[i] == 0 || lengths[i] > NET_SLOT_SIZE) good = false;
        if (slot == NONE) continue;
        together = together && slot == n->held[n->held_count - 1] + 1u && lengths[i - 1] == NET_SLOT_SIZE;
        n->held[n->held_count++] = (uint8_t)slot;
        length += lengths[i];
    }
    if (!good || length > n->header + NET_LARGE_FRAME) return 0;
    *offset = n->held[0] * NET_SLOT_SIZE;
    if (together) return length;
    *offset = n->receive_slots * NET_SLOT_SIZE;
    uint8_t *to = n->rx + *offset;
    for (uint32_t i = 0; i < pieces; to += lengths[i++])
        __builtin_memcpy(to, n->rx + n->held[i] * NET_SLOT_SIZE, lengths[i]);
    return length;
}

static void give_back_held(struct net *n) {
    for (uint32_t i = 0; i < n->held_count; i++) give_to_receive(n, n->held[i]);
    n->held_count = 0;
}

uint32_t net_read(int handle, uint32_t *offset, uint32_t *dropped, uint32_t *flags) {
    struct net *n = net_of(handle);
    if (!n) return 0;
    give_back_held(n);
    if ((uint16_t)(n->receive.available - n->receive.told) >= n->receive_slots / 2) queue_flush(&n->receive);
    uint16_t waiting = queue_waiting(&n->receive);
    if (waiting > n->receive.size) { /* a ring cannot hold so many */
        *dropped += 1;
        n->receive.seen = n->receive.used[1];
        return 0;
    }
    while (waiting > 0) {
        uint32_t length, slot = take_used(n, &n->receive, n->receiving, n->receive_slots, &length);
        waiting--;
        if (slot == NONE) {
            *dropped += 1;
            continue;
        }
        n->held[n->held_count++] = (uint8_t)slot;
        const uint8_t *header = n->rx + slot * NET_SLOT_SIZE;
        uint32_t pieces = n->info.offloads & NET_MERGED ? net_header_16(header, NET_HEADER_BUFFERS) : 1;
        *offset = slot * NET_SLOT_SIZE;
        bool good = length >= n->header + ETHERNET_HEADER && length <= NET_SLOT_SIZE && pieces - 1 < LARGE_SLOTS &&
                    pieces - 1 <= waiting;
        if (good && pieces > 1) {
            waiting -= (uint16_t)(pieces - 1);
            length = collect(n, pieces, length, offset);
            good = length > 0;
        }
        if (!good) {
            *dropped += 1;
            give_back_held(n);
            continue;
        }
        *flags = (n->info.offloads & NET_CHECKED) && net_header_checked(header) ? NET_FRAME_CHECKED : 0;
        *offset += n->header;
        return length - n->header;
    }
    return 0;
}

static void reclaim(struct net *n) {
    uint16_t waiting = queue_waiting(&n->transmit);
    if (waiting > n->transmit.size)
        n->transmit.seen = n->transmit.used[1];
    else
        for (uint32_t length; waiting > 0; waiting--)
            take_used(n, &n->transmit, n->sending, n->transmit_slots, &length);
    while (n->taken > 0 && !n->sending[n->oldest]) {
        uint32_t span = n->span[n->oldest];
        n->taken -= span;
        n->oldest = (n->oldest + span) % n->transmit_slots;
    }
    queue_disarm(&n->transmit);
}

static uint32_t span_of(const struct net *n, uint32_t length) {
    return (n->header + length + NET_SLOT_SIZE - 1) / NET_SLOT_SIZE;
}

int32_t net_reserve(int handle, uint32_t length) {
    struct net *n = net_of(handle);
    if (!n) return -1;
    n->reserved = NONE;
    uint32_t most =
        n->info.offloads & (NET_SEGMENTS4 | NET_SEGMENTS6) ? NET_LARGE_FRAME : n->info.mtu + ETHERNET_HEADER;
    if (length > most) return -1;
    uint32_t span = span_of(n, length), slots = n->transmit_slots;
    uint32_t head = (n->oldest + n->taken) % slots;
    uint32_t skip = head + span > slots ? slots - head : 0;
    if (n->taken + skip + span > slots) reclaim(n);
    if (n->taken + skip + span > slots) {
        n->starved = true;
        return -1;
    }
    n->starved = false;
    n->reserved = skip ? 0 : head;
    n->reserved_span = span;
    n->reserved_skip = skip;
    return (int32_t)(n->reserved * NET_SLOT_SIZE + n->header);
}

static void take_slots(struct net *n, uint32_t slot, uint32_t span) {
    n->span[slot] = (uint8_t)span;
    n->taken += span;
}

int net_send(int handle, uint32_t offset, uint32_t length, uint32_t offload) {
    struct net *n = net_of(handle);
    if (!n || n->reserved == NONE || offset != n->reserved * NET_SLOT_SIZE + n->header) return -1;
    uint32_t slot = n->reserved;
    if (length < ETHERNET_HEADER || length > NET_LARGE_FRAME || span_of(n, length) > n->reserved_span) return -1;
    uint8_t *header = n->tx + slot * NET_SLOT_SIZE;
    if (!net_header_write(header, n->header, &n->info, length, offload)) return -1;
    bool apart = n->per_frame == 2;
    n->transmit.descs[slot * n->per_frame + apart].length = apart ? length : n->header + length;
    if (n->reserved_skip) take_slots(n, n->transmit_slots - n->reserved_skip, n->reserved_skip);
    take_slots(n, slot, span_of(n, length));
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
        n->starved = n->taken == n->transmit_slots;
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
