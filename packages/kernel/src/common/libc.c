/* The four functions that gcc may call for assignments and for the builtins of the same names. */
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);

typedef uint64_t __attribute__((may_alias, aligned(1))) u64u;
typedef uint32_t __attribute__((may_alias, aligned(1))) u32u;
typedef uint16_t __attribute__((may_alias, aligned(1))) u16u;

#define LOAD(p) _mm_loadu_si128((const __m128i *)(p))
#define STORE(p, v) _mm_storeu_si128((__m128i *)(p), v)

/* Reads everything before it writes anything: overlapping ranges are fine. */
static inline void move_small(uint8_t *to, const uint8_t *from, size_t length) {
    if (length >= 16) { /* to 64 */
        __m128i a = LOAD(from), b = LOAD(from + length - 16);
        if (length > 32) {
            __m128i c = LOAD(from + 16), d = LOAD(from + length - 32);
            STORE(to + 16, c);
            STORE(to + length - 32, d);
        }
        STORE(to, a);
        STORE(to + length - 16, b);
    } else if (length >= 8) {
        uint64_t a = *(const u64u *)from, b = *(const u64u *)(from + length - 8);
        *(u64u *)to = a;
        *(u64u *)(to + length - 8) = b;
    } else if (length >= 4) {
        uint32_t a = *(const u32u *)from, b = *(const u32u *)(from + length - 4);
        *(u32u *)to = a;
        *(u32u *)(to + length - 4) = b;
    } else if (length >= 2) {
        uint16_t a = *(const u16u *)from, b = *(const u16u *)(from + length - 2);
        *(u16u *)to = a;
        *(u16u *)(to + length - 2) = b;
    } else if (length == 1)
        *to = *from;
}

/* Above this `rep movsb` wins, where its start-up (about 30 ns) no longer counts. */
#define REP_THRESHOLD 2048

void *memmove(void *to, const void *from, size_t length) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if (length <= 64) {
        move_small(t, f, length);
        return to;
    }
    if ((uintptr_t)t - (uintptr_t)f >= length) { /* upwards */
        if (length >= REP_THRESHOLD) {
            void *d = t;
            __asm__ volatile("rep movsb" : "+D"(d), "+S"(f), "+c"(length)::"memory");
            return to;
        }
        __m128i tail = LOAD(f + length - 16);
        uint8_t *end = t + length - 16;
        for (; t < end; t += 16, f += 16) {
            __m128i v = LOAD(f);
            STORE(t, v);
        }
        STORE(end, tail);
    } else {
        __m128i head = LOAD(f);
        for (size_t n = length; n > 16; n -= 16) {
            __m128i v = LOAD(f + n - 16);
            STORE(t + n - 16, v);
        }
        STORE(t, head);
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    return memmove(to, from, length);
}

void *memset(void *to, int value, size_t length) {
    uint8_t *t = to;
    if (length < 16) {
        for (size_t n = 0; n < length; n++) {
            t[n] = (uint8_t)value;
            __asm__ volatile("" : "+r"(n)); /* or gcc makes a call of memset from it */
        }
        return to;
    }
    if (length >= REP_THRESHOLD) {
        void *d = t;
        __asm__ volatile("rep stosb" : "+D"(d), "+c"(length) : "a"(value) : "memory");
        return to;
    }
    __m128i v = _mm_set1_epi8((char)value);
    for (size_t n = 0; n + 16 <= length; n += 16) STORE(t + n, v);
    STORE(t + length - 16, v);
    return to;
}

int memcmp(const void *a, const void *b, size_t length) {
    const uint8_t *x = a, *y = b;
    size_t n = 0;
    for (; n + 16 <= length; n += 16)
        if (_mm_movemask_epi8(_mm_cmpeq_epi8(LOAD(x + n), LOAD(y + n))) != 0xffff) break;
    for (; n < length; n++)
        if (x[n] != y[n]) return x[n] - y[n];
    return 0;
}
