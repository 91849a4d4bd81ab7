/** The native platform module inside the bare engine, as far as the globals need it. */

// Not by its global name: that is what the bundler replaces.
const engine = globalThis as unknown as {
  TextEncoder: new () => { encode(text: string): Uint8Array };
  TextDecoder: new (label: string, options: object) => { decode(bytes: Uint8Array): string };
};
const encoder = new engine.TextEncoder();
const decoder = new engine.TextDecoder("utf-8", { ignoreBOM: true });

export const consoleWrite = (): void => {};
export const monotonic = (): number => 0;
export const wall = (): number => 0;
export const exit = (): void => {};
export const register = (): void => {};
export const utf8Decode = (bytes: Uint8Array, offset: number, length: number): string =>
  decoder.decode(bytes.slice(offset, offset + length));
export function utf8Encode(text: string, into: Uint8Array, offset: number): number {
  const bytes = encoder.encode(text);
  if (offset + bytes.length > into.length) return -1;
  into.set(bytes, offset);
  return bytes.length;
}
export function copy(to: Uint8Array, toOffset: number, from: Uint8Array, fromOffset: number, length: number): void {
  to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
}

const absent = (): never => {
  throw new Error("not in this test");
};

export {
  absent as blockAcquire,
  absent as blockRead,
  absent as blockWrite,
  absent as chacha20,
  absent as checksum,
  absent as commandLine,
  absent as entropy,
  absent as equal,
  absent as findByte,
  absent as findInSet,
  absent as latin1Decode,
  absent as netAcquire,
  absent as netRead,
  absent as netReserve,
  absent as netSend,
  absent as seedMathRandom,
  absent as seedRandom,
  absent as setWall,
};
