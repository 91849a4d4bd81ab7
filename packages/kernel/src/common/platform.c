#include "platform.h"

/*
 * Of typed arrays, as the engine's own instructions read them (the build checks that they do): elements and how many there
 * are. One whose memory is gone has none: the engine's functions say what is wrong with it.
 */
static inline bool elements(JSValue array, u32 class, u32 *address, u32 *count) {
    if (!js_is_object(array) || i32_load16_u((u64)(u32)array + JS_OBJECT_CLASS) != class) return false;
    *address = i32_load((u64)(u32)array + JS_OBJECT_ELEMENTS);
    *count = i32_load((u64)(u32)array + JS_OBJECT_COUNT);
    return *count != 0;
}

bool platform_bytes(u32 context, JSValue array, struct range *out) {
    u32 start;
    if (LIKELY(elements(array, JS_CLASS_UINT8_ARRAY, &start, &out->length))) {
        out->bytes = LINEAR(start);
        return true;
    }
    u32 length = wasm_stack_pointer -= 16;
    u32 address = JS_GetUint8Array(context, length, array);
    out->bytes = LINEAR(address);
    out->length = i32_load(length);
    wasm_stack_pointer += 16;
    /* An empty array may have no memory. */
    return LIKELY(address != 0) || (out->length == 0 && !JS_HasException(context));
}

bool platform_whole(u32 context, JSValue value, u64 *out) {
    if (LIKELY(js_tag(value) == JS_TAG_INT && (s32)value >= 0)) {
        *out = (u32)value;
        return true;
    }
    f64 number;
    if (js_number(value, &number) && number >= 0 && number < 9007199254740992. && number == (f64)(u64)number) {
        *out = (u64)number;
        return true;
    }
    engine_throw_range(context, "offset or length is not a whole number");
    return false;
}

bool platform_range(u32 context, JSValue array, JSValue offset, JSValue length, struct range *out) {
    u64 start, size;
    if (!platform_bytes(context, array, out) || !platform_whole(context, offset, &start) ||
        !platform_whole(context, length, &size))
        return false;
    if (UNLIKELY(start > out->length || size > out->length - start)) {
        engine_throw_range(context, "range outside of the array");
        return false;
    }
    out->bytes += start;
    out->length = (u32)size;
    return true;
}

bool platform_tail(u32 context, JSValue array, JSValue offset, struct range *out) {
    u64 start;
    if (!platform_bytes(context, array, out) || !platform_whole(context, offset, &start)) return false;
    if (UNLIKELY(start > out->length)) {
        engine_throw_range(context, "range outside of the array");
        return false;
    }
    out->bytes += start;
    out->length -= (u32)start;
    return true;
}

u32 platform_state(u32 context, JSValue array, u32 size, u32 length) {
    u32 start, count;
    if (size == 4 && elements(array, JS_CLASS_INT32_ARRAY, &start, &count) && count >= length) return start;
    u32 out = wasm_stack_pointer -= 16; /* offset, bytes, bytes an element; size of the buffer */
    u32 address = 0;
    JSValue buffer = JS_GetTypedArrayBuffer(context, array, out, out + 4, out + 8);
    if (!js_is_exception(buffer)) {
        u32 data = JS_GetArrayBuffer(context, out + 12, buffer);
        JS_FreeValue(context, buffer);
        if (data != 0 && i32_load((u64)out + 8u) == size && i32_load((u64)out + 4u) >= size * length)
            address = data + i32_load(out);
        else if (data != 0)
            engine_throw_type(context, "wrong kind of typed array, or too short");
    }
    wasm_stack_pointer += 16;
    return address;
}
