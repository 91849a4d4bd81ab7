/*
 * Runs on the host, with sanitizers: net.c between a device that writes what it likes into its rings and a caller that does what the
 * binding allows. Whatever the device does, frames lie within their slots and no place is handed out twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "virtio.h"

static struct queue *queues[2];
static bool legacy;
static uint64_t features;
static bool everything; /* the device offers all offloads */
static struct net_memory shared;
static uint32_t seed;

static uint32_t random32(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

void *take_pages(uint64_t bytes, uint64_t *physical) {
    void *p = calloc(1, (bytes + 4095) / 4096 * 4096);
    *physical = (uint64_t)p;
    return p;
}
void memory_touch(const void *start, uint64_t length) {
    for (uint64_t i = 0; i < length; i++) (void)((const volatile uint8_t *)start)[i];
}
int devices_position(uint32_t type, const char *name) {
    return type == MANIFEST_NET && strcmp(name, "service") == 0 ? 0 : -1;
}
bool virtio_open(struct virtio *device, uint32_t where) {
    *device = (struct virtio){.where = where, .modern = !legacy};
    return true;
}
bool virtio_negotiate(struct virtio *device, uint64_t wanted) {
    device->features = wanted & features;
    return true;
}
void virtio_config(const struct virtio *device, unsigned offset, void *into, unsigned length) {
    (void)device, (void)offset;
    for (unsigned i = 0; i < length; i++) ((uint8_t *)into)[i] = (uint8_t)random32();
}
void virtio_ready(struct virtio *device) {
    (void)device;
}

static volatile uint16_t doorbell;

bool virtio_queue(struct virtio *device, unsigned index, struct queue *q, bool interrupts) {
    (void)device, (void)interrupts;
    /* Exactly as large as it has to be, so that the sanitizer sees what goes beyond. */
    uint16_t size = everything ? 256 : 8u << random32() % 6;
    /* The second time, without offloads. */
    free((void *)(uintptr_t)q->descs), free((void *)(uintptr_t)q->avail), free((void *)(uintptr_t)q->used);
    *q = (struct queue){.size = size, .index = (uint16_t)index, .event_idx = random32() % 2, .doorbell = &doorbell};
    q->descs = calloc(size, 16);
    q->avail = calloc(1, 6u + 2u * size);
    q->used = calloc(1, 6u + 8u * size);
    queues[index] = q;
    return true;
}

static void misbehave(struct queue *q) {
    volatile struct used_element *elements = (volatile struct used_element *)(q->used + 2);
    uint32_t count = random32() % 4;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t at = (uint16_t)(q->used[1] + i) % q->size;
        uint32_t good = q->avail[2 + random32() % q->size];
        elements[at].id = random32() % 4 ? good : random32() >> random32() % 32;
        elements[at].length = random32() % 4 ? 60 + random32() % 1500 : random32() >> random32() % 32;
        if (random32() % 2) elements[at].length = NET_SLOT_SIZE;
        if (q == queues[0] && elements[at].id < shared.rx_slots)
            shared.rx[elements[at].id * NET_SLOT_SIZE + 10] = (uint8_t)(random32() % 8 ? random32() % 5 : random32()),
                                                        shared.rx[elements[at].id * NET_SLOT_SIZE + 11] =
                                                            random32() % 8 == 0;
    }
    q->used[1] = (uint16_t)(q->used[1] + (random32() % 1000 ? count : random32()));
    if (q->event_idx) q->used[2 + 4 * q->size] = (uint16_t)random32();
}

static void check(bool holds, const char *what) {
    if (holds) return;
    printf("FAILURE: %s\n", what);
    exit(1);
}

/* While the device does nothing, the places handed out are all different. */
static void check_places(uint32_t slots, const struct net_info *info) {
    bool seen[500] = {false};
    queues[1]->used[1] = queues[1]->seen; /* nor did it: what it said of frames before they were sent is forgotten */
    uint32_t large = (info->offloads & NET_SEGMENTS4) != 0;
    for (int32_t place;;) {
        uint32_t length = large && random32() % 3 == 0 ? 2000 + random32() % 60000 : info->mtu;
        if ((place = net_reserve(0, length)) < 0) break;
        uint32_t slot = (uint32_t)place / NET_SLOT_SIZE, last = ((uint32_t)place + length - 1) / NET_SLOT_SIZE;
        for (uint32_t at = slot; at <= last; at++) {
            check(at < slots && !seen[at], "no place is handed out twice");
            seen[at] = true;
        }
        uint32_t offload = length > info->mtu ? 34 | 16 << 8 | 1460u << 16 : 0;
        check(net_send(0, (uint32_t)place, length, offload) == 1, "a frame is sent");
    }
}

int main(int argc, char **argv) {
    seed = argc > 1 ? (uint32_t)atoi(argv[1]) : 1;
    for (int i = 0; i < 20; i++) random32(); /* small seeds have much in common */
    everything = random32() % 2;
    legacy = random32() % 2;
    features = (random32() % 2 ? VIRTIO_F_ANY_LAYOUT : 0) | (legacy ? 0 : VIRTIO_F_VERSION_1) |
               (random32() % 2 ? 1u << 3 : 0) | (random32() % 2 ? 1u << 5 : 0);
    /* Checksums, segments that the device cuts and merges, mergeable buffers. */
    features |= everything ? 0x9983 | VIRTIO_F_ANY_LAYOUT : random32() & 0x9983;
    uint32_t slots = 1 + random32() % 299 + (everything ? 200 : 0);
    shared = (struct net_memory){calloc(slots, NET_SLOT_SIZE), slots, calloc(slots, NET_SLOT_SIZE), slots, 1};
    shared.offloads = random32() % 4 != 0;
    struct net_info info;
    check(net_prepare(0, 0), "the device is prepared");
    check(net_acquire("service", &shared, &info) == 0, "the device is acquired");
    check(info.mtu >= 68 && info.mtu <= NET_MTU_MAX, "the MTU is possible");
    check(shared.offloads || !info.offloads, "nothing is offloaded that nobody asked for");
    uint32_t dropped = 0, frames = 0, sent = 0, large = 0, flags = 0;
    const uint32_t most = info.offloads & NET_MERGED ? NET_LARGE_FRAME : NET_SLOT_SIZE;
    const bool cuts = info.offloads & NET_SEGMENTS4;
    for (int i = 0; i < 20000; i++) {
        misbehave(queues[0]);
        misbehave(queues[1]);
        uint32_t offset, length;
        for (int n = 0; n < 3 && (length = net_read(0, &offset, &dropped, &flags)) != 0; n++) {
            check(length >= 14 && length <= most && offset + length <= slots * NET_SLOT_SIZE,
                  "a frame lies in its slots");
            check(length > NET_SLOT_SIZE || offset % NET_SLOT_SIZE + length <= NET_SLOT_SIZE || most > NET_SLOT_SIZE,
                  "a frame lies in its slot");
            check(!(flags & NET_FRAME_CHECKED) || (info.offloads & NET_CHECKED),
                  "checked only where that was agreed on");
            memset(shared.rx + offset, 0xa5, length);
            frames++;
            large += length > NET_SLOT_SIZE;
        }
        uint32_t asked = cuts && random32() % 4 == 0 ? random32() % 70000 : info.mtu + 14u;
        int32_t place = net_reserve(0, asked);
        if (place >= 0) {
            check((uint32_t)place + asked <= slots * NET_SLOT_SIZE, "there is room for a frame");
            uint32_t size = random32() % 2 ? random32() % 2100 : random32() % 70000;
            uint32_t offload = random32() % 3 == 0 ? 34 | 16 << 8 | 1460u << 16 : 0;
            int sent_now = net_send(0, (uint32_t)place, size, offload);
            uint32_t head = (uint32_t)place % NET_SLOT_SIZE, span = (head + asked + NET_SLOT_SIZE - 1) / NET_SLOT_SIZE;
            bool fits = (head + size + NET_SLOT_SIZE - 1) / NET_SLOT_SIZE <= span;
            bool good = size >= 14 && fits && size <= NET_LARGE_FRAME &&
                        (offload ? cuts && size >= 54 : size <= info.mtu + 14u);
            check((sent_now == 1) == good, "frames of possible length are sent, others refused");
            sent += good;
        }
        if (i % 500 == 499) check_places(slots, &info);
        if (random32() % 8 == 0) {
            net_flush_all();
            net_arm_all();
            net_disarm_all();
        }
    }
    printf("SUCCESS %u frames, %u sent, %u dropped, %u large of %x\n", frames, sent, dropped, large, info.offloads);
    return 0;
}
