/* Loops over bytes that JavaScript leaves to C. No allocation, no engine: tested natively on the host. */
#ifndef SOLOIST_BYTES_H
#define SOLOIST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 1071 sum of 16-bit big-endian words, an odd byte padded with 0, folded to 16 bits, not complemented. */
uint32_t bytes_checksum(const uint8_t *bytes, size_t length, uint32_t initial);
/* Index of the first `byte`, or -1. */
ptrdiff_t bytes_find(const uint8_t *bytes, uint8_t byte, size_t length);
/* Constant time for equal lengths. */
bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t length);
bool bytes_ascii(const uint8_t *bytes, size_t length);
/* UTF-16 units into `into` (room for `length` of them); malformed parts become U+FFFD as the WHATWG's decoder does. */
size_t bytes_utf8_to_utf16(const uint8_t *bytes, size_t length, uint16_t *into);
/* Lone surrogates, which the engine spells as three bytes, become U+FFFD, in place. */
void bytes_repair_surrogates(uint8_t *bytes, size_t length);
/* RFC 4648 section 4, padded; `into` has room for 4 * ((length + 2) / 3). Returns how many characters. */
size_t bytes_base64_encode(const uint8_t *bytes, size_t length, uint8_t *into);
/* Padded or not, ASCII white space skipped. Returns how many bytes, or -1: malformed, or more than `room`. */
ptrdiff_t bytes_base64_decode(const uint8_t *text, size_t length, uint8_t *into, size_t room);

#endif
