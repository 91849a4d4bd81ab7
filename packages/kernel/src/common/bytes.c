#include "bytes.h"

#include <emmintrin.h>

#define REPLACEMENT 0xfffdu

typedef uint64_t __attribute__((may_alias, aligned(1))) u64u;
typedef uint32_t __attribute__((may_alias, aligned(1))) u32u;
typedef uint16_t __attribute__((may_alias, aligned(1))) u16u;

/*
 * The sum does not care for byte order but for a final swap (RFC 1071 section 2 B): add little-endian words of 32 bits to
 * 64-bit sums, two chains at once, and fold at the end.
 */
uint32_t bytes_checksum(const uint8_t *bytes, size_t length, uint32_t initial) {
    uint64_t a = 0, b = 0;
    size_t at = 0;
    for (; at + 16 <= length; at += 16) {
        uint64_t x = *(const u64u *)(bytes + at), y = *(const u64u *)(bytes + at + 8);
        a += (x & 0xffffffff) + (x >> 32);
        b += (y & 0xffffffff) + (y >> 32);
    }
    for (; at + 4 <= length; at += 4) a += *(const u32u *)(bytes + at);
    if (at + 2 <= length) {
        a += *(const u16u *)(bytes + at);
        at += 2;
    }
    if (at < length) a += bytes[at];
    a += b;
    a = (a & 0xffffffff) + (a >> 32);
    a = (a & 0xffff) + (a >> 16 & 0xffff) + (a >> 32);
    a = (a & 0xffff) + (a >> 16);
    a = (a & 0xffff) + (a >> 16);
    uint64_t sum = (uint64_t)__builtin_bswap16((uint16_t)a) + initial;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

ptrdiff_t bytes_find(const uint8_t *bytes, uint8_t byte, size_t length) {
    __m128i wanted = _mm_set1_epi8((char)byte);
    size_t at = 0;
    for (; at + 16 <= length; at += 16) {
        __m128i part = _mm_loadu_si128((const __m128i *)(const void *)(bytes + at));
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(part, wanted));
        if (mask != 0) return (ptrdiff_t)(at + (size_t)__builtin_ctz(mask));
    }
    for (; at < length; at++)
        if (bytes[at] == byte) return (ptrdiff_t)at;
    return -1;
}

bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t length) {
    uint64_t difference = 0;
    size_t at = 0;
    for (; at + 8 <= length; at += 8) difference |= *(const u64u *)(a + at) ^ *(const u64u *)(b + at);
    for (; at < length; at++) difference |= a[at] ^ b[at];
    return difference == 0;
}

bool bytes_ascii(const uint8_t *bytes, size_t length) {
    size_t at = 0;
    for (; at + 16 <= length; at += 16)
        if (_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(bytes + at))) != 0) return false;
    for (; at < length; at++)
        if (bytes[at] >= 0x80) return false;
    return true;
}

/* WHATWG Encoding, "UTF-8 decoder": a byte that does not continue the sequence is looked at again. */
size_t bytes_utf8_to_utf16(const uint8_t *bytes, size_t length, uint16_t *into) {
    size_t out = 0;
    for (size_t at = 0; at < length;) {
        uint8_t first = bytes[at++];
        if (first < 0x80) {
            into[out++] = first;
            continue;
        }
        unsigned needed = first >= 0xc2 && first <= 0xdf   ? 1
                          : (first & 0xf0) == 0xe0         ? 2
                          : first >= 0xf0 && first <= 0xf4 ? 3
                                                           : 0;
        /* Bounds of the second byte rule out overlong forms, surrogates and what is above U+10FFFF. */
        uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        uint32_t point = first & (0x3fu >> needed);
        unsigned seen = 0;
        while (seen < needed && at < length && bytes[at] >= low && bytes[at] <= high) {
            point = point << 6 | (bytes[at++] & 0x3f);
            low = 0x80;
            high = 0xbf;
            seen++;
        }
        if (needed == 0 || seen < needed)
            into[out++] = REPLACEMENT;
        else if (point < 0x10000)
            into[out++] = (uint16_t)point;
        else {
            into[out++] = (uint16_t)(0xd7c0 + (point >> 10));
            into[out++] = (uint16_t)(0xdc00 | (point & 0x3ff));
        }
    }
    return out;
}

void bytes_repair_surrogates(uint8_t *bytes, size_t length) {
    for (size_t at = 0; at + 2 < length; at++) {
        ptrdiff_t next = bytes_find(bytes + at, 0xed, length - at);
        if (next < 0) return;
        at += (size_t)next;
        if (at + 2 >= length || bytes[at + 1] < 0xa0) continue;
        bytes[at] = 0xef;
        bytes[at + 1] = 0xbf;
        bytes[at + 2] = 0xbd;
    }
}

static const char ALPHABET[64] __attribute__((nonstring)) =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t bytes_base64_encode(const uint8_t *bytes, size_t length, uint8_t *into) {
    size_t out = 0;
    for (size_t at = 0; at < length; at += 3) {
        size_t left = length - at;
        uint32_t group =
            (uint32_t)bytes[at] << 16 | (left > 1 ? (uint32_t)bytes[at + 1] << 8 : 0) | (left > 2 ? bytes[at + 2] : 0);
        into[out++] = (uint8_t)ALPHABET[group >> 18];
        into[out++] = (uint8_t)ALPHABET[group >> 12 & 63];
        into[out++] = left > 1 ? (uint8_t)ALPHABET[group >> 6 & 63] : '=';
        into[out++] = left > 2 ? (uint8_t)ALPHABET[group & 63] : '=';
    }
    return out;
}

static int digit(uint8_t c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool white_space(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

ptrdiff_t bytes_base64_decode(const uint8_t *text, size_t length, uint8_t *into, size_t room) {
    uint32_t group = 0;
    unsigned digits = 0, padding = 0;
    size_t out = 0;
    for (size_t at = 0; at < length; at++) {
        if (white_space(text[at])) continue;
        if (text[at] == '=') {
            padding++;
            continue;
        }
        int value = digit(text[at]);
        if (value < 0 || padding > 0) return -1;
        group = group << 6 | (uint32_t)value;
        if (++digits % 4 != 0) continue;
        if (room - out < 3) return -1;
        into[out++] = (uint8_t)(group >> 16);
        into[out++] = (uint8_t)(group >> 8);
        into[out++] = (uint8_t)group;
    }
    unsigned rest = digits % 4;
    /* All padding or none (RFC 4648 section 3.2); one digit alone holds no byte. */
    if (rest == 1 || (padding > 0 && (rest == 0 || rest + padding != 4))) return -1;
    size_t tail = rest == 0 ? 0 : rest - 1;
    if (room - out < tail) return -1;
    if (tail > 0) into[out++] = (uint8_t)(rest == 2 ? group >> 4 : group >> 10);
    if (tail > 1) into[out++] = (uint8_t)(group >> 2);
    return (ptrdiff_t)out;
}
