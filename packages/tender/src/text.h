/*
 * Text built without libc, for the fault handler: no locale, no allocation, no errno, and so no thread-local storage,
 * whose base register the guest owns.
 */
#ifndef TENDER_TEXT_H
#define TENDER_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define NO_STACK_PROTECTOR __attribute__((no_stack_protector))
/* AddressSanitizer makes system calls of its own before it lets go of a stack, and the filter is in force. */
#define LEAVES_THE_STACK __attribute__((no_stack_protector, no_sanitize_address))

/* Room for `size` characters and a NUL behind them; what does not fit is left out. */
struct text {
    char *start;
    size_t size;
    size_t length;
};

NO_STACK_PROTECTOR static inline void text_string(struct text *text, const char *string) {
    for (; *string != 0 && text->length < text->size; string++) text->start[text->length++] = *string;
    text->start[text->length] = 0;
}

NO_STACK_PROTECTOR static inline void text_decimal(struct text *text, uint64_t value) {
    char digits[24];
    unsigned at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    text_string(text, digits + at);
}

/* At least `width` hexadecimal digits (up to 16). */
NO_STACK_PROTECTOR static inline void text_hex(struct text *text, uint64_t value, unsigned width) {
    char digits[20];
    unsigned at = sizeof digits - 1;
    unsigned last = at - width;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value != 0 || at > last);
    text_string(text, digits + at);
}

#endif
