/**
 * StructuredClone of the HTML Standard. Own, because the engine's module can neither transfer nor clone boxed primitives and
 * overflows the stack on deep values; this one keeps a list of what is still to be filled in.
 */

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  EvalError: EvalError as ErrorConstructor,
  RangeError: RangeError as ErrorConstructor,
  ReferenceError: ReferenceError as ErrorConstructor,
  SyntaxError: SyntaxError as ErrorConstructor,
  TypeError: TypeError as ErrorConstructor,
  URIError: URIError as ErrorConstructor,
};

const BOXES = [Boolean, Number, String, BigInt];

type View = ArrayBufferView & { readonly length?: number };
type ViewConstructor = new (buffer: ArrayBufferLike, offset: number, length: number | undefined) => View;

/** @throws DOMException `DataCloneError` for functions, symbols, promises, weak collections and buffers listed twice */
export function structuredClone<T>(value: T, options: { transfer?: readonly ArrayBuffer[] } = {}): T {
  const clones = new Map<object, unknown>();
  const pending: (() => void)[] = [];
  const transfer = new Set(options.transfer ?? []);
  for (const buffer of transfer) {
    if (!(buffer instanceof ArrayBuffer) || buffer.detached) fail("a value that is not an ArrayBuffer with data");
  }
  if (transfer.size !== (options.transfer?.length ?? 0)) fail("a list of transfers that names a buffer twice");

  const clone = (source: unknown): unknown => {
    if (typeof source === "symbol") fail(String(source));
    if (typeof source === "function") fail("a function");
    if (typeof source !== "object" || source === null) return source;
    if (clones.has(source)) return clones.get(source);
    const copy = shallow(source);
    clones.set(source, copy);
    return copy;
  };

  const properties = (source: object, copy: object): void => {
    for (const key of Object.keys(source)) {
      const item = clone((source as Record<string, unknown>)[key]);
      Object.defineProperty(copy, key, { value: item, writable: true, enumerable: true, configurable: true });
    }
  };

  /** A copy whose contents come later, from `pending`. */
  const shallow = (source: object): unknown => {
    if (Array.isArray(source)) {
      const copy: unknown[] = new Array(source.length);
      pending.push(() => properties(source, copy));
      return copy;
    }
    if (BOXES.some((kind) => source instanceof kind)) return Object(source.valueOf());
    if (source instanceof Date) return new Date(source.getTime());
    if (source instanceof RegExp) return new RegExp(source.source, source.flags);
    if (source instanceof ArrayBuffer) {
      if (source.detached) fail("a detached ArrayBuffer");
      return transfer.has(source) ? source.transfer() : source.slice(0);
    }
    if (source instanceof SharedArrayBuffer) return source;
    if (ArrayBuffer.isView(source)) return cloneView(source, clone as (buffer: ArrayBufferLike) => ArrayBufferLike);
    if (source instanceof Map) {
      const copy = new Map();
      const entries = [...source];
      pending.push(() => {
        for (const [key, item] of entries) copy.set(clone(key), clone(item));
      });
      return copy;
    }
    if (source instanceof Set) {
      const copy = new Set();
      const items = [...source];
      pending.push(() => {
        for (const item of items) copy.add(clone(item));
      });
      return copy;
    }
    if (source instanceof Error) {
      const copy = cloneError(source);
      if (Object.hasOwn(source, "cause")) {
        pending.push(() => {
          const value = clone(source.cause);
          Object.defineProperty(copy, "cause", { value, writable: true, configurable: true });
        });
      }
      return copy;
    }
    for (const kind of [Symbol, Promise, WeakMap, WeakSet, WeakRef, FinalizationRegistry]) {
      if (source instanceof kind) fail(`a ${kind.name}`);
    }
    const copy = {};
    pending.push(() => properties(source, copy));
    return copy;
  };

  const result = clone(value);
  for (let fill = pending.pop(); fill !== undefined; fill = pending.pop()) fill();
  for (const buffer of transfer) if (!buffer.detached) buffer.transfer();
  return result as T;
}

function cloneView(source: ArrayBufferView, clone: (buffer: ArrayBufferLike) => ArrayBufferLike): ArrayBufferView {
  // Read first: cloning the buffer may transfer it, which leaves the view without a length.
  const { byteOffset, byteLength } = source;
  const { length } = source as View;
  const buffer = clone(source.buffer);
  if (source instanceof DataView) return new DataView(buffer, byteOffset, byteLength);
  const name = Object.prototype.toString.call(source).slice(8, -1);
  const Constructor = (globalThis as unknown as Record<string, ViewConstructor>)[name]!;
  return new Constructor(buffer, byteOffset, length);
}

function cloneError(source: Error): Error {
  const error = new (ERRORS[source.name] ?? Error)(String(source.message));
  if (typeof source.stack === "string") {
    Object.defineProperty(error, "stack", { value: source.stack, writable: true, configurable: true });
  }
  return error;
}

function fail(what: string): never {
  throw new DOMException(`${what} could not be cloned.`, "DataCloneError");
}

export { structuredClone as "globalThis.structuredClone" };
