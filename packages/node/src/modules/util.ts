/** `util`: what clients use of it. */
import { type InspectOptions, inspect } from "../inspect.ts";
import { isDeepEqual } from "./assert.ts";
import types from "./util/types.ts";

export { type InspectOptions, inspect, types };

// biome-ignore lint/suspicious/noExplicitAny: any function may be promisified
type AnyFunction = (...args: any[]) => any;
// biome-ignore lint/suspicious/noExplicitAny: any class may be inherited from
type AnyClass = { prototype: any };

export function format(...args: unknown[]): string {
  return formatWithOptions({}, ...args);
}

export function formatWithOptions(options: InspectOptions, ...args: unknown[]): string {
  let next = 0;
  let text = "";
  if (typeof args[0] === "string") {
    next = 1;
    text = args[0].replace(/%[sdifjoOc%]/g, (directive) => {
      if (directive === "%%") return args.length > 1 ? "%" : "%%";
      if (next >= args.length) return directive;
      const value = args[next++];
      switch (directive) {
        case "%s":
          return typeof value === "object" && value !== null ? inspect(value, { ...options, depth: 0 }) : String(value);
        case "%d":
          return String(typeof value === "bigint" ? value : Number(value));
        case "%i":
          return String(Number.parseInt(String(value), 10));
        case "%f":
          return String(Number.parseFloat(String(value)));
        case "%j":
          return JSON.stringify(value) ?? "undefined";
        case "%c":
          return "";
        default:
          return inspect(value, options);
      }
    });
  }
  for (; next < args.length; next++) {
    const value = args[next];
    text += (next === 0 ? "" : " ") + (typeof value === "string" ? value : inspect(value, options));
  }
  return text;
}

export function inherits(child: AnyClass, parent: AnyClass): void {
  Object.defineProperty(child, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(child.prototype, parent.prototype);
}

const CUSTOM_PROMISIFIED: unique symbol = Symbol.for("nodejs.util.promisify.custom") as never;

export function promisify(work: AnyFunction): AnyFunction {
  const custom = (work as unknown as Record<symbol, AnyFunction | undefined>)[CUSTOM_PROMISIFIED];
  if (custom !== undefined) return custom;
  return function (this: unknown, ...args: unknown[]) {
    return new Promise((resolve, reject) => {
      work.call(this, ...args, (error: unknown, value: unknown) => (error ? reject(error) : resolve(value)));
    });
  };
}
promisify.custom = CUSTOM_PROMISIFIED;

export function callbackify(work: AnyFunction): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    const done = args.pop() as (error: unknown, value?: unknown) => void;
    (work.apply(this, args) as Promise<unknown>).then(
      (value) => queueMicrotask(() => done(null, value)),
      (error) => queueMicrotask(() => done(error ?? new Error("rejected without a reason"))),
    );
  };
}

/** Warns once, when `work` is first called. */
export function deprecate<T extends AnyFunction>(work: T, message: string): T {
  let told = false;
  return function (this: unknown, ...args: unknown[]) {
    if (!told) console.warn(`DeprecationWarning: ${message}`);
    told = true;
    return work.apply(this, args);
  } as T;
}

/** Without an environment, no section is on. */
export function debuglog(_section: string): AnyFunction {
  return Object.assign(() => {}, { enabled: false });
}

export const isDeepStrictEqual = (a: unknown, b: unknown): boolean => isDeepEqual(a, b, true);
export const isArray = Array.isArray;
export const stripVTControlCharacters = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with
  text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "");

const Encoder = TextEncoder;
const Decoder = TextDecoder;

export { Decoder as TextDecoder, Encoder as TextEncoder };

export default {
  format,
  formatWithOptions,
  inspect,
  inherits,
  promisify,
  callbackify,
  deprecate,
  debuglog,
  debug: debuglog,
  isDeepStrictEqual,
  isArray,
  stripVTControlCharacters,
  types,
  TextEncoder: Encoder,
  TextDecoder: Decoder,
};
