/* The ways an image dies, each with one clear line. */
#include "binding.h"
#include "engine.h"

/* Exit code of an image that crashed; apps have 0 to 254. */
#define EXIT_CRASH 255

static int faulting;

void console_text(const char *text) {
    size_t length = 0;
    while (text[length] != 0) length++;
    console_write(text, length);
}

u32 engine_push_string(const char *text) {
    size_t length = 0;
    while (text[length] != 0) length++;
    wasm_stack_pointer -= (u32)(length + 16) & ~15u;
    __builtin_memcpy(LINEAR(wasm_stack_pointer), text, length + 1);
    return wasm_stack_pointer;
}

typedef u64 throw_function(u32 context, u32 format, u32 arguments);

static JSValue throw_text(throw_function *throw, u32 context, const char *message) {
    u32 stack = wasm_stack_pointer;
    u32 text = engine_push_string(message);
    JSValue result = throw(context, text, 0);
    wasm_stack_pointer = stack;
    return result;
}

JSValue engine_throw_range(u32 context, const char *message) {
    return throw_text(JS_ThrowRangeError, context, message);
}

JSValue engine_throw_type(u32 context, const char *message) {
    return throw_text(JS_ThrowTypeError, context, message);
}

/* Prints a value as a string; false when it has no string. */
static bool print_value(u32 context, JSValue value) {
    u32 stack = wasm_stack_pointer;
    u32 length = wasm_stack_pointer -= 16;
    u32 text = JS_ToCStringLen2(context, length, value, 0);
    if (text != 0) {
        console_write(LINEAR(text), i32_load(length));
        JS_FreeCString(context, text);
    }
    wasm_stack_pointer = stack;
    return text != 0;
}

static bool print_property(u32 context, JSValue object, const char *name) {
    u32 stack = wasm_stack_pointer;
    JSValue value = JS_GetPropertyStr(context, object, engine_push_string(name));
    wasm_stack_pointer = stack;
    bool printed = js_tag(value) != JS_TAG_UNDEFINED && !js_is_exception(value) && print_value(context, value);
    JS_FreeValue(context, value);
    return printed;
}

void engine_print_exception(u32 context, JSValue error) {
    if (!print_value(context, error)) console_text("exception without a description (out of memory?)");
    console_text("\n");
    if (js_is_object(error) && print_property(context, error, "stack")) console_text("\n");
}

/* Where JavaScript is, by the trace of a new Error. */
static void print_javascript_stack(void) {
    if (engine_context == 0) return;
    u32 stack = wasm_stack_pointer;
    u32 text = engine_push_string("fault");
    JS_ThrowRangeError(engine_context, text, 0);
    JSValue error = JS_GetException(engine_context);
    print_property(engine_context, error, "stack");
    wasm_stack_pointer = stack;
}

_Noreturn void kernel_fault(const char *what, const char *registers) {
    if (faulting++ == 0) {
        console_text("soloist: fatal: ");
        console_text(what);
        console_text("\n");
        if (registers != NULL) console_text(registers);
        print_javascript_stack();
    }
    machine_exit(EXIT_CRASH);
}

_Noreturn void wasm_trap(const char *what) {
    kernel_fault(what, NULL);
}

static _Noreturn __attribute__((used)) void stack_exhausted(void) {
    kernel_fault("native stack overflow (the engine recursed too deeply)", NULL);
}

/* Nothing returns to the frames of the native stack: start again in the middle of it, to have room for the report. */
_Noreturn void wasm_stack_exhausted(void) {
    __asm__ volatile("movq %0, %%rsp; xorl %%ebp, %%ebp; call *%1"
                     :
                     : "r"(native_stack_reserve + STACK_SIZE / 2), "r"(stack_exhausted));
    __builtin_unreachable();
}
