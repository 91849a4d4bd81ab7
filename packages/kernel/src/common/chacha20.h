/* ChaCha20 (RFC 8439). */
#ifndef SOLOIST_CHACHA20_H
#define SOLOIST_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

#define CHACHA20_KEY 32
#define CHACHA20_NONCE 12
#define CHACHA20_BLOCK 64

/* Fills `into` with keystream from block `counter` on, which goes on from 0 behind 2^32 - 1. Nothing may overlap. */
void chacha20_keystream(const uint8_t key[CHACHA20_KEY], const uint8_t nonce[CHACHA20_NONCE], uint32_t counter,
                        uint8_t *into, size_t length);

#endif
