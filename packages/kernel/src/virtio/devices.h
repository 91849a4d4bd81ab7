/* The manifest's devices and the machine's. */
#ifndef SOLOIST_VIRTIO_DEVICES_H
#define SOLOIST_VIRTIO_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "manifest.h"

#define DEVICES_MAX (MANIFEST_ENTRIES_MAX - 1)

/* The how-many-th device of its type in the manifest `name` is, or -1. */
int devices_position(uint32_t type, const char *name);

/* net.c, block.c: takes the device at `where` for that position. False: it does not work. */
bool net_prepare(unsigned position, uint32_t where);
bool block_prepare(unsigned position, uint32_t where);
/* Whether the image was booted from the device that was prepared for that position, which is left alone then. */
bool block_is_boot_disk(unsigned position);

#endif
