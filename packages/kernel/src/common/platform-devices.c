/* native:platform: network and block devices. Their memory belongs to JavaScript and stays where it is. */
#include "binding.h"
#include "platform.h"

#define NAME_MAX 68
/* Handles are indices of Solo5's manifest. */
#define DEVICES_MAX 64

/* Linear memory addresses of the devices' state arrays; 0: not acquired. */
static u32 net_state[DEVICES_MAX];
static u32 block_size[DEVICES_MAX];

enum {
    STATE_RX_OFFSET,
    STATE_RX_DROPPED,
    STATE_TX_DROPPED,
    STATE_MTU,
    STATE_MAC,
    STATE_OFFLOADS = STATE_MAC + 6,
    STATE_RX_FLAGS,
    NET_STATE_LENGTH = 16
};

static void state_set(u32 state, u32 index, u32 value) {
    i32_store((u64)state + 4u * index, value);
}
static u32 state_get(u32 state, u32 index) {
    return i32_load((u64)state + 4u * index);
}

static bool device_name(u32 context, JSValue value, char name[NAME_MAX]) {
    u32 length = wasm_stack_pointer -= 16;
    u32 text = JS_ToCStringLen2(context, length, value, 0);
    u32 size = text == 0 ? 0 : i32_load(length);
    wasm_stack_pointer += 16;
    if (text == 0) return false;
    if (size < NAME_MAX)
        __builtin_memcpy(name, LINEAR(text), size + 1);
    else
        name[0] = 0;
    JS_FreeCString(context, text);
    return true;
}

/* False: an exception was thrown. */
static bool handle_of(u32 context, JSValue value, const u32 *devices, u32 *handle) {
    *handle = (u32)value;
    if (LIKELY(js_tag(value) == JS_TAG_INT && *handle < DEVICES_MAX && devices[*handle] != 0)) return true;
    engine_throw_range(context, "no such device handle");
    return false;
}

NATIVE(netAcquire) {
    char name[NAME_MAX];
    struct range rx, tx;
    struct net_info info;
    if (!device_name(context, ARGUMENT(0), name) || !platform_bytes(context, ARGUMENT(1), &rx) ||
        !platform_bytes(context, ARGUMENT(2), &tx))
        return JS_EXCEPTION;
    u32 state = platform_state(context, ARGUMENT(3), 4, NET_STATE_LENGTH);
    if (state == 0) return JS_EXCEPTION;
    struct net_memory memory = {rx.bytes, rx.length / NET_SLOT_SIZE, tx.bytes, tx.length / NET_SLOT_SIZE,
                                ARGUMENT(4) == JS_TRUE};
    if (memory.rx_slots == 0 || memory.tx_slots == 0)
        return engine_throw_range(context, "netAcquire: rx and tx need room for a slot of 2048 bytes at least");
    int handle = name[0] == 0 ? -1 : net_acquire(name, &memory, &info);
    if (handle < 0 || handle >= DEVICES_MAX) return js_int(-1);
    /* The device uses this memory for ever: these references are never given back. */
    for (u32 n = 1; n <= 3; n++) JS_DupValue(context, ARGUMENT(n));
    net_state[handle] = state;
    state_set(state, STATE_MTU, info.mtu);
    state_set(state, STATE_OFFLOADS, info.offloads);
    for (u32 n = 0; n < 6; n++) state_set(state, STATE_MAC + n, info.mac[n]);
    return js_int(handle);
}

NATIVE(netRead) {
    u32 handle, offset = 0, flags = 0;
    if (!handle_of(context, ARGUMENT(0), net_state, &handle)) return JS_EXCEPTION;
    u32 state = net_state[handle];
    uint32_t dropped = state_get(state, STATE_RX_DROPPED);
    u32 length = net_read((int)handle, &offset, &dropped, &flags);
    state_set(state, STATE_RX_OFFSET, offset);
    state_set(state, STATE_RX_DROPPED, dropped);
    state_set(state, STATE_RX_FLAGS, flags);
    return js_int((s32)length);
}

NATIVE(netReserve) {
    u32 handle;
    if (!handle_of(context, ARGUMENT(0), net_state, &handle)) return JS_EXCEPTION;
    u64 length = state_get(net_state[handle], STATE_MTU) + 14u;
    if (argc > 1 && !platform_whole(context, ARGUMENT(1), &length)) return JS_EXCEPTION;
    return js_int(length > NET_LARGE_FRAME ? -1 : net_reserve((int)handle, (u32)length));
}

NATIVE(netSend) {
    u32 handle;
    u64 offset, length, offload = 0;
    if (!handle_of(context, ARGUMENT(0), net_state, &handle) || !platform_whole(context, ARGUMENT(1), &offset) ||
        !platform_whole(context, ARGUMENT(2), &length) || (argc > 3 && !platform_whole(context, ARGUMENT(3), &offload)))
        return JS_EXCEPTION;
    int sent = (offset | length | offload) >> 31 ? -1 : net_send((int)handle, (u32)offset, (u32)length, (u32)offload);
    if (sent < 0)
        return engine_throw_range(context,
                                  "netSend: not the place reserved last, too long, or not what the device does");
    u32 state = net_state[handle];
    if (sent == 0) state_set(state, STATE_TX_DROPPED, state_get(state, STATE_TX_DROPPED) + 1);
    return JS_UNDEFINED;
}

NATIVE(blockAcquire) {
    char name[NAME_MAX];
    struct block_info info;
    if (!device_name(context, ARGUMENT(0), name)) return JS_EXCEPTION;
    u32 state = platform_state(context, ARGUMENT(1), 8, 2);
    if (state == 0) return JS_EXCEPTION;
    int handle = name[0] == 0 ? -1 : block_acquire(name, &info);
    if (handle < 0 || handle >= DEVICES_MAX) return js_int(-1);
    block_size[handle] = info.block_size;
    f64_store(state, info.block_size);
    f64_store((u64)state + 8u, (f64)info.blocks);
    return js_int(handle);
}

/* (handle, block, bytes, offset) of a block operation; false: an exception was thrown. */
static bool block_arguments(u32 context, u32 argc, u32 argv, u32 *handle, u64 *block, struct range *bytes) {
    return handle_of(context, ARGUMENT(0), block_size, handle) && platform_whole(context, ARGUMENT(1), block) &&
           platform_range(context, ARGUMENT(2), ARGUMENT(3), js_int((s32)block_size[*handle]), bytes);
}

NATIVE(blockRead) {
    u32 handle;
    u64 block;
    struct range into;
    if (!block_arguments(context, argc, argv, &handle, &block, &into)) return JS_EXCEPTION;
    return js_int(block_read((int)handle, block, into.bytes));
}

NATIVE(blockWrite) {
    u32 handle;
    u64 block;
    struct range from;
    if (!block_arguments(context, argc, argv, &handle, &block, &from)) return JS_EXCEPTION;
    return js_int(block_write((int)handle, block, from.bytes));
}
