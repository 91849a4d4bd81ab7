/* The notes of an image: Solo5's ABI and manifest, Soloist's crash entry and gifts of the host. Other notes are skipped. */
#ifndef TENDER_NOTES_H
#define TENDER_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "failure.h"

/* Of one PT_NOTE, bytes: far more than the longest manifest (6,664). */
#define NOTES_SIZE_MAX 65536u

struct notes {
    bool has_abi;
    struct abi_note abi;
    uint32_t manifest_size; /* 0: there is none */
    struct manifest manifest;
    bool has_crash;
    struct crash_note crash;
    bool has_host;
    struct host_note host;
};

/* Adds the notes in `data`, the content of one PT_NOTE, to *notes. 0, or -1: one of them is malformed or there twice.
 */
int notes_parse(const uint8_t *data, uint32_t size, struct notes *notes, struct failure *failure);

#endif
