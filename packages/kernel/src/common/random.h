/* Raw entropy of the processor. Nothing here whitens or counts: @soloist/rng does. */
#ifndef SOLOIST_RANDOM_H
#define SOLOIST_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum { RANDOM_RDSEED, RANDOM_RDRAND, RANDOM_JITTER, RANDOM_CYCLES };

/* Fills `into` from one source. Returns how many bytes it could fill: fewer when the processor lacks or fails it. */
size_t random_fill(int source, uint8_t *into, size_t length);
/* rdseed, or rdrand where that fails. */
size_t random_hardware(uint8_t *into, size_t length);

#endif
