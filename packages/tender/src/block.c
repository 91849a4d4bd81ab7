#define _GNU_SOURCE
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int block_attach(const char *path, uint16_t block_size, struct manifest_entry *entry, struct failure *failure) {
    const char *device = entry->name;
    struct stat status;
    /* Without O_NONBLOCK, opening a named pipe would wait. It means nothing to files and disks. */
    int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return fail(failure, "--block:%s: cannot open %s: %s", device, path, strerror(errno));
    if (fstat(descriptor, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)))
        return fail(failure, "--block:%s: %s is neither a file nor a disk", device, path);
    off_t capacity = lseek(descriptor, 0, SEEK_END);
    if (capacity < 0) return fail(failure, "--block:%s: cannot find the size of %s: %s", device, path, strerror(errno));
    if (capacity < block_size)
        return fail(failure, "--block:%s: %s has %lld bytes, less than one block of %u", device, path,
                    (long long)capacity, block_size);
    if (capacity % block_size != 0)
        return fail(failure, "--block:%s: the size of %s, %lld bytes, is not a multiple of its block size, %u", device,
                    path, (long long)capacity, block_size);
    entry->b.descriptor = descriptor;
    entry->u.block.capacity = (uint64_t)capacity;
    entry->u.block.block_size = block_size;
    return 0;
}
