/* In a file of its own, so that a test can play the host. */
#ifndef SOLOIST_SYSTEM_CALL_H
#define SOLOIST_SYSTEM_CALL_H

#include <stdint.h>

/* Returns -errno on failure. */
static inline int64_t syscall6(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f) {
    int64_t result;
    register int64_t r10 __asm__("r10") = d;
    register int64_t r8 __asm__("r8") = e;
    register int64_t r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline int64_t syscall4(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d) {
    int64_t result;
    register int64_t r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

static inline int64_t syscall3(int64_t number, int64_t a, int64_t b, int64_t c) {
    int64_t result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

#endif
