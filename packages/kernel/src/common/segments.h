/* TCP segments in Ethernet frames: checked and taken apart, put together. No engine: tested natively on the host. */
#ifndef SOLOIST_SEGMENTS_H
#define SOLOIST_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What JavaScript shares for it, an Int32Array: ours, which a frame has to be for, then what a segment holds. */
enum {
    SEGMENT_MAC_TOP, /* IN: our MAC's first four bytes, */
    SEGMENT_MAC_END, /* its last two, */
    SEGMENT_ADDRESS, /* and our IPv4 address */
    SEGMENT_REMOTE,  /* OUT: source address, IPv4 only */
    SEGMENT_PORTS,   /* as on the wire: source, destination */
    SEGMENT_SEQ,
    SEGMENT_ACK,
    SEGMENT_FLAGS, /* data offset, reserved bits and flags: 16 bits as on the wire */
    SEGMENT_WINDOW,
    SEGMENT_DATA_AT,     /* of the frame */
    SEGMENT_DATA_LENGTH, /* without the header's options */
    SEGMENT_CLASS,       /* IPv4's type of service, IPv6's traffic class */
    SEGMENT_STAMPED,     /* 1: the options are timestamps alone (RFC 7323 appendix A), */
    SEGMENT_STAMP,       /* with this value */
    SEGMENT_FIELDS = 16
};

/*
 * Whether a frame is for us and holds a whole TCP segment, over IPv4 without options or over IPv6 without extension
 * headers, with every length and, unless `trusted`, the checksum of TCP right (that of IPv4's header always): then its
 * fields are written and the version is returned, 4 or 6. Otherwise 0, and nothing is written.
 */
uint32_t segment_parse(const uint8_t *frame, size_t length, bool trusted, int32_t *fields);

#define SEGMENT_PREPARED4 54u
#define SEGMENT_PREPARED6 74u

/* What is to be sent. Data is `data_length` bytes of a ring of `ring_length` (a power of two) from SEQ on. */
struct segment {
    const uint8_t *headers; /* SEGMENT_PREPARED4 or 6 bytes; their lengths and checksums are filled in */
    const uint8_t *ring;
    uint32_t ring_length;
    uint32_t seq;
    uint32_t ack;
    uint32_t control; /* the word with data offset, flags and window */
    uint32_t data_length;
    bool partial; /* the device sums TCP: its checksum field gets the pseudo-header's sum alone */
};

/* Bytes of prepared headers by the version that they say, 4 or 6; 0: neither. */
size_t segment_prepared(const uint8_t *headers);
/* Bytes of the frame that emit makes of it. */
size_t segment_frame_length(const struct segment *segment, size_t prepared);
/* Writes the frame; options lie there already, behind the 20 bytes of TCP's header. */
void segment_emit(uint8_t *into, const struct segment *segment, size_t prepared);

#endif
