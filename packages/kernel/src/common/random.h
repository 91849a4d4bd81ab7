/* Raw entropy of the processor, which @soloist/rng tests and mixes, and random numbers for the engine's C. */
#ifndef SOLOIST_RANDOM_H
#define SOLOIST_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum { RANDOM_RDSEED, RANDOM_RDRAND, RANDOM_JITTER, RANDOM_CYCLES };

/* Fills `into` from one source. Returns how many bytes it could fill: fewer when the processor lacks or fails it. */
size_t random_fill(int source, uint8_t *into, size_t length);

#define RANDOM_SEED 32
/* Keys the generator of random_bytes: 32 bytes from the image's own generator, at boot. */
void random_seed(const uint8_t seed[RANDOM_SEED]);
/* Random numbers for keys and nonces; false, and nothing filled, before there was a seed. */
int random_bytes(uint8_t *into, size_t length);

#endif
