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

/*
 * A network device. The common part passes memory that JavaScript shares and that stays where it is for ever: `rx` and
 * `tx`, rx_slots and tx_slots slots of NET_SLOT_SIZE bytes each. On virtio it is identity-mapped: DMA goes straight there.
 */
struct net_memory {
    uint8_t *rx;
    uint32_t rx_slots;
    uint8_t *tx;
    uint32_t tx_slots;
};

struct net_info {
    uint8_t mac[6];
    uint16_t mtu; /* at most NET_MTU_MAX */
};

/* Handle (>= 0) of the manifest's network device called `name`, or -1. Once per name. */
int net_acquire(const char *name, const struct net_memory *memory, struct net_info *info);
/*
 * Length of the next frame and in *offset where it starts in rx; 0 when there is none. Gives the previous frame's slot back
 * first. Frames that cannot be delivered are counted in *dropped.
 */
uint32_t net_read(int handle, uint32_t *offset, uint32_t *dropped);
/* Offset in tx of a free place of at least mtu + 14 bytes, or -1. Asking again without sending returns the same place. */
int32_t net_reserve(int handle);
/* Sends the frame at the place reserved last; false: dropped. */
int net_send(int handle, uint32_t offset, uint32_t length);

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
