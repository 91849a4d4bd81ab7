#include "chacha20.h"

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define STEP(a, b, d, n) (a += b, d ^= a, d = ROTATE(d, n))
#define QUARTER(a, b, c, d) (STEP(a, b, d, 16), STEP(c, d, b, 12), STEP(a, b, d, 8), STEP(c, d, b, 7))

static void block(const uint32_t in[16], uint32_t out[16]) {
    uint32_t x[16];
    for (int n = 0; n < 16; n++) x[n] = in[n];
    for (int round = 0; round < 10; round++) {
        for (int n = 0; n < 4; n++) QUARTER(x[n], x[4 + n], x[8 + n], x[12 + n]);
        for (int n = 0; n < 4; n++) QUARTER(x[n], x[4 + (n + 1) % 4], x[8 + (n + 2) % 4], x[12 + (n + 3) % 4]);
    }
    for (int n = 0; n < 16; n++) out[n] = x[n] + in[n];
}

void chacha20_keystream(const uint8_t key[CHACHA20_KEY], const uint8_t nonce[CHACHA20_NONCE], uint32_t counter,
                        uint8_t *into, size_t length) {
    /* "expand 32-byte k" */
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, out[16];
    __builtin_memcpy(state + 4, key, CHACHA20_KEY);
    state[12] = counter;
    __builtin_memcpy(state + 13, nonce, CHACHA20_NONCE);
    for (size_t at = 0; at < length; at += CHACHA20_BLOCK) {
        block(state, out);
        state[12]++;
        size_t part = length - at < CHACHA20_BLOCK ? length - at : CHACHA20_BLOCK;
        __builtin_memcpy(into + at, out, part);
    }
    __builtin_memset(state, 0, sizeof state);
    __builtin_memset(out, 0, sizeof out);
    __asm__ volatile("" ::"r"(state), "r"(out) : "memory"); /* Or gcc drops the wiping. */
}
