/**
 * A contract as a list of named cases that throw when it is broken, whatever runs them.
 *
 * @example
 * for (const { name, run } of flowSuite(connectPair)) it(name, run);
 */
export interface Case {
  /** A claim. */
  readonly name: string;
  run(): Promise<void>;
}

export function check(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new Error(`contract broken: ${claim}`);
}

export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) {
    throw new Error(`contract broken: ${what} is ${String(actual)}, expected ${String(expected)}`);
  }
}

export function checkBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  checkEqual(actual.length, expected.length, `length of ${what}`);
  for (let index = 0; index < expected.length; index++) {
    if (actual[index] !== expected[index]) throw new Error(`contract broken: ${what} differs at byte ${index}`);
  }
}

/** Checks that `action` throws or rejects with this `code`. */
export async function checkCode(code: string, action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    checkEqual((error as { code?: unknown }).code, code, "code of the error");
    return;
  }
  throw new Error(`contract broken: no error; expected ${code}`);
}

/** Bytes that differ from their neighbours and from those of other seeds. */
export function pattern(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  let value = (seed * 2654435761 + 1) >>> 0;
  for (let index = 0; index < length; index++) {
    value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
    bytes[index] = value >>> 24;
  }
  return bytes;
}
