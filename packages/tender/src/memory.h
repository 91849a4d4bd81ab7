/* The guest's memory, in this process at the addresses that the guest sees. */
#ifndef TENDER_MEMORY_H
#define TENDER_MEMORY_H

#include <stdint.h>

#include "elf.h"
#include "failure.h"

/* Maps [SPT_MEMORY_BASE, size): zero, readable, writable, not executable. Nothing is committed. 0, or -1 and *failure.
 */
int memory_map(uint64_t size, struct failure *failure);

/*
 * Puts the segments of the image in the file `descriptor` in place and protects them. 0, or -1 and *failure.
 *
 * Whole pages are private mappings of the file: nothing is copied before the guest touches it, and guests that run the
 * same image share the pages that they only read. An image that is replaced while it runs must therefore be a new file
 * (write aside, rename); one that is overwritten in place changes or faults under its guest.
 */
int memory_load(int descriptor, const struct elf_image *image, struct failure *failure);

/* Removes the guest's memory again (tests). */
void memory_unmap(uint64_t size);

#endif
