import { getRandomValues } from "node:crypto";
import type { NativeFunction } from "./create-engine.ts";
import type { Engine } from "./engine.ts";
import { EXCEPTION, FALSE, type JsValue, numberOf, numberValue, TRUE, UNDEFINED } from "./values.ts";

/** How the functions of the platform behave while an app's top level is evaluated. */
export interface PlatformOptions {
  /**
   * Whether the top level becomes part of the image: then everything that differs from boot to boot throws. Without it
   * (`--no-snapshot`, evaluated only to learn the manifest) clocks and entropy are those of this machine.
   */
  readonly snapshot: boolean;
  /** Called when the app calls `run`. */
  register(handlers: JsValue): void;
  consoleWrite(bytes: Uint8Array): void;
}

/** A range of the engine's memory that a Uint8Array covers. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const MESSAGES: Readonly<Record<string, string>> = {
  monotonic: "the clock was read",
  wall: "the clock was read",
  setWall: "the clock was set",
  entropy: "randomness was asked for",
  seedMathRandom: "randomness was asked for",
  seedRandom: "randomness was asked for",
};

/** The message of errors with code `ERR_BUILD_TIME`. */
export function buildTimeMessage(native: string): string {
  return `${MESSAGES[native] ?? `${native}() was called`} while the top level was evaluated, which happens at build time`;
}

/**
 * The functions of `native:platform` for the time of the build, by name. Any other function of the platform is one that
 * only a booted image has, and throws.
 */
export function platformFunctions(getEngine: () => Engine, options: PlatformOptions): (name: string) => NativeFunction {
  const range = (
    view: JsValue | undefined,
    offset: JsValue | undefined,
    length: JsValue | undefined,
  ): Range | undefined => {
    const whole = uint8Array(getEngine(), view ?? UNDEFINED);
    if (!whole) return undefined;
    const at = toIndex(offset);
    const size = length === undefined ? whole.end - whole.start - at : toIndex(length);
    if (at < 0 || size < 0 || whole.start + at + size > whole.end) {
      getEngine().throwRangeError("range outside of its view");
      return undefined;
    }
    return { start: whole.start + at, end: whole.start + at + size };
  };
  const bytesOf = ({ start, end }: Range) => getEngine().bytes.subarray(start, end);
  const text = (value: string) => getEngine().string(value);
  const number = numberValue;

  /** Writes encoded bytes at an offset of a view: how many, or -1 when they do not fit. */
  const store = (encoded: Uint8Array, view: JsValue | undefined, offset: JsValue | undefined): JsValue => {
    const room = range(view, offset, undefined);
    if (!room) return EXCEPTION;
    if (encoded.length > room.end - room.start) return number(-1);
    getEngine().bytes.set(encoded, room.start);
    return number(encoded.length);
  };

  const functions: Record<string, NativeFunction> = {
    register: ([handlers]) => {
      options.register(handlers ?? UNDEFINED);
      return UNDEFINED;
    },
    consoleWrite: ([value]) => {
      const whole = typeof value === "bigint" && uint8Array(getEngine(), value, false);
      options.consoleWrite(
        whole ? bytesOf(whole).slice() : new TextEncoder().encode(getEngine().text(value ?? UNDEFINED)),
      );
      return UNDEFINED;
    },
    checksum: ([view, offset, length, initial]) => {
      const at = range(view, offset, length);
      if (!at) return EXCEPTION;
      const bytes = bytesOf(at);
      let sum = toIndex(initial);
      for (let index = 0; index < bytes.length; index += 2) sum += (bytes[index]! << 8) | (bytes[index + 1] ?? 0);
      while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
      return number(sum);
    },
    findByte: ([view, byte, offset, length]) => {
      const at = range(view, offset, length);
      if (!at) return EXCEPTION;
      const index = bytesOf(at).indexOf(toIndex(byte) & 0xff);
      return number(index < 0 ? -1 : index + toIndex(offset));
    },
    findInSet: ([view, set, offset, length]) => {
      const at = range(view, offset, length);
      const members = range(set, number(0), undefined);
      if (!at || !members) return EXCEPTION;
      const flags = bytesOf(members);
      const index = bytesOf(at).findIndex((byte) => flags[byte] !== 0 && flags[byte] !== undefined);
      return number(index < 0 ? -1 : index + toIndex(offset));
    },
    copy: ([to, toOffset, from, fromOffset, length]) => {
      const source = range(from, fromOffset, length);
      const target = source && range(to, toOffset, length);
      if (!source || !target) return EXCEPTION;
      getEngine().bytes.copyWithin(target.start, source.start, source.end);
      return UNDEFINED;
    },
    equal: ([a, aOffset, b, bOffset, length]) => {
      const left = range(a, aOffset, length);
      const right = left && range(b, bOffset, length);
      if (!left || !right) return EXCEPTION;
      return Buffer.compare(bytesOf(left), bytesOf(right)) === 0 ? TRUE : FALSE;
    },
    utf8Decode: ([view, offset, length]) => {
      const at = range(view, offset, length);
      return at ? text(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(at))) : EXCEPTION;
    },
    utf8Encode: ([value, view, offset]) =>
      store(new TextEncoder().encode(getEngine().text(value ?? UNDEFINED)), view, offset),
    latin1Decode: ([view, offset, length]) => {
      const at = range(view, offset, length);
      return at ? text(Buffer.from(bytesOf(at)).toString("latin1")) : EXCEPTION;
    },
    base64Encode: ([view, offset, length]) => {
      const at = range(view, offset, length);
      return at ? text(Buffer.from(bytesOf(at)).toString("base64")) : EXCEPTION;
    },
    base64Decode: ([value, view, offset]) => {
      const compact = getEngine()
        .text(value ?? UNDEFINED)
        .replace(/[\t\n\f\r ]/g, "");
      const digits = compact.length % 4 === 0 ? compact.replace(/={1,2}$/, "") : compact;
      if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1) return number(-1);
      return store(Buffer.from(digits, "base64"), view, offset);
    },
  };
  if (!options.snapshot) {
    functions.monotonic = () => number(performance.now());
    functions.wall = () => number(Date.now());
    functions.commandLine = () => text("");
    functions.seedMathRandom = functions.seedRandom = functions.setWall = () => UNDEFINED;
    functions.entropy = ([, view]) => {
      const at = range(view, number(0), undefined);
      if (!at) return EXCEPTION;
      getRandomValues(bytesOf(at) as Uint8Array<ArrayBuffer>);
      return number(at.end - at.start);
    };
  }
  return (name) => functions[name] ?? (() => getEngine().throwError(buildTimeMessage(name), "ERR_BUILD_TIME"));
}

const toIndex = (value: JsValue | undefined) => Math.trunc((value === undefined ? 0 : numberOf(value)) ?? 0);

/** Where a Uint8Array's bytes are. Throws a TypeError into the app when it is none, unless `required` is false. */
function uint8Array(engine: Engine, view: JsValue, required = true): Range | undefined {
  const UINT8 = 2;
  if (engine.call("JS_GetTypedArrayType", view) === UINT8) {
    const sizeAt = engine.call("malloc", 4);
    const start = engine.call("JS_GetUint8Array", engine.context, sizeAt, view);
    const size = engine.view.getUint32(sizeAt, true);
    engine.free(sizeAt);
    return { start, end: start + size };
  }
  if (required) engine.throwTypeError("not a Uint8Array");
  return undefined;
}
