#include "random.h"

#include "chacha20.h"

#include <cpuid.h>
#include <stdbool.h>

#define TRIES 100

static bool cpu_has(int source) {
    unsigned a, b, c, d;
    if (source == RANDOM_RDRAND) return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND);
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_RDSEED);
}

static bool step(int source, uint64_t *value) {
    for (int n = 0; n < TRIES; n++) {
        uint8_t ok;
        if (source == RANDOM_RDSEED)
            __asm__ volatile("rdseed %0; setc %1" : "=r"(*value), "=qm"(ok)::"cc");
        else
            __asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(ok)::"cc");
        /* Some processors answer with all ones after suspend and call it success. */
        if (ok && *value != UINT64_MAX) return true;
        __builtin_ia32_pause();
    }
    return false;
}

static size_t fill_hardware(int source, uint8_t *into, size_t length) {
    if (!cpu_has(source)) return 0;
    for (size_t at = 0; at < length; at += 8) {
        uint64_t value;
        if (!step(source, &value)) return at;
        size_t part = length - at < 8 ? length - at : 8;
        __builtin_memcpy(into + at, &value, part);
    }
    return length;
}

/*
 * Two bytes of the cycle counter a round, each behind a number of dependent divisions that the round before decides: how
 * long they take depends on caches, interrupts and the other threads of the core.
 */
static size_t fill_jitter(uint8_t *into, size_t length) {
    uint64_t last = __builtin_ia32_rdtsc();
    for (size_t at = 0; at < length; at += 2) {
        uint64_t quotient = UINT64_MAX - last;
        for (unsigned n = (unsigned)(last & 1023) + 16; n > 0; n--) {
            quotient = quotient / ((last | 1) & 0xffff) + 0x9e3779b97f4a7c15u;
            __asm__ volatile("" : "+r"(quotient));
        }
        last = __builtin_ia32_rdtsc();
        into[at] = (uint8_t)last;
        if (at + 1 < length) into[at + 1] = (uint8_t)(last >> 8);
    }
    return length;
}

size_t random_fill(int source, uint8_t *into, size_t length) {
    if (source == RANDOM_JITTER) return fill_jitter(into, length);
    if (source != RANDOM_CYCLES) return fill_hardware(source, into, length);
    for (size_t at = 0; at < length; at += 4) {
        uint32_t cycles = (uint32_t)__builtin_ia32_rdtsc();
        __builtin_memcpy(into + at, &cycles, length - at < 4 ? length - at : 4);
    }
    return length;
}

/* ChaCha20 with fast key erasure: a key is used for one answer, and for the next key. */
static uint8_t generator_key[RANDOM_SEED];
static bool is_seeded;

void random_seed(const uint8_t seed[RANDOM_SEED]) {
    __builtin_memcpy(generator_key, seed, RANDOM_SEED);
    is_seeded = true;
}

int random_bytes(uint8_t *into, size_t length) {
    static const uint8_t nonce[CHACHA20_NONCE];
    if (!is_seeded) return 0;
    /* A fresh word of the processor, where it has any: two machines resumed from one state part ways. */
    uint64_t word, fresh = 0;
    if (fill_hardware(RANDOM_RDRAND, (uint8_t *)&fresh, sizeof fresh) == sizeof fresh) {
        __builtin_memcpy(&word, generator_key, sizeof word);
        word ^= fresh;
        __builtin_memcpy(generator_key, &word, sizeof word);
    }
    chacha20_keystream(generator_key, nonce, 1, into, length);
    uint8_t next[RANDOM_SEED];
    chacha20_keystream(generator_key, nonce, 0, next, sizeof next);
    __builtin_memcpy(generator_key, next, sizeof next);
    return 1;
}
