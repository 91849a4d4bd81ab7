/* Block devices: a file or a disk of the host. */
#ifndef TENDER_BLOCK_H
#define TENDER_BLOCK_H

#include "abi.h"
#include "failure.h"

#define BLOCK_SIZE_DEFAULT 512u

/*
 * Opens `path` for reading and writing and fills in the entry's descriptor, capacity and block size: `block_size`
 * bytes, by which the capacity must be divisible. 0, or -1 and *failure.
 */
int block_attach(const char *path, uint16_t block_size, struct manifest_entry *entry, struct failure *failure);

#endif
