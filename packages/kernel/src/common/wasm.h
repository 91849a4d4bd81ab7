/*
 * What the translated engine is written in: WebAssembly's operators over linear memory at a constant address.
 *
 * Semantics after the WebAssembly core specification, chapter 4.3 (numerics). No access is bounds-checked: whatever
 * lies outside of linear memory is unmapped, and a fault ends in kernel_fault.
 */
#ifndef SOLOIST_WASM_H
#define SOLOIST_WASM_H

#include <stdint.h>

#include "layout.h"
#include "unwind.h"

typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef int16_t s16;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;
typedef int64_t s64;
typedef float f32;
typedef double f64;

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* The shadow stack of compiled C: the global __stack_pointer. It grows down from 1 MiB to 0. */
extern u32 wasm_stack_pointer;
/* Size of linear memory in pages of 64 KiB. */
extern u32 wasm_memory_pages;
/* Returns the former size, or -1 (as u32) when there is no room. */
u32 wasm_memory_grow(u32 pages);

/* The one function table of the engine, its modules and the platform; generated. */
typedef void (*wasm_function)(void);
extern const wasm_function wasm_table[];
#define CALL_TABLE(result, types, index, arguments) (((result(*) types)wasm_table[index])arguments)

_Noreturn void wasm_trap(const char *what);
/* Lets gcc know nothing about a variable. */
#define KEEP_APART(variable) __asm__("" : "+r"(variable))

#define UNREACHABLE wasm_trap("the engine gave up (abort)")

/* Ends the image when the native stack is nearly used up: below it lies read-only memory. */
_Noreturn void wasm_stack_exhausted(void);
extern u8 native_stack_reserve[]; /* linker script */
register u64 native_stack_pointer __asm__("rsp");
#define NATIVE_STACK_LOW ((u64)(uintptr_t)native_stack_reserve)
#ifndef FUNC_PROLOGUE
#define FUNC_PROLOGUE                                                                                                  \
    do {                                                                                                               \
        if (UNLIKELY(native_stack_pointer < NATIVE_STACK_LOW)) wasm_stack_exhausted();                                 \
    } while (0)
#endif

/* A wasm address as a pointer. */
#define LINEAR(address) ((void *)(uintptr_t)((u64)LINEAR_BASE + (u64)(address)))

#define DEFINE_LOAD(name, memory_type, sign_type, type)                                                                \
    static inline type name(u64 address) {                                                                             \
        typedef memory_type __attribute__((may_alias, aligned(1))) unaligned;                                          \
        return (type)(sign_type)(*(const unaligned *)(uintptr_t)(LINEAR_BASE + address));                              \
    }
#define DEFINE_STORE(name, memory_type, type)                                                                          \
    static inline void name(u64 address, type value) {                                                                 \
        typedef memory_type __attribute__((may_alias, aligned(1))) unaligned;                                          \
        *(unaligned *)(uintptr_t)(LINEAR_BASE + address) = (memory_type)value;                                         \
    }

DEFINE_LOAD(i32_load, u32, u32, u32)
DEFINE_LOAD(i64_load, u64, u64, u64)
DEFINE_LOAD(f32_load, f32, f32, f32)
DEFINE_LOAD(f64_load, f64, f64, f64)
DEFINE_LOAD(i32_load8_s, s8, s32, u32)
DEFINE_LOAD(i64_load8_s, s8, s64, u64)
DEFINE_LOAD(i32_load8_u, u8, u32, u32)
DEFINE_LOAD(i64_load8_u, u8, u64, u64)
DEFINE_LOAD(i32_load16_s, s16, s32, u32)
DEFINE_LOAD(i64_load16_s, s16, s64, u64)
DEFINE_LOAD(i32_load16_u, u16, u32, u32)
DEFINE_LOAD(i64_load16_u, u16, u64, u64)
DEFINE_LOAD(i64_load32_s, s32, s64, u64)
DEFINE_LOAD(i64_load32_u, u32, u64, u64)
DEFINE_STORE(i32_store, u32, u32)
DEFINE_STORE(i64_store, u64, u64)
DEFINE_STORE(f32_store, f32, f32)
DEFINE_STORE(f64_store, f64, f64)
DEFINE_STORE(i32_store8, u8, u32)
DEFINE_STORE(i32_store16, u16, u32)
DEFINE_STORE(i64_store8, u8, u64)
DEFINE_STORE(i64_store16, u16, u64)
DEFINE_STORE(i64_store32, u32, u64)

static inline void memory_fill(u32 to, u32 value, u32 length) {
    __builtin_memset(LINEAR(to), (int)value, length);
}
static inline void memory_copy(u32 to, u32 from, u32 length) {
    __builtin_memmove(LINEAR(to), LINEAR(from), length);
}

#define I32_CLZ(x) ((x) ? (u32)__builtin_clz(x) : 32u)
#define I64_CLZ(x) ((x) ? (u64)__builtin_clzll(x) : 64u)
#define I32_CTZ(x) ((x) ? (u32)__builtin_ctz(x) : 32u)
#define I64_CTZ(x) ((x) ? (u64)__builtin_ctzll(x) : 64u)
#define I32_POPCNT(x) ((u32)__builtin_popcount(x))
#define I64_POPCNT(x) ((u64)__builtin_popcountll(x))
#define I32_ROTL(x, y) (((x) << ((y)&31)) | ((x) >> ((0u - (y)) & 31)))
#define I32_ROTR(x, y) (((x) >> ((y)&31)) | ((x) << ((0u - (y)) & 31)))
#define I64_ROTL(x, y) (((x) << ((y)&63)) | ((x) >> ((0u - (y)) & 63)))
#define I64_ROTR(x, y) (((x) >> ((y)&63)) | ((x) << ((0u - (y)) & 63)))

/* Division: the processor itself would raise an exception where WebAssembly traps; the trap names the cause. */
#define TRAP_DIVISION(type) (wasm_trap("the engine divided an integer by zero"), (type)0)
#define DEFINE_DIVISION(bits, minimum)                                                                                 \
    static inline u##bits I##bits##_DIV_S(u##bits a, u##bits b) {                                                      \
        if (UNLIKELY(b == 0 || ((s##bits)a == minimum && (s##bits)b == -1))) return TRAP_DIVISION(u##bits);            \
        return (u##bits)((s##bits)a / (s##bits)b);                                                                     \
    }                                                                                                                  \
    static inline u##bits I##bits##_REM_S(u##bits a, u##bits b) {                                                      \
        if (UNLIKELY(b == 0)) return TRAP_DIVISION(u##bits);                                                           \
        return (s##bits)b == -1 ? 0 : (u##bits)((s##bits)a % (s##bits)b);                                              \
    }
DEFINE_DIVISION(32, INT32_MIN)
DEFINE_DIVISION(64, INT64_MIN)
#define DIV_U(x, y) (UNLIKELY((y) == 0) ? (wasm_trap("the engine divided an integer by zero"), (x)) : (x) / (y))
#define REM_U(x, y) (UNLIKELY((y) == 0) ? (wasm_trap("the engine divided an integer by zero"), (x)) : (x) % (y))

/* Float to integer. The bounds are exact in the float type: below `low` or at `high` the value does not fit. */
#define DEFINE_TRUNCATE(name, unsigned_type, integer, real, low_test, high, minimum, maximum)                          \
    static inline unsigned_type name(real x) {                                                                         \
        if (UNLIKELY(!(low_test) || !(x < high))) wasm_trap("the engine converted a number that is out of range");     \
        return (unsigned_type)(integer)x;                                                                              \
    }
#define DEFINE_SATURATE(name, unsigned_type, integer, real, low_test, high, minimum, maximum)                          \
    static inline unsigned_type name(real x) {                                                                         \
        if (UNLIKELY(x != x)) return 0;                                                                                \
        if (UNLIKELY(!(low_test))) return (unsigned_type)minimum;                                                      \
        if (UNLIKELY(!(x < high))) return (unsigned_type)maximum;                                                      \
        return (unsigned_type)(integer)x;                                                                              \
    }
#define TRUNCATIONS(DEFINE, kind)                                                                                      \
    DEFINE(I32_##kind##_S_F32, u32, s32, f32, x >= -2147483648.f, 2147483648.f, INT32_MIN, INT32_MAX)                  \
    DEFINE(I32_##kind##_S_F64, u32, s32, f64, x > -2147483649., 2147483648., INT32_MIN, INT32_MAX)                     \
    DEFINE(I32_##kind##_U_F32, u32, u32, f32, x > -1.f, 4294967296.f, 0, UINT32_MAX)                                   \
    DEFINE(I32_##kind##_U_F64, u32, u32, f64, x > -1., 4294967296., 0, UINT32_MAX)                                     \
    DEFINE(I64_##kind##_S_F32, u64, s64, f32, x >= -9223372036854775808.f, 9223372036854775808.f, INT64_MIN,           \
           INT64_MAX)                                                                                                  \
    DEFINE(I64_##kind##_S_F64, u64, s64, f64, x >= -9223372036854775808., 9223372036854775808., INT64_MIN, INT64_MAX)  \
    DEFINE(I64_##kind##_U_F32, u64, u64, f32, x > -1.f, 18446744073709551616.f, 0, UINT64_MAX)                         \
    DEFINE(I64_##kind##_U_F64, u64, u64, f64, x > -1., 18446744073709551616., 0, UINT64_MAX)
TRUNCATIONS(DEFINE_TRUNCATE, TRUNC)
TRUNCATIONS(DEFINE_SATURATE, TRUNC_SAT)

#define DEFINE_REINTERPRET(name, from, to)                                                                             \
    static inline to name(from x) {                                                                                    \
        to result;                                                                                                     \
        __builtin_memcpy(&result, &x, sizeof x);                                                                       \
        return result;                                                                                                 \
    }
DEFINE_REINTERPRET(f32_reinterpret_i32, u32, f32)
DEFINE_REINTERPRET(i32_reinterpret_f32, f32, u32)
DEFINE_REINTERPRET(f64_reinterpret_i64, u64, f64)
DEFINE_REINTERPRET(i64_reinterpret_f64, f64, u64)

/* One SSE instruction each; it makes a quiet NaN of a signalling one, as WebAssembly wants. */
#define wasm_floor __builtin_floor
#define wasm_ceil __builtin_ceil
#define wasm_trunc __builtin_trunc
#define wasm_nearbyint __builtin_nearbyint
#define wasm_sqrt __builtin_sqrt
#define wasm_fabs __builtin_fabs
#define wasm_floorf __builtin_floorf
#define wasm_ceilf __builtin_ceilf
#define wasm_truncf __builtin_truncf
#define wasm_nearbyintf __builtin_nearbyintf
#define wasm_sqrtf __builtin_sqrtf
#define wasm_fabsf __builtin_fabsf
#define wasm_quiet(x) ((x) + 0.)
#define wasm_quietf(x) ((x) + 0.f)
#define copysign __builtin_copysign
#define copysignf __builtin_copysignf
#define floor __builtin_floor
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")

static inline f64 FMIN(f64 a, f64 b) {
    if (UNLIKELY(a != a || b != b)) return a + b;
    if (a == 0 && b == 0) return __builtin_signbit(a) ? a : b;
    return a < b ? a : b;
}
static inline f64 FMAX(f64 a, f64 b) {
    if (UNLIKELY(a != a || b != b)) return a + b;
    if (a == 0 && b == 0) return __builtin_signbit(a) ? b : a;
    return a > b ? a : b;
}

#endif
