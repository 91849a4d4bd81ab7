import { machineRng } from "../rng.ts";

/** Web Cryptography's random numbers; `crypto.subtle` is in crypto-subtle.ts, because it needs a module of the engine. */

const MAX_RANDOM_BYTES = 65_536;
const INTEGER_ARRAYS = new Set([
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
]);
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export const crypto = {
  get subtle(): (typeof globalThis.crypto)["subtle"] {
    throw new DOMException(
      "write crypto.subtle out: an image carries the module for it only when the bundler sees that expression",
      "NotSupportedError",
    );
  },

  getRandomValues<T extends ArrayBufferView>(array: T): T {
    const kind = Object.prototype.toString.call(array).slice(8, -1);
    if (!INTEGER_ARRAYS.has(kind)) {
      throw new DOMException("getRandomValues() takes an integer array", "TypeMismatchError");
    }
    if (array.byteLength > MAX_RANDOM_BYTES) {
      throw new DOMException(
        `getRandomValues() fills at most ${MAX_RANDOM_BYTES} bytes, not ${array.byteLength}`,
        "QuotaExceededError",
      );
    }
    machineRng().fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  },

  /** RFC 9562 5.4. */
  randomUUID() {
    const bytes = machineRng().fill(new Uint8Array(16));
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    let text = "";
    for (let index = 0; index < 16; index++) {
      if (index === 4 || index === 6 || index === 8 || index === 10) text += "-";
      text += HEX[bytes[index]!];
    }
    return text as `${string}-${string}-${string}-${string}-${string}`;
  },
};

export { crypto as "globalThis.crypto" };
