/* native:platform: loops over bytes and strings. */
#include "bytes.h"
#include "chacha20.h"
#include "platform.h"

/* JS_STRING_LEN_MAX of the engine, characters. */
#define STRING_MAX ((1u << 30) - 1)

NATIVE(checksum) {
    struct range range;
    u64 initial;
    if (!platform_range(context, ARGUMENT(0), ARGUMENT(1), ARGUMENT(2), &range) ||
        !platform_whole(context, ARGUMENT(3), &initial))
        return JS_EXCEPTION;
    return js_int((s32)bytes_checksum(range.bytes, range.length, (u32)initial));
}

NATIVE(findByte) {
    struct range range;
    u64 byte, offset;
    if (!platform_whole(context, ARGUMENT(1), &byte) || !platform_whole(context, ARGUMENT(2), &offset) ||
        !platform_range(context, ARGUMENT(0), ARGUMENT(2), ARGUMENT(3), &range))
        return JS_EXCEPTION;
    ptrdiff_t found = bytes_find(range.bytes, (u8)byte, range.length);
    return js_int(found < 0 ? -1 : (s32)(offset + (u64)found));
}

NATIVE(findInSet) {
    struct range range, set;
    u64 offset;
    if (!platform_whole(context, ARGUMENT(2), &offset) ||
        !platform_range(context, ARGUMENT(0), ARGUMENT(2), ARGUMENT(3), &range) ||
        !platform_range(context, ARGUMENT(1), js_int(0), js_int(256), &set))
        return JS_EXCEPTION;
    for (size_t at = 0; at < range.length; at++)
        if (set.bytes[range.bytes[at]]) return js_int((s32)(offset + at));
    return js_int(-1);
}

NATIVE(copy) {
    struct range to, from;
    if (!platform_range(context, ARGUMENT(0), ARGUMENT(1), ARGUMENT(4), &to) ||
        !platform_range(context, ARGUMENT(2), ARGUMENT(3), ARGUMENT(4), &from))
        return JS_EXCEPTION;
    __builtin_memmove(to.bytes, from.bytes, from.length);
    return JS_UNDEFINED;
}

NATIVE(equal) {
    struct range a, b;
    if (!platform_range(context, ARGUMENT(0), ARGUMENT(1), ARGUMENT(4), &a) ||
        !platform_range(context, ARGUMENT(2), ARGUMENT(3), ARGUMENT(4), &b))
        return JS_EXCEPTION;
    return js_bool(bytes_equal(a.bytes, b.bytes, a.length));
}

/* A string of one byte a character (ISO 8859-1, as the engine keeps such strings), in one copy. */
static JSValue new_string8(u32 context, const uint8_t *bytes, u32 length) {
    if (length == 0) return JS_NewStringLen(context, wasm_stack_pointer, 0);
    if (length > STRING_MAX) return engine_throw_range(context, "too long for a string");
    u32 string = engine_alloc_string(context, length, 0);
    if (string == 0) return JS_EXCEPTION;
    uint8_t *data = LINEAR(engine_string_data(string));
    __builtin_memcpy(data, bytes, length);
    data[length] = 0;
    return JS_MKVAL(JS_TAG_STRING, string);
}

NATIVE(utf8Decode) {
    struct range range;
    if (!platform_range(context, ARGUMENT(0), ARGUMENT(1), ARGUMENT(2), &range)) return JS_EXCEPTION;
    if (LIKELY(bytes_ascii(range.bytes, range.length))) return new_string8(context, range.bytes, range.length);
    if (range.length > STRING_MAX) return engine_throw_range(context, "too long for a string");
    u32 units = js_malloc(context, range.length * 2);
    if (units == 0) return JS_EXCEPTION;
    size_t count = bytes_utf8_to_utf16(range.bytes, range.length, LINEAR(units));
    JSValue result = JS_NewStringUTF16(context, units, (u32)count);
    js_free(context, units);
    return result;
}

NATIVE(latin1Decode) {
    struct range range;
    if (!platform_range(context, ARGUMENT(0), ARGUMENT(1), ARGUMENT(2), &range)) return JS_EXCEPTION;
    return new_string8(context, range.bytes, range.length);
}

/* UTF-8 of a string value: 0 when an exception was thrown. Free with JS_FreeCString. */
static u32 string_bytes(u32 context, JSValue value, u32 *length) {
    u32 out = wasm_stack_pointer -= 16;
    u32 text = JS_ToCStringLen2(context, out, value, 0);
    *length = i32_load(out);
    wasm_stack_pointer += 16;
    return text;
}

NATIVE(utf8Encode) {
    struct range into;
    u32 length, text = string_bytes(context, ARGUMENT(0), &length);
    if (text == 0) return JS_EXCEPTION;
    JSValue result = js_int(-1);
    /* Behind the conversion, which may run JavaScript that moves the array. */
    if (!platform_tail(context, ARGUMENT(1), ARGUMENT(2), &into))
        result = JS_EXCEPTION;
    else if (length <= into.length) {
        __builtin_memcpy(into.bytes, LINEAR(text), length);
        bytes_repair_surrogates(into.bytes, length);
        result = js_int((s32)length);
    }
    JS_FreeCString(context, text);
    return result;
}

NATIVE(base64Encode) {
    struct range range;
    if (!platform_range(context, ARGUMENT(0), ARGUMENT(1), ARGUMENT(2), &range)) return JS_EXCEPTION;
    if (range.length > STRING_MAX / 4 * 3) return engine_throw_range(context, "too long for a string");
    u32 size = 4 * ((range.length + 2) / 3);
    if (size == 0) return JS_NewStringLen(context, wasm_stack_pointer, 0);
    u32 string = engine_alloc_string(context, size, 0);
    if (string == 0) return JS_EXCEPTION;
    uint8_t *text = LINEAR(engine_string_data(string));
    bytes_base64_encode(range.bytes, range.length, text);
    text[size] = 0;
    return JS_MKVAL(JS_TAG_STRING, string);
}

NATIVE(base64Decode) {
    struct range into;
    u32 length, text = string_bytes(context, ARGUMENT(0), &length);
    if (text == 0) return JS_EXCEPTION;
    JSValue result = JS_EXCEPTION;
    if (platform_tail(context, ARGUMENT(1), ARGUMENT(2), &into))
        result = js_int((s32)bytes_base64_decode(LINEAR(text), length, into.bytes, into.length));
    JS_FreeCString(context, text);
    return result;
}

NATIVE(chacha20) {
    struct range key, nonce, into;
    u64 counter;
    if (!platform_range(context, ARGUMENT(0), js_int(0), js_int(CHACHA20_KEY), &key) ||
        !platform_range(context, ARGUMENT(1), js_int(0), js_int(CHACHA20_NONCE), &nonce) ||
        !platform_whole(context, ARGUMENT(2), &counter) ||
        !platform_range(context, ARGUMENT(3), ARGUMENT(4), ARGUMENT(5), &into))
        return JS_EXCEPTION;
    chacha20_keystream(key.bytes, nonce.bytes, (u32)counter, into.bytes, into.length);
    return JS_UNDEFINED;
}
