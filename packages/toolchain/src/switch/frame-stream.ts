import { MAX_FRAME } from "./switch.ts";

const LENGTH_SIZE = 4;

/** Thrown at a stream that is not one of frames: nothing behind the bad length can be found. */
export class FrameStreamError extends Error {
  override readonly name = "FrameStreamError";
}

/**
 * Takes frames out of a byte stream, each behind its length in four bytes, big-endian: QEMU's `-netdev stream`.
 *
 * The returned function takes the next chunk; frames may be parts of it, valid as long as it is.
 */
export function createFrameReader(deliver: (frame: Uint8Array) => void): (chunk: Uint8Array) => void {
  let rest = new Uint8Array(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : concatenate(rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= LENGTH_SIZE) {
      const length = view.getUint32(at);
      if (length > MAX_FRAME) throw new FrameStreamError(`a frame of ${length} bytes; ${MAX_FRAME} are possible`);
      if (bytes.length - at - LENGTH_SIZE < length) break;
      at += LENGTH_SIZE;
      deliver(bytes.subarray(at, at + length));
      at += length;
    }
    rest = new Uint8Array(bytes.subarray(at));
  };
}

/** A frame as it goes into the stream. */
export function emitFrame(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH_SIZE + frame.length);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  bytes.set(frame, LENGTH_SIZE);
  return bytes;
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
