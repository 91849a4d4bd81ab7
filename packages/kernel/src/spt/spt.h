/*
 * Solo5's spt ABI, version 2: the image runs as a process's code and makes the system calls that the tender's filter lets
 * through. Facts from Solo5 0.12.1.
 */
#ifndef SOLOIST_SPT_H
#define SOLOIST_SPT_H

#include <stddef.h>
#include <stdint.h>

#include "unwind.h"

struct spt_boot_info {
    uint64_t mem_size;
    uint64_t kernel_end;
    const char *cmdline;
    struct mft *mft;
    int32_t epollfd;
    int32_t timerfd;
};
_Static_assert(sizeof(struct spt_boot_info) == 40, "size of spt_boot_info");
_Static_assert(offsetof(struct spt_boot_info, epollfd) == 32, "offset of epollfd");

enum { MFT_BLOCK_BASIC = 1, MFT_NET_BASIC = 2 };

struct mft_entry {
    char name[68];
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
        int32_t hostfd;
        void *data;
    } b;
    uint8_t attached;
};
_Static_assert(sizeof(struct mft_entry) == 104, "size of mft_entry");
_Static_assert(offsetof(struct mft_entry, u) == 72 && offsetof(struct mft_entry, b) == 88, "offsets of mft_entry");
_Static_assert(offsetof(struct mft_entry, attached) == 96, "offset of attached");

struct mft {
    uint32_t version;
    uint32_t entries;
    struct mft_entry e[];
};
_Static_assert(offsetof(struct mft, e) == 8, "offset of the manifest's entries");

extern const struct spt_boot_info *spt_info;

/* What soloist-spt gives beyond Solo5's ABI (host.S); zero under other tenders. */
struct spt_gifts {
    int (*clock_gettime)(int64_t clock, void *time); /* makes no system call */
    uint8_t net[64];                                 /* SPT_NET_HEADERS or 0, by device */
};
_Static_assert(sizeof(struct spt_gifts) == 72, "size of spt_gifts");
extern volatile struct spt_gifts spt_gifts;

/* Each frame has a virtio header of 10 bytes in front. */
#define SPT_NET_HEADERS 1

/* Index of the device of this type and name, or -1; each once. */
int spt_acquire(const char *name, uint32_t type);
const struct mft_entry *spt_device(int handle);

enum {
    SYS_READ = 0,
    SYS_WRITE = 1,
    SYS_PREAD64 = 17,
    SYS_PWRITE64 = 18,
    SYS_CLOCK_GETTIME = 228,
    SYS_EXIT_GROUP = 231,
    SYS_EPOLL_PWAIT = 281,
    SYS_TIMERFD_SETTIME = 286,
};

#include "system-call.h"

#endif
