import { bytes } from "../bytes.ts";

/** Opcodes (RFC 6455 5.2). */
export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;
export type Opcode = typeof CONTINUATION | typeof TEXT | typeof BINARY | typeof CLOSE | typeof PING | typeof PONG;

export const FIN = 0x80;
export const MASKED = 0x80;

/** RFC 6455 5.5: payload of a control frame. */
export const MAX_CONTROL = 125;
/** RFC 6455 5.2: 2 bytes, 8 of extended length, 4 of masking key. */
export const MAX_HEADER = 14;

/** Bytes of an unmasked frame's header. */
export function frameHeaderLength(payload: number): number {
  return payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
}

/** Writes the header of an unmasked, final frame and returns its length. */
export function emitFrameHeader(into: Uint8Array, at: number, opcode: Opcode, payload: number): number {
  into[at] = FIN | opcode;
  if (payload < 126) {
    into[at + 1] = payload;
    return 2;
  }
  if (payload < 65_536) {
    into[at + 1] = 126;
    into[at + 2] = payload >>> 8;
    into[at + 3] = payload & 0xff;
    return 4;
  }
  const high = Math.floor(payload / 0x1_0000_0000);
  into[at + 1] = 127;
  for (let index = 0; index < 4; index++) {
    into[at + 2 + index] = (high >>> (24 - 8 * index)) & 0xff;
    into[at + 6 + index] = (payload >>> (24 - 8 * index)) & 0xff;
  }
  return 10;
}

/** Where frames are built, one at a time: a frame that the flow takes at once allocates nothing. */
const CAPACITY = 16 * 1024;
const scratch: Uint8Array<ArrayBuffer> = new Uint8Array(CAPACITY);

/** A frame in a buffer that the next {@link buildFrame} writes over. */
export interface Frame {
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly length: number;
}
const built: { buffer: Uint8Array<ArrayBuffer>; length: number } = { buffer: scratch, length: 0 };

/** Builds a whole, unmasked frame of a message. Valid until the next call. */
export function buildFrame(message: string | Uint8Array): Frame {
  const text = typeof message === "string";
  const most = MAX_HEADER + (text ? 3 * message.length : message.length);
  if (most > CAPACITY) {
    // Not kept: one large message must not hold memory for ever.
    built.buffer = new Uint8Array(most);
  } else {
    built.buffer = scratch;
  }
  const buffer = built.buffer;
  if (!text) {
    const header = emitFrameHeader(buffer, 0, BINARY, message.length);
    bytes.copy(buffer, header, message, 0, message.length);
    built.length = header + message.length;
    return built;
  }
  // Most text is ASCII: as many bytes as units.
  let header = frameHeaderLength(message.length);
  let length = bytes.utf8Encode(message, buffer, header);
  if (frameHeaderLength(length) !== header) {
    header = frameHeaderLength(length);
    length = bytes.utf8Encode(message, buffer, header);
  }
  emitFrameHeader(buffer, 0, TEXT, length);
  built.length = header + length;
  return built;
}

/** A control frame of its own. @throws RangeError for a payload above {@link MAX_CONTROL}. */
export function controlFrame(opcode: typeof CLOSE | typeof PING | typeof PONG, payload: Uint8Array): Uint8Array {
  if (payload.length > MAX_CONTROL) {
    throw new RangeError(`A control frame holds ${MAX_CONTROL} bytes at most, not ${payload.length}`);
  }
  const frame = new Uint8Array(2 + payload.length);
  emitFrameHeader(frame, 0, opcode, payload.length);
  frame.set(payload, 2);
  return frame;
}
