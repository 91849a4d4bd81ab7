/*
 * A tap, or what the tender gives for one: read() puts a frame straight into JavaScript's memory. Where the tender says so, frames
 * have a virtio header in front, and read() and write() move up to 64 KiB of a connection at once.
 */
#include "binding.h"
#include "net-header.h"
#include "spt.h"

#define HEADER 10u
#define LARGE_SLOTS ((HEADER + NET_LARGE_FRAME + NET_SLOT_SIZE - 1) / NET_SLOT_SIZE)

static struct net {
    struct net_memory memory;
    struct net_info info;
    int64_t descriptor;
    uint32_t header; /* bytes in front of each frame: HEADER or 0 */
} nets[64];

int net_acquire(const char *name, const struct net_memory *memory, struct net_info *info) {
    int handle = spt_acquire(name, MFT_NET_BASIC);
    if (handle < 0) return -1;
    const struct mft_entry *device = spt_device(handle);
    bool headers = spt_gifts.net[handle] & SPT_NET_HEADERS;
    /* Nothing can be turned off any more. */
    if (headers && (!memory->offloads || memory->rx_slots < LARGE_SLOTS || memory->tx_slots < LARGE_SLOTS)) return -1;
    struct net *n = &nets[handle];
    n->memory = *memory;
    n->descriptor = device->b.hostfd;
    n->header = headers ? HEADER : 0;
    for (int i = 0; i < 6; i++) n->info.mac[i] = device->u.net.mac[i];
    n->info.mtu = device->u.net.mtu < NET_MTU_MAX ? device->u.net.mtu : (uint16_t)NET_MTU_MAX;
    if (headers) n->info.offloads = NET_CHECKSUM | NET_CHECKED | NET_SEGMENTS4 | NET_SEGMENTS6 | NET_MERGED;
    *info = n->info;
    return handle;
}

static int64_t receive(const struct net *n, uint64_t size) {
    return syscall3(SYS_READ, n->descriptor, (int64_t)(uintptr_t)n->memory.rx, (int64_t)size);
}

/* Whether a frame of so many bytes is what we asked for: checksums left to be done where they are, segments of TCP. */
static bool is_good(const uint8_t *header, uint32_t length) {
    uint32_t kind = header[NET_HEADER_KIND];
    if (length < ETHERNET_HEADER || (kind != 0 && kind != NET_HEADER_TCP4 && kind != NET_HEADER_TCP6)) return false;
    return !(header[NET_HEADER_FLAGS] & NET_HEADER_NEEDS_CHECKSUM) ||
           net_header_16(header, NET_HEADER_CHECKSUM_START) + net_header_16(header, NET_HEADER_CHECKSUM_OFFSET) + 2 <=
               length;
}

/* One place is enough: the frame of the call before has been handled. */
uint32_t net_read(int handle, uint32_t *offset, uint32_t *dropped, uint32_t *flags) {
    const struct net *n = &nets[handle];
    *offset = n->header;
    if (n->header == 0) {
        int64_t length = receive(n, NET_SLOT_SIZE);
        return length > 0 ? (uint32_t)length : 0;
    }
    for (;;) {
        int64_t length = receive(n, HEADER + NET_LARGE_FRAME);
        if (length <= 0) return 0;
        if (length >= HEADER && is_good(n->memory.rx, (uint32_t)length - HEADER)) {
            *flags = net_header_checked(n->memory.rx) ? NET_FRAME_CHECKED : 0;
            return (uint32_t)length - HEADER;
        }
        *dropped += 1;
    }
}

/* write() has taken the frame when it returns: the first slot is always free. */
int32_t net_reserve(int handle, uint32_t length) {
    const struct net *n = &nets[handle];
    return length <= (n->header == 0 ? NET_SLOT_SIZE : NET_LARGE_FRAME) ? (int32_t)n->header : -1;
}

int net_send(int handle, uint32_t offset, uint32_t length, uint32_t offload) {
    const struct net *n = &nets[handle];
    uint8_t *at = n->memory.tx;
    if (offset != n->header || length > NET_LARGE_FRAME) return -1;
    if (n->header == 0) {
        if (offload != 0 || length > n->info.mtu + ETHERNET_HEADER) return -1;
    } else if (!net_header_write(at, HEADER, &n->info, length, offload)) {
        return -1;
    }
    int64_t size = (int64_t)n->header + length;
    return syscall3(SYS_WRITE, n->descriptor, (int64_t)(uintptr_t)at, size) == size;
}
