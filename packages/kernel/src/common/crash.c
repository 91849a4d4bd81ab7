#include "crash.h"

#include <stdint.h>

#include "layout.h"

static void null_read(void) {
    __asm__ volatile("movl (%0), %%eax" ::"r"((uint64_t)0) : "eax", "memory");
}
static void null_write(void) {
    __asm__ volatile("movl $1, (%0)" ::"r"((uint64_t)0) : "memory");
}
static void write_text(void) {
    __asm__ volatile("movb $0x90, (%0)" ::"r"((uint64_t)TEXT_BASE) : "memory");
}
static void execute_heap(void) {
    __asm__ volatile("call *%0" ::"r"((uint64_t)LINEAR_BASE + 64) : "memory");
}
static void undefined_instruction(void) {
    __asm__ volatile("ud2");
}
/* Past every check: pushes until the guard. */
static void native_stack(void) {
    for (;;) __asm__ volatile("pushq $0" ::: "memory");
}

#define CRASH(kind, run)                                                                                               \
    { kind, sizeof kind - 1, run }
static const struct {
    const char *kind;
    size_t length;
    void (*run)(void);
} CRASHES[] = {
    CRASH("null-read", null_read),       CRASH("null-write", null_write),
    CRASH("write-text", write_text),     CRASH("execute-heap", execute_heap),
    CRASH("native-stack", native_stack), CRASH("undefined-instruction", undefined_instruction),
};

void crash(const void *kind, size_t length) {
    for (size_t n = 0; n < sizeof CRASHES / sizeof CRASHES[0]; n++)
        if (CRASHES[n].length == length && __builtin_memcmp(kind, CRASHES[n].kind, length) == 0) CRASHES[n].run();
}
