/* From the target's entry to the loop that runs JavaScript for as long as the image lives. */
#include "binding.h"
#include "engine.h"
#include "stack.h"

#define WASM_PAGE 65536u
/* Jobs (promise reactions) between two turns: about 0.1 ms of work, so that a chain of promises cannot starve the network. */
#define JOBS_PER_TURN 256

u32 wasm_stack_pointer;
u32 wasm_memory_pages;
static u32 memory_pages_max;
static bool memory_exhausted;

u32 engine_context;
JSValue engine_handlers[HANDLER_COUNT];
const char *engine_command_line = "";

u32 wasm_memory_grow(u32 pages) {
    u32 before = wasm_memory_pages;
    if (pages > memory_pages_max - before) {
        memory_exhausted = true;
        /* What was asked for is refused, but the next object that is made looks for cycles first. */
        JS_SetGCThreshold(JS_GetRuntime(engine_context), 0);
        return (u32)-1;
    }
    wasm_memory_pages += pages;
    return before;
}

/* Hands an exception to JavaScript's own handler and ends the image. */
static _Noreturn void uncaught(u32 context) {
    JSValue error = JS_GetException(context);
    if (memory_exhausted && js_tag(error) == JS_TAG_NULL) {
        /* There was no memory for an Error either. Now what the app held is garbage. */
        JS_ThrowOutOfMemory(context);
        error = JS_GetException(context);
        if (js_tag(error) == JS_TAG_NULL) kernel_fault("out of memory: give the image more (--mem)", NULL);
    }
    if (js_is_object(engine_handlers[HANDLER_UNCAUGHT])) {
        wasm_stack_pointer -= 16;
        i64_store(wasm_stack_pointer, error);
        JSValue result = JS_Call(context, engine_handlers[HANDLER_UNCAUGHT], JS_UNDEFINED, 1, wasm_stack_pointer);
        wasm_stack_pointer += 16;
        if (!js_is_exception(result)) machine_exit(1);
        engine_print_exception(context, error);
        error = JS_GetException(context);
        console_text("while this was reported: ");
    }
    engine_print_exception(context, error);
    machine_exit(1);
}

static JSValue call_handler(int handler) {
    JSValue result = JS_Call(engine_context, engine_handlers[handler], JS_UNDEFINED, 0, 0);
    if (UNLIKELY(js_is_exception(result))) uncaught(engine_context);
    return result;
}

/* Runs at most JOBS_PER_TURN jobs. Returns whether more are waiting. */
static bool run_jobs(u32 runtime) {
    u32 failed_context = wasm_stack_pointer -= 16;
    for (int n = 0; n < JOBS_PER_TURN; n++) {
        u32 result = JS_ExecutePendingJob(runtime, failed_context);
        if (result == 0) break;
        if (UNLIKELY((s32)result < 0)) uncaught(i32_load(failed_context));
    }
    wasm_stack_pointer += 16;
    return JS_IsJobPending(runtime);
}

static u64 looks_for_cycles;

/*
 * The engine looks for cycles when it holds half as much again as after it last looked. After a peak above two thirds of
 * memory that is more than there is, and cycles would never be freed: of what was free then, half may fill up, no more.
 * Looked at once a turn, since each look of the engine sets its threshold anew.
 */
static void bound_cycles(u32 runtime) {
    static u32 bounded;
    u32 threshold = JS_GetGCThreshold(runtime);
    if (LIKELY(threshold == bounded)) return;
    if (bounded != 0) looks_for_cycles++;
    u32 held = threshold / 3 * 2;
    /* An eighth is for what the allocator itself needs, and for the holes between what is held. */
    u32 usable = memory_pages_max / 8 * 7 * WASM_PAGE;
    u32 most = held + (held < usable ? (usable - held) / 2 : WASM_PAGE);
    if (threshold > most) JS_SetGCThreshold(runtime, most);
    bounded = threshold > most ? most : threshold;
}

struct engine_memory engine_memory(void) {
    u32 runtime = JS_GetRuntime(engine_context);
    return (struct engine_memory){
        .taken = (u64)wasm_memory_pages * WASM_PAGE,
        .limit = (u64)memory_pages_max * WASM_PAGE,
        .held = i32_load((u64)runtime + ENGINE_HEAP_BYTES),
        .cycles = JS_GetGCThreshold(runtime),
        .looks = looks_for_cycles,
    };
}

static uint64_t nanoseconds(f64 milliseconds) {
    if (!(milliseconds > 0)) return 0;
    if (milliseconds > 9e12) return UINT64_MAX; /* 285 years, and infinity */
    return (uint64_t)(milliseconds * 1e6);
}

#define EVAL_MODULE 1u
enum { PROMISE_PENDING, PROMISE_FULFILLED, PROMISE_REJECTED };

/* The bundle is a module without imports: its evaluation is a promise, which the app's top level may keep pending. */
static void evaluate_source(u32 runtime) {
    u32 name = engine_push_string("app.js");
    JSValue promise = JS_Eval(engine_context, boot_record.source, boot_record.source_length, name, EVAL_MODULE);
    wasm_stack_pointer += 16;
    if (js_is_exception(promise)) uncaught(engine_context);
    while (run_jobs(runtime)) continue;
    if (JS_PromiseState(engine_context, promise) == PROMISE_REJECTED) {
        JS_Throw(engine_context, JS_PromiseResult(engine_context, promise));
        uncaught(engine_context);
    }
    JS_FreeValue(engine_context, promise);
}

/*
 * The engine's own shadow stack has 1 MiB, enough for about 1,200 calls. With memory to spare it moves to the top of it:
 * pages that no call has reached cost nothing.
 */
#define SHADOW_STACK_SHARE 8u
#define SHADOW_STACK_PAGES_MAX 128u

static void place_shadow_stack(u32 runtime) {
    u32 pages = memory_pages_max / SHADOW_STACK_SHARE;
    if (pages > SHADOW_STACK_PAGES_MAX) pages = SHADOW_STACK_PAGES_MAX;
    u32 size = wasm_stack_pointer;
    if (pages * WASM_PAGE > size && memory_pages_max - pages > wasm_memory_pages) {
        wasm_stack_pointer = memory_pages_max * WASM_PAGE;
        memory_pages_max -= pages;
        size = pages * WASM_PAGE;
    }
    JS_UpdateStackTop(runtime);
    JS_SetMaxStackSize(runtime, size - SHADOW_STACK_RESERVE);
}

_Noreturn void kernel_main(const struct boot_info *boot) {
    if (boot_record.magic != BOOT_RECORD_MAGIC || boot_record.version != BOOT_RECORD_VERSION)
        kernel_fault("this is a base without an app: build an image with `soloist build`", NULL);
    engine_command_line = boot->command_line;
    uint64_t room = boot->memory_end > LINEAR_BASE ? (boot->memory_end - LINEAR_BASE) / WASM_PAGE : 0;
    memory_pages_max = room > 65535 ? 65535 : (u32)room;
    wasm_memory_pages = boot_record.memory_pages;
    if (memory_pages_max < wasm_memory_pages) kernel_fault("not enough memory: give the image more (--mem)", NULL);
    wasm_stack_pointer = boot_record.stack_pointer;
    engine_context = boot_record.context;
    for (int n = 0; n < HANDLER_COUNT; n++) engine_handlers[n] = boot_record.handlers[n];

    u32 runtime = JS_GetRuntime(engine_context);
    place_shadow_stack(runtime);
    if (boot_record.source != 0) evaluate_source(runtime);
    if (!js_is_object(engine_handlers[HANDLER_TURN])) kernel_fault("the app never called register()", NULL);
    JS_FreeValue(engine_context, call_handler(HANDLER_BOOT));
    for (bool more = run_jobs(runtime);; more = run_jobs(runtime)) {
        f64 next = 0;
        bound_cycles(runtime);
        JSValue result = call_handler(HANDLER_TURN);
        if (!js_number(result, &next)) JS_FreeValue(engine_context, result);
        /* The turn itself may have queued jobs: then only hand queued frames to the devices. */
        more = more || JS_IsJobPending(runtime);
        yield_until(more ? 0 : nanoseconds(next));
    }
}
