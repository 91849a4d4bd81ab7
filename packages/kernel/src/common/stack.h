/*
 * Two stacks can overflow: the native one, and the shadow stack in linear memory, which holds what C took the address of.
 * The engine checks the latter wherever it recurses; the build puts STACK_LIMIT into these checks.
 */
#ifndef SOLOIST_STACK_H
#define SOLOIST_STACK_H

#include "wasm.h"

/* Room for an exception to be made and to reach its handler, on either stack. */
#define NATIVE_STACK_RESERVE 49152u
#define SHADOW_STACK_RESERVE 65536u

/* Throws the RangeError that other engines throw. */
void stack_throw(u32 context);

/* The limit that the engine compares its stack pointer with: nothing is above 2^32 - 1. */
#define STACK_LIMIT(runtime, offset)                                                                                   \
    (UNLIKELY(native_stack_pointer < NATIVE_STACK_LOW + NATIVE_STACK_RESERVE) ? UINT32_MAX                             \
                                                                              : i32_load((u64)(runtime) + offset##u))

/* Instead of FUNC_PROLOGUE in a function that returns a JSValue: throws and returns JS_EXCEPTION. */
#define VALUE_PROLOGUE(context)                                                                                        \
    do {                                                                                                               \
        if (UNLIKELY(native_stack_pointer < NATIVE_STACK_LOW + NATIVE_STACK_RESERVE)) {                                \
            stack_throw(context);                                                                                      \
            return (u64)6 << 32;                                                                                       \
        }                                                                                                              \
    } while (0)

/*
 * Drops a reference to a value, where that frees nothing: false when the last one is left, which the caller has to drop.
 * Values from tag -9 on are references; the count lies in front of what they point to.
 */
static inline int engine_release(u64 value) {
    if (value < (u64)(u32)-9 << 32) return 1;
    u64 counter = (u32)value - 4u;
    s32 count = (s32)i32_load(counter);
    if (UNLIKELY(count <= 1)) return 0;
    i32_store(counter, (u32)count - 1);
    return 1;
}

/* Takes one more reference to a value. */
static inline void engine_retain(u64 value) {
    if (value < (u64)(u32)-9 << 32) return;
    u64 counter = (u32)value - 4u;
    i32_store(counter, i32_load(counter) + 1);
}

#endif
