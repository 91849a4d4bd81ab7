#include "net-header.h"

static void set16(uint8_t *header, unsigned at, uint32_t value) {
    header[at] = (uint8_t)value;
    header[at + 1] = (uint8_t)(value >> 8);
}

bool net_header_write(uint8_t *header, uint32_t size, const struct net_info *info, uint32_t length, uint32_t offload) {
    for (unsigned i = 0; i < size; i++) header[i] = 0; /* each time: JavaScript can write here */
    uint32_t segment = NET_OFFLOAD_SEGMENT(offload);
    uint32_t start = NET_OFFLOAD_START(offload), at = NET_OFFLOAD_OFFSET(offload);
    if (segment == 0 && length > info->mtu + ETHERNET_HEADER) return false;
    if (offload == 0) return true;
    if (!(info->offloads & NET_CHECKSUM) || start < ETHERNET_HEADER || start + at + 2 > length) return false;
    header[NET_HEADER_FLAGS] = NET_HEADER_NEEDS_CHECKSUM;
    set16(header, NET_HEADER_CHECKSUM_START, start);
    set16(header, NET_HEADER_CHECKSUM_OFFSET, at);
    if (segment == 0) return true;
    bool ipv6 = NET_OFFLOAD_IPV6(offload);
    if (!(info->offloads & (ipv6 ? NET_SEGMENTS6 : NET_SEGMENTS4)) || start + 20 > length) return false;
    uint32_t tcp_header = header[size + start + 12] >> 4 << 2;
    header[NET_HEADER_KIND] = ipv6 ? NET_HEADER_TCP6 : NET_HEADER_TCP4;
    set16(header, NET_HEADER_LENGTH, start + tcp_header);
    set16(header, NET_HEADER_SEGMENT, segment);
    return true;
}
