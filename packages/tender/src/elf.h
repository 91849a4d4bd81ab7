/*
 * Reads an image's headers and notes and checks everything that can be checked without running it. The file is not
 * trusted: each number is read once, into this structure, and checked before it is used.
 */
#ifndef TENDER_ELF_H
#define TENDER_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "failure.h"

#define ELF_SEGMENTS_MAX 256u

struct elf_segment {
    uint64_t start; /* address, rounded down to the segment's alignment */
    uint64_t end;   /* rounded up */
    uint64_t address;
    uint64_t offset; /* in the file */
    uint64_t file_size;
    int protection; /* PROT_* */
};

struct elf_image {
    uint64_t entry;
    uint64_t end;
    unsigned segments; /* ascending, without overlap */
    struct elf_segment segment[ELF_SEGMENTS_MAX];
    uint32_t manifest_size; /* bytes of `manifest`, whose content is not checked here */
    struct manifest manifest;
    bool has_crash_note;
    struct crash_note crash;
    bool has_host_note;
    struct host_note host;
};

/*
 * Fills *image from the regular file behind `descriptor`, which has `file_size` bytes, for a guest with `memory_size`
 * bytes. 0, or -1 and *failure says why the image cannot run.
 */
int elf_read(int descriptor, uint64_t file_size, uint64_t memory_size, struct elf_image *image,
             struct failure *failure);

#endif
