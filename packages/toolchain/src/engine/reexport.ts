/**
 * A WebAssembly module that imports functions from the host and exports them again, all as `f0`, `f1`… from `host`.
 *
 * Tables take only functions that some WebAssembly module exported: this makes them of JavaScript functions. The type is
 * the engine's JSCFunction: (JSContext *, JSValue this, int argc, JSValue *argv) -> JSValue.
 */
export function reexportModule(count: number): Uint8Array {
  const I32 = 0x7f;
  const I64 = 0x7e;
  const names = Array.from({ length: count }, (_, index) => text(`f${index}`));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 4, I32, I64, I32, I32, 1, I64]),
    ...section(2, [...leb(count), ...names.flatMap((name) => [...text("host"), ...name, 0x00, 0x00])]),
    ...section(7, [...leb(count), ...names.flatMap((name, index) => [...name, 0x00, ...leb(index)])]),
  ]);
}

function section(id: number, body: number[]): number[] {
  return [id, ...leb(body.length), ...body];
}

function text(value: string): number[] {
  return [...leb(value.length), ...new TextEncoder().encode(value)];
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
