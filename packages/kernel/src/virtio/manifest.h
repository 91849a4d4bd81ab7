/* Solo5's device manifest (include/mft_abi.h), which the image writer fills in at `boot_manifest`. */
#ifndef SOLOIST_MANIFEST_H
#define SOLOIST_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#define MANIFEST_BLOCK 1u
#define MANIFEST_NET 2u
#define MANIFEST_ENTRIES_MAX 64u /* with the reserved first one */
#define MANIFEST_NAME_SIZE 68u

struct manifest_entry {
    char name[MANIFEST_NAME_SIZE];
    uint32_t type;
    uint8_t attachment[32]; /* for tenders that fill it in */
};
_Static_assert(sizeof(struct manifest_entry) == 104, "mft_entry");

struct manifest {
    uint32_t version, entries;
    struct manifest_entry e[MANIFEST_ENTRIES_MAX];
};
_Static_assert(offsetof(struct manifest, e) == 8, "mft");

#endif
