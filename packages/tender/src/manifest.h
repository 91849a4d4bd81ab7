/* The image's list of devices: which there are, and what the command line attaches to them. */
#ifndef TENDER_MANIFEST_H
#define TENDER_MANIFEST_H

#include "abi.h"
#include "failure.h"
#include "options.h"

/*
 * Checks a manifest of `size` bytes (at most sizeof *manifest), as it came from the image, and clears what only the
 * tender may fill in (u, b, attached). 0, or -1 and *failure.
 */
int manifest_check(struct manifest *manifest, uint32_t size, struct failure *failure);

/*
 * Checks that the options name each device of the manifest once, with the right type, and no other. Opens nothing.
 * 0, or -1 and *failure.
 */
int manifest_match(const struct manifest *manifest, const struct options *options, struct failure *failure);

/* Index of the entry called `name`, which must be there (manifest_match). */
unsigned manifest_index(const struct manifest *manifest, const char *name);

#endif
