/**
 * JSValues of the engine as 64-bit integers. On 32-bit machines, which WebAssembly is for it, QuickJS-ng boxes values into
 * NaNs: a tag in the upper half, an integer or address in the lower, and doubles moved by a constant out of the tags' way.
 */
export type JsValue = bigint;

const TAG_FIRST = -9n;
const TAG_INT = 0n;
const TAG_BOOL = 1n;
const TAG_NULL = 2n;
const TAG_UNDEFINED = 3n;
const TAG_EXCEPTION = 6n;
const TAG_FLOAT64 = 8n;
const FLOAT64_ADDEND = (0x7ff80000n - TAG_FIRST + 1n) << 32n;

const box = (tag: bigint, payload = 0n): JsValue => BigInt.asUintN(64, (tag << 32n) | payload);
const tagOf = (value: JsValue) => BigInt.asIntN(32, BigInt.asUintN(64, value) >> 32n);

export const UNDEFINED = box(TAG_UNDEFINED);
export const NULL = box(TAG_NULL);
export const FALSE = box(TAG_BOOL, 0n);
export const TRUE = box(TAG_BOOL, 1n);
export const EXCEPTION = box(TAG_EXCEPTION);

const scratch = new DataView(new ArrayBuffer(8));

export function numberValue(value: number): JsValue {
  if (Number.isInteger(value) && value >= -0x80000000 && value <= 0x7fffffff && !Object.is(value, -0)) {
    return box(TAG_INT, BigInt.asUintN(32, BigInt(value)));
  }
  scratch.setFloat64(0, value);
  return BigInt.asUintN(64, scratch.getBigUint64(0) - FLOAT64_ADDEND);
}

/** The number in a value, or undefined when it holds something else. */
export function numberOf(value: JsValue): number | undefined {
  const tag = tagOf(value);
  if (tag === TAG_INT) return Number(BigInt.asIntN(32, value));
  if (tag >= TAG_FIRST && tag < TAG_FLOAT64) return undefined;
  scratch.setBigUint64(0, BigInt.asUintN(64, value + FLOAT64_ADDEND));
  return scratch.getFloat64(0);
}

export const isException = (value: JsValue) => tagOf(value) === TAG_EXCEPTION;
export const isUndefined = (value: JsValue) => tagOf(value) === TAG_UNDEFINED;
/** Linear memory address of an object, string or other value with a reference count. */
export const addressOf = (value: JsValue) => Number(BigInt.asUintN(32, value));
