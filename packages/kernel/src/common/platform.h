/* Arguments of the native platform module's functions. */
#ifndef SOLOIST_PLATFORM_H
#define SOLOIST_PLATFORM_H

#include "engine.h"

#define NATIVE(name)                                                                                                   \
    u64 platform_##name(u32 context, u64 self, u32 argc, u32 argv);                                                    \
    u64 platform_##name(u32 context, __attribute__((unused)) u64 self, __attribute__((unused)) u32 argc,               \
                        __attribute__((unused)) u32 argv)
#define ARGUMENT(n) js_argument(argc, argv, n)

struct range {
    uint8_t *bytes;
    u32 length;
};

/* Bytes of a Uint8Array; false: an exception was thrown. */
bool platform_bytes(u32 context, JSValue array, struct range *out);
/* The part [offset, offset + length) of a Uint8Array; false: an exception was thrown. */
bool platform_range(u32 context, JSValue array, JSValue offset, JSValue length, struct range *out);
/* The part of a Uint8Array from `offset` on. */
bool platform_tail(u32 context, JSValue array, JSValue offset, struct range *out);
/* A whole number from 0 to 2^53 - 1; false: a RangeError was thrown. */
bool platform_whole(u32 context, JSValue value, u64 *out);
/* Linear memory address of a typed array's first byte if it has `length` elements of `size` bytes or more; 0: thrown. */
u32 platform_state(u32 context, JSValue array, u32 size, u32 length);

/* Nanoseconds since the epoch: the machine's clock, or what setWall made of it. */
u64 platform_wall_clock(void);

#endif
