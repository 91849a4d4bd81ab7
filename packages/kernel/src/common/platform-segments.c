/* native:platform: TCP segments. */
#include "platform.h"
#include "segments.h"

NATIVE(parseSegment) {
    struct range frame;
    u64 offset;
    u32 fields = platform_state(context, ARGUMENT(4), 4, SEGMENT_FIELDS);
    if (fields == 0 || !platform_whole(context, ARGUMENT(1), &offset) ||
        !platform_range(context, ARGUMENT(0), ARGUMENT(1), ARGUMENT(2), &frame))
        return JS_EXCEPTION;
    int32_t *out = LINEAR(fields);
    u32 version = segment_parse(frame.bytes, frame.length, ARGUMENT(3) == JS_TRUE, out);
    if (version != 0) out[SEGMENT_DATA_AT] += (int32_t)offset;
    return js_int((s32)version);
}

/* A sequence number or word of a header: any integer of 32 bits. */
static bool word(u32 context, JSValue value, u32 *out) {
    f64 number;
    if (LIKELY(js_tag(value) == JS_TAG_INT)) {
        *out = (u32)value;
        return true;
    }
    if (js_number(value, &number) && number >= 0 && number <= 4294967295. && number == (f64)(u32)number) {
        *out = (u32)number;
        return true;
    }
    engine_throw_range(context, "not an integer of 32 bits");
    return false;
}

NATIVE(emitSegment) {
    struct range into, headers, ring = {0};
    struct segment segment;
    u64 length;
    if (!platform_tail(context, ARGUMENT(0), ARGUMENT(1), &into) ||
        !platform_tail(context, ARGUMENT(2), ARGUMENT(3), &headers) || !platform_whole(context, ARGUMENT(8), &length) ||
        !word(context, ARGUMENT(5), &segment.seq) || !word(context, ARGUMENT(6), &segment.ack) ||
        !word(context, ARGUMENT(7), &segment.control))
        return JS_EXCEPTION;
    if (length > 0 && !platform_bytes(context, ARGUMENT(4), &ring)) return JS_EXCEPTION;
    size_t prepared = headers.length <= 14 ? 0 : segment_prepared(headers.bytes);
    segment.headers = headers.bytes;
    segment.ring = ring.bytes;
    segment.ring_length = ring.length;
    segment.data_length = (u32)length;
    segment.partial = ARGUMENT(9) == JS_TRUE;
    if (UNLIKELY(prepared == 0 || headers.length < prepared || segment.control >> 28 < 5))
        return engine_throw_range(context, "emitSegment: no prepared headers, or a header too short");
    if (UNLIKELY(length > ring.length || (ring.length & (ring.length - 1)) != 0))
        return engine_throw_range(context, "emitSegment: the ring does not hold the data");
    size_t frame = segment_frame_length(&segment, prepared);
    if (UNLIKELY(frame > into.length || frame - 14 > 0xffff))
        return engine_throw_range(context, "emitSegment: range outside of the array");
    segment_emit(into.bytes, &segment, prepared);
    return js_int((s32)frame);
}
