/*
 * The header in front of each frame of a device that does checksums and segments: struct virtio_net_hdr (virtio 5.1.6), which
 * Linux's TAP interfaces have too.
 */
#ifndef SOLOIST_NET_HEADER_H
#define SOLOIST_NET_HEADER_H

#include <stdbool.h>

#include "binding.h"

#define ETHERNET_HEADER 14u

#define NET_HEADER_FLAGS 0
#define NET_HEADER_KIND 1
#define NET_HEADER_LENGTH 2
#define NET_HEADER_SEGMENT 4
#define NET_HEADER_CHECKSUM_START 6
#define NET_HEADER_CHECKSUM_OFFSET 8
#define NET_HEADER_BUFFERS 10 /* with mergeable buffers or since virtio 1 */

#define NET_HEADER_NEEDS_CHECKSUM 1
#define NET_HEADER_DATA_VALID 2
#define NET_HEADER_TCP4 1
#define NET_HEADER_TCP6 4

static inline uint32_t net_header_16(const uint8_t *header, unsigned at) {
    return header[at] | (uint32_t)header[at + 1] << 8;
}

/* Whether the device vouches for the checksum of the frame behind a header, or has left it to be filled in. */
static inline bool net_header_checked(const uint8_t *header) {
    return header[NET_HEADER_FLAGS] & (NET_HEADER_NEEDS_CHECKSUM | NET_HEADER_DATA_VALID);
}

/*
 * Writes a header of `size` bytes for the frame behind it, which is `length` bytes long. False: the device does not do `offload`, or
 * that makes no sense.
 */
bool net_header_write(uint8_t *header, uint32_t size, const struct net_info *info, uint32_t length, uint32_t offload);

#endif
