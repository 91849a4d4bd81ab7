/**
 * Parsers for parameters. Each returns a function from the text of the command line to a value; its errors say what was
 * expected, and the runtime puts the parameter's name in front.
 */

/** A whole number within bounds. */
export function integer(bounds: { min?: number; max?: number } = {}): (text: string) => number {
  const min = bounds.min ?? Number.MIN_SAFE_INTEGER;
  const max = bounds.max ?? Number.MAX_SAFE_INTEGER;
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value) || value < min || value > max) {
      throw new RangeError(`expected a whole number${describeBounds(bounds)}, not ${JSON.stringify(text)}`);
    }
    return value;
  };
}

function describeBounds({ min, max }: { min?: number; max?: number }): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  if (max !== undefined) return ` of at most ${max}`;
  return "";
}

/** Text that is not empty; `pattern` must match all of it, `expected` says so in words. */
export function text(options: { pattern?: RegExp; expected?: string } = {}): (text: string) => string {
  return (value) => {
    const expected = options.expected ?? (options.pattern === undefined ? "some text" : `text like ${options.pattern}`);
    const match = options.pattern?.exec(value);
    if (value === "" || (options.pattern !== undefined && match?.[0] !== value)) {
      throw new RangeError(`expected ${expected}, not ${JSON.stringify(value)}`);
    }
    return value;
  };
}

/** A flag: `--name` alone is "true". */
export function boolean(): (text: string) => boolean {
  return (value) => {
    if (value === "true" || value === "yes" || value === "on" || value === "1") return true;
    if (value === "false" || value === "no" || value === "off" || value === "0") return false;
    throw new RangeError(`expected true or false, not ${JSON.stringify(value)}`);
  };
}

/** One of the given words. */
export function oneOf<const Words extends readonly string[]>(...words: Words): (text: string) => Words[number] {
  return (value) => {
    if (!words.includes(value))
      throw new RangeError(`expected one of ${words.join(", ")}, not ${JSON.stringify(value)}`);
    return value as Words[number];
  };
}
