/* A tap, or what the tender gives for one: read() puts a frame straight into JavaScript's memory. */
#include "binding.h"
#include "spt.h"

static struct net_memory memories[64];

int net_acquire(const char *name, const struct net_memory *memory, struct net_info *info) {
    int handle = spt_acquire(name, MFT_NET_BASIC);
    if (handle < 0) return -1;
    const struct mft_entry *device = spt_device(handle);
    memories[handle] = *memory;
    for (int n = 0; n < 6; n++) info->mac[n] = device->u.net.mac[n];
    info->mtu = device->u.net.mtu < NET_MTU_MAX ? device->u.net.mtu : (uint16_t)NET_MTU_MAX;
    info->offloads = 0;
    return handle;
}

/* One slot is enough: the frame of the call before has been handled. */
uint32_t net_read(int handle, uint32_t *offset, uint32_t *dropped, uint32_t *flags) {
    (void)dropped, (void)flags;
    int64_t length =
        syscall3(SYS_READ, spt_device(handle)->b.hostfd, (int64_t)(uintptr_t)memories[handle].rx, NET_SLOT_SIZE);
    *offset = 0;
    return length > 0 ? (uint32_t)length : 0;
}

/* write() has taken the frame when it returns: the first slot is always free. */
int32_t net_reserve(int handle, uint32_t length) {
    (void)handle;
    return length <= NET_SLOT_SIZE ? 0 : -1;
}

int net_send(int handle, uint32_t offset, uint32_t length, uint32_t offload) {
    if (offset != 0 || length > spt_device(handle)->u.net.mtu + 14u || length > NET_SLOT_SIZE || offload != 0)
        return -1;
    const uint8_t *frame = memories[handle].tx;
    return syscall3(SYS_WRITE, spt_device(handle)->b.hostfd, (int64_t)(uintptr_t)frame, length) == length;
}
