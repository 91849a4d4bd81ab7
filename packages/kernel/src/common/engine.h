/*
 * The engine's C API as the kernel's own C sees it: pointers are linear memory addresses (u32), JSValues are NaN-boxed u64.
 *
 * The encoding of values is that of quickjs.h for 32-bit builds: a 32-bit tag above a 32-bit payload; tags that no value
 * of the list below has are doubles, moved by a constant so that they never collide.
 */
#ifndef SOLOIST_ENGINE_H
#define SOLOIST_ENGINE_H

#include <stdbool.h>

#include "boot-record.h"
#include "wasm.h"
/* Generated; needs the types above. */
#include "engine-exports.h"

typedef u64 JSValue;

#define JS_TAG_FIRST ((u32)-9)
#define JS_TAG_OBJECT ((u32)-1)
#define JS_TAG_STRING ((u32)-7)
#define JS_TAG_INT 0u
#define JS_TAG_BOOL 1u
#define JS_TAG_NULL 2u
#define JS_TAG_UNDEFINED 3u
#define JS_TAG_EXCEPTION 6u
#define JS_TAG_FLOAT64 8u

/* Classes of typed arrays, and where their elements are: the build asserts them (tune.ts). */
#define JS_CLASS_UINT8_ARRAY 24u
#define JS_CLASS_INT32_ARRAY 27u
#define JS_OBJECT_CLASS 10u
#define JS_OBJECT_ELEMENTS 28u
#define JS_OBJECT_COUNT 32u

#define JS_MKVAL(tag, value) ((u64)(u32)(tag) << 32 | (u32)(value))
#define JS_UNDEFINED JS_MKVAL(JS_TAG_UNDEFINED, 0)
#define JS_FALSE JS_MKVAL(JS_TAG_BOOL, 0)
#define JS_TRUE JS_MKVAL(JS_TAG_BOOL, 1)
#define JS_EXCEPTION JS_MKVAL(JS_TAG_EXCEPTION, 0)
#define JS_FLOAT64_ADDEND ((u64)(0x7ff80000u + 9 + 1) << 32)

static inline u32 js_tag(JSValue value) {
    return (u32)(value >> 32);
}
static inline bool js_is_exception(JSValue value) {
    return js_tag(value) == JS_TAG_EXCEPTION;
}
static inline bool js_is_object(JSValue value) {
    return js_tag(value) == JS_TAG_OBJECT;
}
static inline JSValue js_int(s32 value) {
    return JS_MKVAL(JS_TAG_INT, value);
}
static inline JSValue js_bool(bool value) {
    return value ? JS_TRUE : JS_FALSE;
}

static inline JSValue js_float(f64 value) {
    /* The one NaN that has an encoding. */
    if (value != value) return 0x7ff8000000000000u - JS_FLOAT64_ADDEND;
    return i64_reinterpret_f64(value) - JS_FLOAT64_ADDEND;
}

/* Without conversion of other types: false when the value is not a number. */
static inline bool js_number(JSValue value, f64 *number) {
    u32 tag = js_tag(value);
    if (LIKELY(tag == JS_TAG_INT)) {
        *number = (s32)value;
        return true;
    }
    if (tag - JS_TAG_FIRST < JS_TAG_FLOAT64 - JS_TAG_FIRST) return false;
    *number = f64_reinterpret_i64(value + JS_FLOAT64_ADDEND);
    return true;
}

/* Argument n of a native function; undefined when there are fewer. */
static inline JSValue js_argument(u32 argc, u32 argv, u32 n) {
    return LIKELY(n < argc) ? i64_load((u64)argv + 8u * n) : JS_UNDEFINED;
}

/* Puts a C string on the shadow stack: restore wasm_stack_pointer when done. */
u32 engine_push_string(const char *text);
/* Throws what JS_ThrowRangeError would, from a C string of the kernel. */
JSValue engine_throw_range(u32 context, const char *message);
JSValue engine_throw_type(u32 context, const char *message);
/* Prints an exception value as `uncaught` would, had it not failed itself. */
void engine_print_exception(u32 context, JSValue error);

/* Handlers given to register(). */
enum { HANDLER_BOOT, HANDLER_TURN, HANDLER_UNCAUGHT, HANDLER_REJECTION, HANDLER_COUNT };
extern JSValue engine_handlers[HANDLER_COUNT];
extern u32 engine_context;

/* Bytes, but for the last. */
struct engine_memory {
    u64 taken;  /* linear memory so far */
    u64 limit;  /* the most that it grows to */
    u64 held;   /* by what JavaScript made */
    u64 cycles; /* of `held`: from here on the engine looks for cycles */
    u64 looks;  /* how often it did, counted once a turn at most */
};
struct engine_memory engine_memory(void);
extern const char *engine_command_line;

/* Console, for the kernel's own messages. */
void console_text(const char *text);

#endif
