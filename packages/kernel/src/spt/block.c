#include "binding.h"
#include "spt.h"

int block_acquire(const char *name, struct block_info *info) {
    int handle = spt_acquire(name, MFT_BLOCK_BASIC);
    if (handle < 0) return -1;
    const struct mft_entry *device = spt_device(handle);
    info->block_size = device->u.block.block_size;
    info->blocks = device->u.block.capacity / device->u.block.block_size;
    return handle;
}

/* The filter kills an image that asks for anything outside of the device: the caller hears of it instead. */
static int transfer(int64_t number, int handle, uint64_t block, const void *bytes) {
    const struct mft_entry *device = spt_device(handle);
    uint64_t size = device->u.block.block_size;
    if (block >= device->u.block.capacity / size) return -1;
    int64_t done =
        syscall4(number, device->b.hostfd, (int64_t)(uintptr_t)bytes, (int64_t)size, (int64_t)(block * size));
    return done == (int64_t)size ? 0 : -1;
}

int block_read(int handle, uint64_t block, void *into) {
    return transfer(SYS_PREAD64, handle, block, into);
}
int block_write(int handle, uint64_t block, const void *from) {
    return transfer(SYS_PWRITE64, handle, block, from);
}
