import { Buffer } from "node:buffer";
import { TextDecoder, TextEncoder } from "node:util";
import type { ByteHelpers } from "@soloist/interface";
import { assertRange, byteLoops } from "@soloist/testing";

// By name, as all of Node.js here: the image's own, which the bundle of an app puts in the place of the globals, call these.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** The loops over bytes that are native in an image. */
export const byteHelpers: ByteHelpers = {
  ...byteLoops,

  utf8Decode(bytes, offset, length) {
    assertRange(bytes, offset, length);
    return decoder.decode(bytes.subarray(offset, offset + length));
  },

  utf8Encode(text, into, offset) {
    assertRange(into, offset, 0);
    const bytes = encoder.encode(text);
    if (offset + bytes.length > into.length) return -1;
    into.set(bytes, offset);
    return bytes.length;
  },

  latin1Decode(bytes, offset, length) {
    assertRange(bytes, offset, length);
    return Buffer.from(bytes.buffer, bytes.byteOffset + offset, length).toString("latin1");
  },
};
