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
#define STACK_LIMIT(runtime, offset)                                                                          \
    (UNLIKELY(native_stack_pointer < NATIVE_STACK_LOW + NATIVE_STACK_RESERVE) ? UINT32_MAX                   \
                                                                              : i32_load((u64)(runtime) + offset##u))

#endif
