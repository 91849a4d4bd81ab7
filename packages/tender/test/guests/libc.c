/* What gcc may call without being asked. */
#include <stddef.h>

void *memset(void *into, int value, size_t length) {
    for (volatile unsigned char *at = into; length > 0; length--) *at++ = (unsigned char)value;
    return into;
}

void *memcpy(void *into, const void *from, size_t length) {
    volatile unsigned char *at = into;
    for (const unsigned char *source = from; length > 0; length--) *at++ = *source++;
    return into;
}
