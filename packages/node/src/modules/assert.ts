/** `assert`: what clients use of it. Messages are shorter than Node's: no differences line by line. */
import { inspect } from "../inspect.ts";

export class AssertionError extends Error {
  readonly code = "ERR_ASSERTION";
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;
  readonly generatedMessage: boolean;

  constructor(options: { message?: string; actual?: unknown; expected?: unknown; operator?: string }) {
    const { message, actual, expected, operator = "fail" } = options;
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.name = "AssertionError";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    this.generatedMessage = message === undefined;
  }
}

type Message = string | Error | undefined;

function check(holds: unknown, actual: unknown, expected: unknown, operator: string, message: Message): void {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ actual, expected, operator, ...(message === undefined ? {} : { message }) });
}

export function isDeepEqual(a: unknown, b: unknown, strict: boolean): boolean {
  if (strict ? Object.is(a, b) : a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    // biome-ignore lint/suspicious/noDoubleEquals: that is what loose equality is
    return !strict && a == b;
  }
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof RegExp && b instanceof RegExp) return String(a) === String(b);
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && isDeepEqual(value, b.get(key), strict));
  }
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((value) => b.has(value));
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  return keys.every((key) => Object.hasOwn(b, key) && isDeepEqual(left[key], right[key], strict));
}

export function ok(value: unknown, message?: Message): asserts value {
  check(value, value, true, "==", message);
}

export function fail(message: Message = "Failed"): never {
  throw message instanceof Error ? message : new AssertionError({ message });
}

/** Equal as `==` says, and NaN to itself. */
const isLooselyEqual = (a: unknown, b: unknown): boolean =>
  // biome-ignore lint/suspicious/noDoubleEquals: that is what loose equality is
  a == b || (Number.isNaN(a) && Number.isNaN(b));

export const equal = (a: unknown, b: unknown, message?: Message): void =>
  check(isLooselyEqual(a, b), a, b, "==", message);
export const notEqual = (a: unknown, b: unknown, message?: Message): void =>
  check(!isLooselyEqual(a, b), a, b, "!=", message);
export const strictEqual = (a: unknown, b: unknown, message?: Message): void =>
  check(Object.is(a, b), a, b, "strictEqual", message);
export const notStrictEqual = (a: unknown, b: unknown, message?: Message): void =>
  check(!Object.is(a, b), a, b, "notStrictEqual", message);
export const deepEqual = (a: unknown, b: unknown, message?: Message): void =>
  check(isDeepEqual(a, b, false), a, b, "deepEqual", message);
export const deepStrictEqual = (a: unknown, b: unknown, message?: Message): void =>
  check(isDeepEqual(a, b, true), a, b, "deepStrictEqual", message);

export function throws(work: () => unknown, message?: Message): void {
  try {
    work();
  } catch {
    return;
  }
  check(false, undefined, undefined, "throws", message ?? "Missing expected exception");
}

function assert(value: unknown, message?: Message): asserts value {
  ok(value, message);
}

const parts = {
  AssertionError,
  ok,
  fail,
  equal,
  notEqual,
  strictEqual,
  notStrictEqual,
  deepEqual,
  deepStrictEqual,
  throws,
};

type Assert = typeof assert & typeof parts & { strict: unknown };

export const strict: Assert = Object.assign((value: unknown, message?: Message) => ok(value, message), parts, {
  equal: strictEqual,
  notEqual: notStrictEqual,
  deepEqual: deepStrictEqual,
}) as unknown as Assert;
strict.strict = strict;

const all: Assert = Object.assign(assert, parts, { strict });
export default all;
