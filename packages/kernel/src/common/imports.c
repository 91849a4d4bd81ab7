/* What quickjs.wasm and its modules import: the part of WASI that they use, and hooks of quickjs-wasi. */
#include "binding.h"
#include "engine.h"
#include "platform.h"
#include "random.h"

#define WASI_SUCCESS 0u
#define WASI_EBADF 8u
#define WASI_EINVAL 28u
#define WASI_ESPIPE 70u
#define CLOCK_REALTIME 0u
#define CLOCK_MONOTONIC 1u

u32 import_clock_time_get(u32 clock, u64 precision, u32 result);
u32 import_fd_close(u32 fd);
u32 import_fd_fdstat_get(u32 fd, u32 result);
u32 import_fd_seek(u32 fd, u64 offset, u32 whence, u32 result);
u32 import_fd_write(u32 fd, u32 vectors, u32 count, u32 written);
u32 import_random_get(u32 buffer, u32 length);
u32 import_host_get_timezone_offset(u32 low, u32 high);
u32 import_host_interrupt(void);
void import_host_promise_rejection(u32 promise, u32 reason, u32 handled);
u32 import_host_module_normalize(u32 base, u32 name);
u32 import_host_module_load(u32 name, u32 length);
u32 import_host_call(u32 name, u32 length, u32 self, u32 argc, u32 argv);

u32 import_clock_time_get(u32 clock, u64 precision, u32 result) {
    (void)precision;
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) return WASI_EINVAL;
    i64_store(result, clock == CLOCK_REALTIME ? platform_wall_clock() : clock_monotonic());
    return WASI_SUCCESS;
}

/* Vectors of (address, length); everything that the engine writes goes to the console. */
u32 import_fd_write(u32 fd, u32 vectors, u32 count, u32 written) {
    if (fd != 1 && fd != 2) return WASI_EBADF;
    u32 total = 0;
    for (u32 n = 0; n < count; n++) {
        u32 length = i32_load((u64)vectors + 8u * n + 4u);
        console_write(LINEAR(i32_load((u64)vectors + 8u * n)), length);
        total += length;
    }
    i32_store(written, total);
    return WASI_SUCCESS;
}

u32 import_fd_close(u32 fd) {
    return fd < 3 ? WASI_SUCCESS : WASI_EBADF;
}

/* struct fdstat: 24 bytes, file type 2 (character device), flags and rights 0. */
u32 import_fd_fdstat_get(u32 fd, u32 result) {
    if (fd >= 3) return WASI_EBADF;
    memory_fill(result, 0, 24);
    i32_store8(result, 2);
    return WASI_SUCCESS;
}

u32 import_fd_seek(u32 fd, u64 offset, u32 whence, u32 result) {
    (void)fd, (void)offset, (void)whence, (void)result;
    return WASI_ESPIPE;
}

/* Asked by the crypto module (keys, nonces). */
u32 import_random_get(u32 buffer, u32 length) {
    if (!random_bytes(LINEAR(buffer), length)) kernel_fault("random numbers were asked for before boot", NULL);
    return WASI_SUCCESS;
}

/* UTC: an image knows no other time zone. */
u32 import_host_get_timezone_offset(u32 low, u32 high) {
    (void)low, (void)high;
    return 0;
}

u32 import_host_interrupt(void) {
    return 0;
}

/* Promise and reason are boxed: addresses of JSValues that the engine allocated for the host, which frees them. */
void import_host_promise_rejection(u32 promise, u32 reason, u32 handled) {
    if (js_is_object(engine_handlers[HANDLER_REJECTION])) {
        u32 argv = wasm_stack_pointer -= 32;
        i64_store(argv, i64_load(promise));
        i64_store((u64)argv + 8u, i64_load(reason));
        i64_store((u64)argv + 16u, js_bool(handled != 0));
        JSValue result = JS_Call(engine_context, engine_handlers[HANDLER_REJECTION], JS_UNDEFINED, 3, argv);
        wasm_stack_pointer += 32;
        if (js_is_exception(result)) {
            engine_print_exception(engine_context, JS_GetException(engine_context));
            machine_exit(1);
        }
        JS_FreeValue(engine_context, result);
    }
    qjs_free_value(promise);
    qjs_free_value(reason);
}

u32 import_host_module_normalize(u32 base, u32 name) {
    (void)base, (void)name;
    return 0;
}

u32 import_host_module_load(u32 name, u32 length) {
    (void)name, (void)length;
    return 0;
}

u32 import_host_call(u32 name, u32 length, u32 self, u32 argc, u32 argv) {
    (void)name, (void)length, (void)self, (void)argc, (void)argv;
    kernel_fault("the app called a host function that exists at build time only", NULL);
}
