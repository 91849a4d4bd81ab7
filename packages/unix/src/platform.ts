/**
 * The functions of `native:platform` (packages/runtime/src/native-platform.d.ts), on Node.js. The bundle of an app imports
 * this module in the place of the kernel's.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, getRandomValues } from "node:crypto";
import process from "node:process";
import { getHeapStatistics } from "node:v8";
import { byteHelpers } from "./bytes.ts";
import { prependAddresses } from "./link.ts";
import { readMonotonic, settings } from "./machine.ts";
import { assertBooted } from "./top-level.ts";

export { blockAcquire, blockRead, blockWrite } from "./block.ts";
export { netAcquire, netRead, netReserve, netSend } from "./link.ts";
export { register } from "./machine.ts";

export const {
  checksum,
  findByte,
  findInSet,
  copy,
  equal,
  utf8Decode,
  utf8Encode,
  latin1Decode,
  parseSegment,
  emitSegment,
} = byteHelpers;

/** The image's arguments. A stack on the simulated link is told its address, unless somebody did. */
export function commandLine(): string {
  return prependAddresses(settings.commandLine);
}

/** V8's heap; it does not say how often it collected. */
export function memoryUsage(into: Float64Array): void {
  const { heapTotal, heapUsed } = process.memoryUsage();
  const { heap_size_limit: limit } = getHeapStatistics();
  into.set([heapTotal, limit, heapUsed, limit, 0]);
}

export function exit(code: number): never {
  return process.exit(code);
}

export function crash(kind: string): never {
  process.stdout.write(`crash("${kind}"): a machine that is played by Node.js ends instead\n`);
  return process.exit(255);
}

const HERE = `${process.cwd()}/`;

/** Paths in stacks are shown as one would type them. */
export function consoleWrite(text: string | Uint8Array): void {
  process.stdout.write(
    typeof text === "string" && text.includes("    at ")
      ? text.replaceAll(`file://${HERE}`, "").replaceAll(HERE, "")
      : text,
  );
}

export function monotonic(): number {
  assertBooted("performance.now");
  return readMonotonic();
}

export function wall(): number {
  assertBooted("the wall clock");
  return Date.now();
}

/** The clock is the host's, and everybody's on it. */
export function setWall(_base: number, _slew: number, _from: number, _rate: number): void {}

/** The host's generator stands for the processor's instructions. */
export function entropy(_source: 0 | 1 | 2 | 3, into: Uint8Array): number {
  getRandomValues(into as Uint8Array<ArrayBuffer>);
  return into.length;
}

/** V8 seeds its Math.random itself. */
export function seedMathRandom(_seed: Uint8Array): void {}

/** So does OpenSSL, below `crypto.subtle`. */
export function seedRandom(_seed: Uint8Array): void {}

export function chacha20(
  key: Uint8Array,
  nonce: Uint8Array,
  counter: number,
  into: Uint8Array,
  offset: number,
  length: number,
): void {
  const start = new Uint8Array(16);
  new DataView(start.buffer).setUint32(0, counter, true);
  start.set(nonce, 4);
  into.set(createCipheriv("chacha20", key, start).update(new Uint8Array(length)), offset);
}

export function base64Encode(bytes: Uint8Array, offset: number, length: number): string {
  if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError("range outside of its view");
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, length).toString("base64");
}

export function base64Decode(text: string, into: Uint8Array, offset: number): number {
  if (offset < 0 || offset > into.length) throw new RangeError("range outside of its view");
  const compact = text.replace(/[\t\n\f\r ]/g, "");
  const digits = compact.length % 4 === 0 ? compact.replace(/={1,2}$/, "") : compact;
  if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1) return -1;
  const decoded = Buffer.from(digits, "base64");
  if (offset + decoded.length > into.length) return -1;
  into.set(decoded, offset);
  return decoded.length;
}
