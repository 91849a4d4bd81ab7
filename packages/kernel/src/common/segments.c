#include "segments.h"

#include "bytes.h"

typedef uint32_t __attribute__((may_alias, aligned(1))) u32u;
typedef uint16_t __attribute__((may_alias, aligned(1))) u16u;

#define IP 14u
#define TCP4 34u
#define TCP6 54u
#define TCP_HEADER 20u
#define PROTOCOL_TCP 6u
/* Twice no operation, then timestamps: kind 8, 10 bytes. */
#define TIMESTAMPS 0x0101080au

static uint32_t get32(const uint8_t *at) {
    return __builtin_bswap32(*(const u32u *)at);
}
static uint32_t get16(const uint8_t *at) {
    return __builtin_bswap16(*(const u16u *)at);
}
static void put32(uint8_t *at, uint32_t value) {
    *(u32u *)at = __builtin_bswap32(value);
}
static void put16(uint8_t *at, uint32_t value) {
    *(u16u *)at = __builtin_bswap16((uint16_t)value);
}

uint32_t segment_parse(const uint8_t *frame, size_t length, bool trusted, int32_t *fields) {
    if (length < TCP4 + TCP_HEADER) return 0;
    if (get32(frame) != (uint32_t)fields[SEGMENT_MAC_TOP] || get16(frame + 4) != (uint32_t)fields[SEGMENT_MAC_END])
        return 0;
    const uint8_t *tcp;
    uint32_t version, size;
    const uint32_t start = get32(frame + 12);
    if (start >> 8 == 0x080045) {
        /* No fragment: neither more of them, nor an offset (RFC 791 3.1). */
        if ((get32(frame + 20) & 0x3fff00ff) != PROTOCOL_TCP || get32(frame + 30) != (uint32_t)fields[SEGMENT_ADDRESS])
            return 0;
        const uint32_t total = get16(frame + 16);
        if (total < TCP4 - IP + TCP_HEADER || total > length - IP) return 0;
        if (bytes_checksum(frame + IP, TCP4 - IP, 0) != 0xffff) return 0;
        version = 4, tcp = frame + TCP4, size = total - (TCP4 - IP);
        if (!trusted && bytes_checksum(tcp - 8, 8 + size, PROTOCOL_TCP + size) != 0xffff) return 0;
    } else if (start >> 12 == 0x86dd6 && length >= TCP6 + TCP_HEADER) {
        size = get16(frame + 18);
        if (frame[20] != PROTOCOL_TCP || size < TCP_HEADER || size > length - TCP6) return 0;
        version = 6, tcp = frame + TCP6;
        if (!trusted && bytes_checksum(tcp - 32, 32 + size, PROTOCOL_TCP + size) != 0xffff) return 0;
    } else {
        return 0;
    }
    const uint32_t header = (uint32_t)(tcp[12] >> 4) * 4;
    if (header < TCP_HEADER || header > size) return 0;
    fields[SEGMENT_REMOTE] = version == 4 ? (int32_t)get32(frame + 26) : 0;
    fields[SEGMENT_PORTS] = (int32_t)get32(tcp);
    fields[SEGMENT_SEQ] = (int32_t)get32(tcp + 4);
    fields[SEGMENT_ACK] = (int32_t)get32(tcp + 8);
    fields[SEGMENT_FLAGS] = (int32_t)get16(tcp + 12);
    fields[SEGMENT_WINDOW] = (int32_t)get16(tcp + 14);
    fields[SEGMENT_DATA_AT] = (int32_t)((uint32_t)(tcp - frame) + header);
    fields[SEGMENT_DATA_LENGTH] = (int32_t)(size - header);
    fields[SEGMENT_CLASS] = version == 4 ? frame[IP + 1] : (int32_t)(start >> 4 & 0xff);
    fields[SEGMENT_STAMPED] = header == TCP_HEADER + 12 && get32(tcp + TCP_HEADER) == TIMESTAMPS;
    if (fields[SEGMENT_STAMPED]) fields[SEGMENT_STAMP] = (int32_t)get32(tcp + TCP_HEADER + 4);
    return version;
}

size_t segment_prepared(const uint8_t *headers) {
    const uint8_t version = headers[IP] >> 4;
    return version == 4 ? SEGMENT_PREPARED4 : version == 6 ? SEGMENT_PREPARED6 : 0;
}

size_t segment_frame_length(const struct segment *segment, size_t prepared) {
    return prepared - TCP_HEADER + (segment->control >> 28) * 4 + segment->data_length;
}

void segment_emit(uint8_t *into, const struct segment *segment, size_t prepared) {
    uint8_t *const tcp = into + prepared - TCP_HEADER;
    const uint32_t header = (segment->control >> 28) * 4;
    const uint32_t size = header + segment->data_length;
    __builtin_memcpy(into, segment->headers, prepared);
    put32(tcp + 4, segment->seq);
    put32(tcp + 8, segment->ack);
    put32(tcp + 12, segment->control);
    if (segment->data_length > 0) {
        const uint32_t from = segment->seq & (segment->ring_length - 1), end = segment->ring_length - from;
        const uint32_t first = segment->data_length < end ? segment->data_length : end;
        __builtin_memcpy(tcp + header, segment->ring + from, first);
        if (first < segment->data_length)
            __builtin_memcpy(tcp + header + first, segment->ring, segment->data_length - first);
    }
    uint32_t addresses = 32;
    if (prepared == SEGMENT_PREPARED4) {
        addresses = 8;
        put16(into + 16, TCP4 - IP + size);
        put16(into + 24, 0);
        put16(into + 24, ~bytes_checksum(into + IP, TCP4 - IP, 0));
    } else {
        put16(into + 18, size);
    }
    /* The addresses lie right before TCP: pseudo-header, header and data are one sum (RFC 9293 3.1, RFC 8200 8.1). */
    put16(tcp + 16, 0);
    const uint32_t summed = segment->partial ? addresses : addresses + size;
    const uint32_t sum = bytes_checksum(tcp - addresses, summed, PROTOCOL_TCP + size);
    put16(tcp + 16, segment->partial ? sum : ~sum);
}
