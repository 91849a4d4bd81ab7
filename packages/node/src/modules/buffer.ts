/**
 * `buffer`: the npm package of that name. UTF-8, which clients' texts are, goes through the native encoder and decoder: the
 * package's loops over bytes take 30 times as long in an interpreter. `base64url`, which the package does not write, is here.
 */
import { Buffer, INSPECT_MAX_BYTES, kMaxLength, SlowBuffer } from "buffer/index.js";

const isUtf8 = (encoding: string | undefined): boolean =>
  encoding === undefined || encoding === "utf8" || encoding === "utf-8" || encoding === "UTF-8" || encoding === "UTF8";

// Made when they are needed: this module stands behind a global, and is evaluated before those that it needs itself where
// modules import each other in a circle.
let decoder: InstanceType<typeof TextDecoder> | undefined;
let encoder: InstanceType<typeof TextEncoder> | undefined;
const { toString: slowToString } = Buffer.prototype;
const slowFrom: (...args: unknown[]) => Buffer = Buffer.from as never;
const slowByteLength = Buffer.byteLength;
const knowsEncoding = Buffer.isEncoding;

const isBase64Url = (encoding: unknown): boolean =>
  typeof encoding === "string" && encoding.toLowerCase() === "base64url";

Buffer.prototype.toString = function (this: Buffer, encoding?: string, start = 0, end = this.length): string {
  if (isBase64Url(encoding)) {
    const text = slowToString.call(this, "base64", start, end);
    return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }
  if (!isUtf8(encoding)) return slowToString.call(this, encoding, start, end);
  const from = Math.max(0, start | 0);
  const to = Math.min(this.length, end | 0);
  if (from >= to) return "";
  decoder ??= new TextDecoder("utf-8", { ignoreBOM: true });
  return decoder.decode(new Uint8Array(this.buffer, this.byteOffset + from, to - from));
};

Buffer.from = ((...args: unknown[]): Buffer => {
  const [text, encoding] = args;
  // Its base64 takes both alphabets.
  if (isBase64Url(encoding)) return slowFrom(text, "base64");
  if (typeof text !== "string" || !isUtf8(encoding as string | undefined)) return slowFrom(...args);
  encoder ??= new TextEncoder();
  const bytes = encoder.encode(text);
  return slowFrom(bytes.buffer, bytes.byteOffset, bytes.length);
}) as typeof Buffer.from;

Buffer.byteLength = (text, encoding) => {
  if (isBase64Url(encoding)) return slowByteLength(text, "base64");
  if (typeof text !== "string" || !isUtf8(encoding)) return slowByteLength(text, encoding);
  // Up to 3 bytes a unit: counted without making them.
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) length++;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      length += 2;
      index++;
    } else length += 2;
  }
  return length;
};

Buffer.isEncoding = (name) => isBase64Url(name) || knowsEncoding(name);

const { atob, btoa } = globalThis;

export { atob, Buffer, btoa, INSPECT_MAX_BYTES, kMaxLength, SlowBuffer };
export const constants: { readonly MAX_LENGTH: number; readonly MAX_STRING_LENGTH: number } = {
  MAX_LENGTH: kMaxLength,
  MAX_STRING_LENGTH: 0x1fffffe8,
};
export default { Buffer, SlowBuffer, INSPECT_MAX_BYTES, kMaxLength, constants, atob, btoa };
