/*
 * Block devices: one request at a time, waited for.
 *
 * A write returns when the data is on stable storage, as far as the device goes: where it offers VIRTIO_BLK_F_FLUSH it may hold
 * writes in a cache, so a flush follows every write; where it does not, it has to write through (5.2.6.2). Whoever does not need
 * that tells the host (QEMU: cache=unsafe).
 */
#include "devices.h"
#include "virtio.h"

#define FEATURE_BLOCK_SIZE (1ull << 6)
#define FEATURE_FLUSH (1ull << 9)

#define CONFIG_CAPACITY 0
#define CONFIG_BLOCK_SIZE 20

#define SECTOR 512u
#define BLOCK_SIZE_MOST 65536u

#define TYPE_READ 0u
#define TYPE_WRITE 1u
#define TYPE_FLUSH 4u
#define STATUS_OK 0

#define SPIN_NS 50000u             /* a wait by interrupt costs about that much */
#define PATIENCE_NS 60000000000ull /* a device that does not answer so long has failed */

struct request {
    uint32_t type, reserved;
    uint64_t sector;
    volatile uint8_t status;
};

struct block {
    struct virtio device;
    struct queue queue;
    bool acquired, failed;
    struct block_info info;
    uint64_t request_physical;
    struct request request;
};

static struct block *blocks[DEVICES_MAX];
static unsigned block_count;

bool block_prepare(unsigned position, uint32_t where) {
    uint64_t physical, capacity;
    struct block *b = take_pages(sizeof *b, &physical);
    if (!b || position >= DEVICES_MAX || !virtio_open(&b->device, where)) return false;
    if (!virtio_negotiate(&b->device, FEATURE_BLOCK_SIZE | FEATURE_FLUSH | VIRTIO_F_EVENT_IDX)) return false;
    b->request_physical = physical + offsetof(struct block, request);
    b->info.block_size = SECTOR;
    if (b->device.features & FEATURE_BLOCK_SIZE) virtio_config(&b->device, CONFIG_BLOCK_SIZE, &b->info.block_size, 4);
    uint32_t size = b->info.block_size;
    if (size < SECTOR || size > BLOCK_SIZE_MOST || (size & (size - 1))) return false;
    virtio_config(&b->device, CONFIG_CAPACITY, &capacity, 8);
    b->info.blocks = capacity / (size / SECTOR);
    blocks[position] = b;
    block_count = position + 1;
    return virtio_queue(&b->device, 0, &b->queue, true) && b->queue.size >= 3;
}

int block_acquire(const char *name, struct block_info *info) {
    int position = devices_position(MANIFEST_BLOCK, name);
    if (position < 0 || blocks[position]->acquired) return -1;
    blocks[position]->acquired = true;
    virtio_ready(&blocks[position]->device);
    *info = blocks[position]->info;
    return position;
}

static bool wait_for_answer(struct queue *q) {
    uint64_t start = clock_monotonic();
    for (;;) {
        if (queue_waiting(q)) return true;
        uint64_t waited = clock_monotonic() - start;
        if (waited > PATIENCE_NS) return false;
        if (waited < SPIN_NS) {
            cpu_pause();
            continue;
        }
        bool ready = queue_arm(q);
        if (!ready) cpu_idle(start + PATIENCE_NS + 1);
        queue_disarm(q);
    }
}

static int request(struct block *b, uint32_t type, uint64_t sector, uint64_t data, uint32_t length) {
    volatile struct desc *d = b->queue.descs;
    unsigned last = length ? 2 : 1;
    b->request.type = type;
    b->request.reserved = 0;
    b->request.sector = sector;
    b->request.status = 0xff;
    d[0].address = b->request_physical;
    d[0].length = 16;
    d[0].flags = DESC_NEXT;
    d[0].next = 1;
    d[1].address = data;
    d[1].length = length;
    d[1].flags = type == TYPE_READ ? DESC_NEXT | DESC_WRITE : DESC_NEXT;
    d[1].next = 2;
    d[last].address = b->request_physical + offsetof(struct request, status);
    d[last].length = 1;
    d[last].flags = DESC_WRITE;
    queue_post(&b->queue, 0);
    queue_flush(&b->queue);
    if (!wait_for_answer(&b->queue)) {
        virtio_reset(&b->device); /* it may not write into memory later on */
        b->failed = true;
        return -1;
    }
    b->queue.seen = b->queue.used[1]; /* there is no other request, whatever the device says about it */
    return b->request.status == STATUS_OK ? 0 : -1;
}

bool block_is_boot_disk(unsigned position) {
    if (!boot_from_disk) return false;
    struct block *b = blocks[position];
    uint64_t physical;
    const uint8_t *first = take_pages(b->info.block_size, &physical);
    if (!first) return false;
    virtio_ready(&b->device);
    if (request(b, TYPE_READ, 0, physical, b->info.block_size) != 0) return false;
    for (unsigned i = 0; i < BOOT_SECTOR_SIZE; i++)
        if (first[i] != boot_sector[i]) return false;
    virtio_reset(&b->device);
    return true;
}

static struct block *block_of(int handle, uint64_t block) {
    struct block *b = handle >= 0 && (unsigned)handle < block_count ? blocks[handle] : NULL;
    return b && b->acquired && !b->failed && block < b->info.blocks ? b : NULL;
}

int block_read(int handle, uint64_t block, void *into) {
    struct block *b = block_of(handle, block);
    if (!b) return -1;
    memory_touch(into, b->info.block_size);
    return request(b, TYPE_READ, block * (b->info.block_size / SECTOR), (uint64_t)into, b->info.block_size);
}

int block_write(int handle, uint64_t block, const void *from) {
    struct block *b = block_of(handle, block);
    if (!b) return -1;
    memory_touch(from, b->info.block_size);
    if (request(b, TYPE_WRITE, block * (b->info.block_size / SECTOR), (uint64_t)from, b->info.block_size) != 0)
        return -1;
    return b->device.features & FEATURE_FLUSH ? request(b, TYPE_FLUSH, 0, 0, 0) : 0;
}
