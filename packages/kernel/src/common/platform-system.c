/* native:platform: control, console, time, entropy. */
#include "binding.h"
#include "crash.h"
#include "platform.h"
#include "random.h"

static const char *const HANDLER_NAMES[HANDLER_COUNT] = {"boot", "turn", "uncaught", "rejection"};

NATIVE(register) {
    for (int n = 0; n < HANDLER_COUNT; n++) {
        u32 stack = wasm_stack_pointer;
        JSValue handler = JS_GetPropertyStr(context, ARGUMENT(0), engine_push_string(HANDLER_NAMES[n]));
        wasm_stack_pointer = stack;
        if (js_is_exception(handler)) return handler;
        if (!JS_IsFunction(context, handler)) {
            JS_FreeValue(context, handler);
            return engine_throw_type(context, "register: boot, turn, uncaught and rejection must be functions");
        }
        engine_handlers[n] = handler;
    }
    return JS_UNDEFINED;
}

NATIVE(commandLine) {
    u32 length = 0;
    while (engine_command_line[length] != 0) length++;
    u32 text = js_malloc(context, length + 1);
    if (text == 0) return JS_EXCEPTION;
    __builtin_memcpy(LINEAR(text), engine_command_line, length + 1);
    JSValue result = JS_NewStringLen(context, text, length);
    js_free(context, text);
    return result;
}

NATIVE(exit) {
    u64 code;
    if (!platform_whole(context, ARGUMENT(0), &code)) return JS_EXCEPTION;
    machine_exit(code > 254 ? 254 : (int)code);
}

/* Reads a string argument; `use` gets its UTF-8. Returns false when an exception was thrown. */
static bool with_text(u32 context, JSValue value, void (*use)(const void *, size_t)) {
    u32 length = wasm_stack_pointer -= 16;
    u32 text = JS_ToCStringLen2(context, length, value, 0);
    if (text != 0) use(LINEAR(text), i32_load(length));
    wasm_stack_pointer += 16;
    if (text == 0) return false;
    JS_FreeCString(context, text);
    return true;
}

NATIVE(crash) {
    if (!with_text(context, ARGUMENT(0), crash)) return JS_EXCEPTION;
    return engine_throw_range(context, "crash: no such kind");
}

NATIVE(consoleWrite) {
    JSValue value = ARGUMENT(0);
    if (js_is_object(value)) {
        struct range range;
        if (!platform_bytes(context, value, &range)) return JS_EXCEPTION;
        console_write(range.bytes, range.length);
        return JS_UNDEFINED;
    }
    return with_text(context, value, console_write) ? JS_UNDEFINED : JS_EXCEPTION;
}

NATIVE(monotonic) {
    (void)context;
    return js_float((f64)clock_monotonic() / 1e6);
}

/* Milliseconds of the wall clock at monotonic 0, and what is added little by little; until setWall the machine's own counts. */
static struct {
    bool set;
    f64 base, slew, from, rate;
} wall_line;

u64 platform_wall_clock(void) {
    if (!wall_line.set) return clock_wall();
    f64 now = (f64)clock_monotonic() / 1e6, most = (now - wall_line.from) * wall_line.rate;
    f64 slewed = wall_line.slew;
    if (slewed > most) slewed = most;
    if (slewed < -most) slewed = -most;
    f64 wall = wall_line.base + now + slewed;
    return wall > 0 ? (u64)(wall * 1e6) : 0;
}

NATIVE(wall) {
    (void)context;
    return js_float((f64)platform_wall_clock() / 1e6);
}

NATIVE(setWall) {
    f64 values[4];
    for (u32 n = 0; n < 4; n++) /* Not beyond the year 6000, nor NaN: nanoseconds fit. */
        if (!js_number(ARGUMENT(n), &values[n]) || !(values[n] > -1e14 && values[n] < 1e14))
            return engine_throw_range(context, "setWall wants four numbers of milliseconds");
    wall_line.base = values[0];
    wall_line.slew = values[1];
    wall_line.from = values[2];
    wall_line.rate = values[3];
    wall_line.set = true;
    return JS_UNDEFINED;
}

NATIVE(entropy) {
    u64 source;
    struct range into;
    if (!platform_whole(context, ARGUMENT(0), &source) || !platform_bytes(context, ARGUMENT(1), &into))
        return JS_EXCEPTION;
    if (source > RANDOM_CYCLES) return engine_throw_range(context, "entropy: no such source");
    return js_int((s32)random_fill((int)source, into.bytes, into.length));
}

NATIVE(seedMathRandom) {
    struct range seed;
    if (!platform_bytes(context, ARGUMENT(0), &seed)) return JS_EXCEPTION;
    u64 state = 0;
    if (seed.length != sizeof state) return engine_throw_range(context, "seedMathRandom wants 8 bytes");
    __builtin_memcpy(&state, seed.bytes, sizeof state);
    /* xorshift64* never leaves 0. */
    i64_store(boot_record.math_random, state != 0 ? state : 1);
    return JS_UNDEFINED;
}

NATIVE(seedRandom) {
    struct range seed;
    if (!platform_bytes(context, ARGUMENT(0), &seed)) return JS_EXCEPTION;
    if (seed.length != RANDOM_SEED) return engine_throw_range(context, "seedRandom wants 32 bytes");
    random_seed(seed.bytes);
    return JS_UNDEFINED;
}

NATIVE(memoryUsage) {
    u32 into = platform_state(context, ARGUMENT(0), 8, 5);
    if (into == 0) return JS_EXCEPTION;
    const struct engine_memory memory = engine_memory();
    const u64 values[] = {memory.taken, memory.limit, memory.held, memory.cycles, memory.looks};
    for (u32 n = 0; n < sizeof values / sizeof *values; n++) f64_store((u64)into + 8u * n, (f64)values[n]);
    return JS_UNDEFINED;
}
