#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Guest addresses are this process's addresses. */
static void *at(uint64_t address) {
    return (void *)(uintptr_t)address; // NOLINT
}

int memory_map(uint64_t size, struct failure *failure) {
    void *got = mmap(at(SPT_MEMORY_BASE), size - SPT_MEMORY_BASE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == at(SPT_MEMORY_BASE)) return 0;
    if (got != MAP_FAILED) {
        munmap(got, size - SPT_MEMORY_BASE);
        return fail(failure, "this kernel is too old to map guest memory safely (Linux 4.17 is needed)");
    }
    if (errno == EPERM)
        return fail(failure, "this system keeps programs from address 0x%llx: sysctl vm.mmap_min_addr=65536",
                    SPT_MEMORY_BASE);
    if (errno == ENOMEM)
        return fail(failure, "no address space for %llu MB of guest memory: lower --mem or raise `ulimit -v`",
                    (unsigned long long)(size >> 20));
    return fail(failure, "cannot map %llu MB of guest memory: %s", (unsigned long long)(size >> 20), strerror(errno));
}

static int copy(int descriptor, uint64_t address, uint64_t offset, uint64_t size, struct failure *failure) {
    while (size > 0) {
        ssize_t got = pread(descriptor, at(address), size, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return fail(failure, "cannot read a segment: %s", got < 0 ? strerror(errno) : "the file became shorter");
        address += (uint64_t)got;
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return 0;
}

/* The whole pages of the segment that the file can back, as [*first, *last); empty when offset and address disagree. */
static void whole_pages(const struct elf_segment *segment, uint64_t *first, uint64_t *last) {
    uint64_t end = segment->address + segment->file_size;
    *first = (segment->address + PAGE_SIZE - 1) & -PAGE_SIZE;
    *last = end & -PAGE_SIZE;
    if (((segment->address ^ segment->offset) & (PAGE_SIZE - 1)) != 0 || *last <= *first) *first = *last = end;
}

static int load_segment(int descriptor, const struct elf_segment *segment, struct failure *failure) {
    uint64_t first;
    uint64_t last;
    whole_pages(segment, &first, &last);
    uint64_t delta = segment->offset - segment->address;
    uint64_t end = segment->address + segment->file_size;

    if (first < last && mmap(at(first), last - first, segment->protection, MAP_PRIVATE | MAP_FIXED, descriptor,
                             (off_t)(first + delta)) == MAP_FAILED) {
        /* A file system that is mounted noexec, or that has no mappings: the memory there is still anonymous. */
        if (errno != EPERM && errno != ENODEV) return fail(failure, "cannot map a segment: %s", strerror(errno));
        first = last = end;
    }
    if (copy(descriptor, segment->address, segment->offset, first - segment->address, failure) != 0 ||
        copy(descriptor, last, last + delta, end - last, failure) != 0)
        return -1;
    if (segment->protection != (PROT_READ | PROT_WRITE) && segment->end > segment->start &&
        mprotect(at(segment->start), segment->end - segment->start, segment->protection) != 0)
        return fail(failure, "cannot protect a segment: %s", strerror(errno));
    return 0;
}

int memory_load(int descriptor, const struct elf_image *image, struct failure *failure) {
    for (unsigned i = 0; i < image->segments; i++)
        if (load_segment(descriptor, &image->segment[i], failure) != 0) return -1;
    return 0;
}

void memory_unmap(uint64_t size) {
    munmap(at(SPT_MEMORY_BASE), size - SPT_MEMORY_BASE);
}
