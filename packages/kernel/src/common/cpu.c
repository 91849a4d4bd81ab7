#include "cpu.h"

#include <cpuid.h>
#include <stddef.h>

const char *cpu_missing(void) {
    unsigned a, b, c = 0, d;
    unsigned wanted = bit_SSE3 | bit_SSSE3 | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT | bit_CMPXCHG16B;
    if (__get_cpuid(1, &a, &b, &c, &d) && (c & wanted) == wanted) return NULL;
    return "this processor is older than x86-64-v2 (SSE4.2, POPCNT): with QEMU, choose -cpu Nehalem or newer";
}
