/*
 * Solo5's spt ABI, version 2, as this tender speaks it on x86-64: what an image carries (ELF notes), what it finds in
 * memory when it starts, and Soloist's own crash note. Everything is little endian.
 *
 * An image starts with rdi = SPT_BOOT_INFO, rsp = size of its memory - 8, and the memory [SPT_MEMORY_BASE, size)
 * readable and writable, except where a segment of the image says otherwise. It makes Linux system calls itself;
 * filter.c lists them.
 */
#ifndef TENDER_ABI_H
#define TENDER_ABI_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 0x1000ull

/* The first mapped address; below it nothing is, so that null pointers fault. */
#define SPT_MEMORY_BASE 0x10000ull
#define SPT_BOOT_INFO 0x11000ull
/* Two texts for the crash entry (README), one page. Behind the longest possible boot information. */
#define SPT_CRASH_TEXT 0x18000ull
/* The lowest address of a segment. */
#define SPT_IMAGE_BASE 0x100000ull
/* Bytes, with the terminating NUL. */
#define SPT_COMMAND_LINE_SIZE 8192u
/* epoll's data of the timer; a network device's is its handle. */
#define SPT_TIMER_EVENT 0xfffffffeull

#define NOTE_NAME_SOLO5 "Solo5"
#define NOTE_NAME_SOLOIST "Soloist"
#define NOTE_TYPE_ABI 0x31494241u      /* "ABI1" */
#define NOTE_TYPE_MANIFEST 0x3154464du /* "MFT1" */
#define NOTE_TYPE_CRASH 0x48534352u
#define NOTE_TYPE_HOST 0x54534f48u /* "HOST" */

#define ABI_TARGET_SPT 2u
#define ABI_VERSION_SPT 2u

struct abi_note {
    uint32_t target;
    uint32_t version;
    uint32_t reserved[2];
};
_Static_assert(sizeof(struct abi_note) == 16, "ABI note");

/* Where a guest goes on its first fault. The descriptor follows the note's name without padding. */
struct crash_note {
    uint64_t entry; /* address in an executable segment */
    uint64_t stack; /* top (end) of an emergency stack, a multiple of 16 */
};
_Static_assert(sizeof(struct crash_note) == 16, "crash note");

#define MANIFEST_VERSION 1u
#define MANIFEST_ENTRIES_MAX 64u
#define MANIFEST_NAME_SIZE 68u
/* Between the manifest note's name and the manifest; counted in the descriptor's size. */
#define MANIFEST_NOTE_PADDING 4u

#define DEVICE_BLOCK 1u
#define DEVICE_NET 2u
#define DEVICE_RESERVED_FIRST (1u << 30)

struct manifest_entry {
    char name[MANIFEST_NAME_SIZE];
    uint32_t type;
    union {
        struct {
            uint64_t capacity; /* bytes */
            uint16_t block_size;
        } block;
        struct {
            uint8_t mac[6];
            uint16_t mtu;
        } net;
    } u;
    union {
        int32_t descriptor;
        uint64_t data;
    } b;
    uint8_t attached;
    uint8_t padding[7];
};
_Static_assert(offsetof(struct manifest_entry, u) == 72, "manifest entry");
_Static_assert(offsetof(struct manifest_entry, u.block.block_size) == 80, "manifest entry");
_Static_assert(offsetof(struct manifest_entry, u.net.mtu) == 78, "manifest entry");
_Static_assert(offsetof(struct manifest_entry, b) == 88, "manifest entry");
_Static_assert(offsetof(struct manifest_entry, attached) == 96, "manifest entry");
_Static_assert(sizeof(struct manifest_entry) == 104, "manifest entry");

/*
 * Soloist's own: what this tender gives beyond Solo5. An image with this note gets a struct host_gifts at `address`; without the
 * note, or under another tender, it is not written.
 */
struct host_note {
    uint64_t address; /* multiple of 8, in a writable segment */
    uint64_t nets;    /* bit N: device N understands HOST_NET_HEADERS */
};
_Static_assert(sizeof(struct host_note) == 16, "host note");

/* Each frame read or written has a struct virtio_net_hdr of 10 bytes in front, checksums and segments may be left to be done. */
#define HOST_NET_HEADERS 1u

struct host_gifts {
    /* clock_gettime(2) as a function that makes no system call for CLOCK_MONOTONIC and CLOCK_REALTIME; 0: there is none. */
    uint64_t clock_gettime;
    uint8_t net[MANIFEST_ENTRIES_MAX]; /* HOST_NET_HEADERS or 0, by device */
};
_Static_assert(sizeof(struct host_gifts) == 72, "host gifts");

/* A device's handle is its index here; entry 0 is reserved. */
struct manifest {
    uint32_t version;
    uint32_t entries;
    struct manifest_entry entry[MANIFEST_ENTRIES_MAX];
};
#define MANIFEST_HEADER_SIZE 8u
_Static_assert(offsetof(struct manifest, entry) == MANIFEST_HEADER_SIZE, "manifest");

struct boot_info {
    uint64_t memory_size; /* end of the guest's memory */
    uint64_t image_end;   /* end of the highest segment, rounded to its alignment */
    uint64_t command_line;
    uint64_t manifest;
    int32_t epoll;
    int32_t timer;
};
_Static_assert(sizeof(struct boot_info) == 40, "boot information");
_Static_assert(SPT_BOOT_INFO + sizeof(struct boot_info) + sizeof(struct manifest) + SPT_COMMAND_LINE_SIZE <=
                   SPT_CRASH_TEXT,
               "boot information overlaps the crash text");

#endif
