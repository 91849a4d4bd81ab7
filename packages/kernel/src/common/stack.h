/*
 * QuickJS turns its own stack check off on WASI. This one is called where the engine recurses, and tests both stacks: the
 * native one, and the shadow stack in linear memory, which holds what C took the address of.
 */
#ifndef SOLOIST_STACK_H
#define SOLOIST_STACK_H

#include "wasm.h"

/* Room for an exception to be made and to reach its handler. */
#define SHADOW_STACK_RESERVE 65536u
/* Above the place where the image would end (FUNC_PROLOGUE). */
#define NATIVE_STACK_RESERVE 49152u

u64 stack_throw(u32 context);

#define STACK_LOW                                                                  \
    UNLIKELY(native_stack_pointer < NATIVE_STACK_LOW + NATIVE_STACK_RESERVE || wasm_stack_pointer < SHADOW_STACK_RESERVE)
#define CALL_PROLOGUE(context)                      \
    do {                                            \
        if (STACK_LOW) return stack_throw(context); \
    } while (0)

#endif
