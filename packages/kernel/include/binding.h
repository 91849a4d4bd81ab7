/*
 * What a target gives to the part of the kernel that is the same everywhere.
 *
 * Each target (src/spt, src/virtio) implements these functions in files of the same names: start.S/start.c, console.c,
 * time.c, net.c, block.c, exit.c. The common part (src/common) calls them and nothing else of a target. No function here
 * allocates; no buffer is kept after a call unless said so. Times are nanoseconds.
 */
#ifndef SOLOIST_BINDING_H
#define SOLOIST_BINDING_H

#include <stddef.h>
#include <stdint.h>

#include "layout.h" /* NET_SLOT_SIZE */
#include "unwind.h"

/* Set by the target before it calls kernel_main, constant after. */
struct boot_info {
    const char *command_line; /* NUL-terminated, without the image's name */
    uint64_t memory_end;      /* first byte behind the memory that the guest may use */
};

/*
 * Entry of the common part. The target has: a stack of its own with a guard below it, memory [LINEAR_BASE, memory_end)
 * readable, writable, zero outside the image's segments and never executable, SSE on, interrupts handled by itself.
 */
_Noreturn void kernel_main(const struct boot_info *boot);

/*
 * Called by the target when the processor raises an exception that nobody handles (or an ABI call fails beyond repair).
 * `what` is one line; `registers` a multi-line dump, or NULL. Prints them with the JavaScript stack where there is one,
 * and exits with code 255. Safe to enter a second time (a fault while it reports): then it exits at once.
 */
_Noreturn void kernel_fault(const char *what, const char *registers);

/* Best effort; blocks until written. */
void console_write(const void *data, size_t length);

/* Since boot; never goes back. */
uint64_t clock_monotonic(void);
/* Since 1970-01-01T00:00:00Z. */
uint64_t clock_wall(void);

/*
 * The one place that waits: until `deadline` (on the monotonic clock; UINT64_MAX: for ever) or until a network device may
 * have a frame to read. May return early for no reason. Uses no processor time while it waits. Tells devices of frames
 * that net_send queued. A deadline that has passed: only that, without waiting.
 */
void yield_until(uint64_t deadline);

/* Ends the machine. `status` reaches the host where the target can (0..255). */
_Noreturn void machine_exit(int status);

#define NET_MTU_MAX (NET_SLOT_SIZE - 64u)
/* Ethernet header and the longest IPv4 packet: what a device that cuts or merges TCP segments moves at once. */
#define NET_LARGE_FRAME 65549u

/*
 * A network device. The common part passes memory that JavaScript shares and that stays where it is for ever: `rx` and
 * `tx`, rx_slots and tx_slots slots of NET_SLOT_SIZE bytes each. On virtio it is identity-mapped: DMA goes straight there.
 */
struct net_memory {
    uint8_t *rx;
    uint32_t rx_slots;
    uint8_t *tx;
    uint32_t tx_slots;
    int offloads; /* whether the caller knows of what the device may do for it; otherwise it does nothing */
};

/* What a device does: bits of net_info.offloads, which JavaScript sees as well. */
#define NET_CHECKSUM 1u  /* fills in checksums of frames sent */
#define NET_CHECKED 2u   /* says of received frames that their checksums need no look */
#define NET_SEGMENTS4 4u /* cuts large frames with TCP over IPv4 */
#define NET_SEGMENTS6 8u /* and over IPv6 */
#define NET_MERGED 16u   /* receives frames larger than the MTU */

struct net_info {
    uint8_t mac[6];
    uint16_t mtu; /* at most NET_MTU_MAX */
    uint32_t offloads;
};

/* Handle (>= 0) of the manifest's network device called `name`, or -1. Once per name. */
int net_acquire(const char *name, const struct net_memory *memory, struct net_info *info);

/* The checksum of TCP or UDP in a received frame is good, or the device vouches for it: then the field may hold anything. */
#define NET_FRAME_CHECKED 1u

/*
 * Length of the next frame, in *offset where it starts in rx, and in *flags NET_FRAME_*; 0 when there is none. Gives the
 * previous frame's slots back first. Frames that cannot be delivered are counted in *dropped.
 */
uint32_t net_read(int handle, uint32_t *offset, uint32_t *dropped, uint32_t *flags);
/*
 * Offset in tx of a free place for `length` bytes, or -1. More than mtu + 14 only with NET_SEGMENTS*, up to NET_LARGE_FRAME.
 * Asking again without sending gives up the place of before; for the same length it is the same.
 */
int32_t net_reserve(int handle, uint32_t length);

/*
 * What is to be done with a frame. 0: nothing. Otherwise its checksum is to be filled in at START + OFFSET: over all bytes from START
 * on, where the field holds the folded sum of the pseudo-header (not complemented). With a SEGMENT size, it is TCP with so much
 * data in each segment but the last, over IPv4 or IPv6, and its length and checksum fields are those of the whole.
 */
#define NET_OFFLOAD_START(offload) ((offload)&0xffu)
#define NET_OFFLOAD_OFFSET(offload) ((offload) >> 8 & 0xffu)
#define NET_OFFLOAD_SEGMENT(offload) ((offload) >> 16 & 0x3fffu)
#define NET_OFFLOAD_IPV6(offload) ((offload) >> 30 & 1u)

/* Sends the frame at the place reserved last. 1: sent; 0: dropped; -1: not that place, too long, or not what the device does. */
int net_send(int handle, uint32_t offset, uint32_t length, uint32_t offload);

struct block_info {
    uint32_t block_size;
    uint64_t blocks;
};

/* Handle (>= 0) of the manifest's block device called `name`, or -1. Once per name. */
int block_acquire(const char *name, struct block_info *info);
/* One whole block; synchronous. 0, or -1 when the device failed. */
int block_read(int handle, uint64_t block, void *into);
int block_write(int handle, uint64_t block, const void *from);

#endif
