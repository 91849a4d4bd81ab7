/* Text for messages, in a buffer that the caller has; what does not fit is cut off. */
#ifndef SOLOIST_VIRTIO_TEXT_H
#define SOLOIST_VIRTIO_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
    char *at, *end; /* end: the last byte, kept for the NUL */
};

static inline struct text text_in(char *buffer, size_t size) {
    struct text t = {buffer, buffer + size - 1};
    *buffer = 0;
    return t;
}

static inline void text_char(struct text *t, char c) {
    if (t->at < t->end) *t->at++ = c;
    *t->at = 0;
}

static inline void text_string(struct text *t, const char *s) {
    while (*s) text_char(t, *s++);
}

/* Fixed width: `digits` hexadecimal digits. */
static inline void text_hex(struct text *t, uint64_t value, int digits) {
    for (int i = digits - 1; i >= 0; i--) text_char(t, "0123456789abcdef"[value >> (4 * i) & 15]);
}

static inline void text_number(struct text *t, uint64_t value) {
    if (value >= 10) text_number(t, value / 10);
    text_char(t, (char)('0' + value % 10));
}

#endif
