/*
 * What the image writer tells the kernel about the heap snapshot. Little endian, at `bootRecord.vaddr` of the base's
 * description; zero in the base. See FORMAT.md.
 */
#ifndef SOLOIST_BOOT_RECORD_H
#define SOLOIST_BOOT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define BOOT_RECORD_MAGIC 0x544c4f53u /* "SOLT" */
#define BOOT_RECORD_VERSION 1u

struct boot_record {
    uint32_t magic;
    uint32_t version;
    uint32_t memory_pages;  /* size of linear memory in the snapshot, in 64 KiB pages */
    uint32_t stack_pointer; /* the wasm global __stack_pointer */
    uint32_t context;       /* JSContext *, a linear memory address */
    uint32_t math_random;   /* address of the 8-byte state of Math.random */
    uint32_t source;        /* 0, or address of the bundle's source, NUL-terminated, to be evaluated at boot */
    uint32_t source_length; /* bytes without the NUL */
    uint64_t handlers[4];   /* JSValues: boot, turn, uncaught, rejection; 0 with `source` */
    uint8_t reserved[64];
};

_Static_assert(sizeof(struct boot_record) == 128, "size of the boot record");
_Static_assert(offsetof(struct boot_record, source_length) == 28, "offset of source_length");
_Static_assert(offsetof(struct boot_record, handlers) == 32, "offset of the handlers");

/* Solo5's manifest: version, entries, 64 entries of 104 bytes. */
#define BOOT_MANIFEST_SIZE (8 + 64 * 104)

extern const volatile struct boot_record boot_record;
extern const volatile uint8_t boot_manifest[BOOT_MANIFEST_SIZE];

#endif
