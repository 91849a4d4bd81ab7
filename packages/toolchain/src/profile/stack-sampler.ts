import * as at from "./engine-layout.ts";

/** Reads a running guest's linear memory. Valid until the next call. Undefined: it is not there (any more). */
export type ReadMemory = (address: number, length: number) => DataView | undefined;

/** A function of the bundle; or of the kernel or the engine, which have no place. */
export interface SampledFunction {
  /** "" when it has none. */
  readonly name: string;
  /** In the bundle, from 1; 0: no place. */
  readonly line: number;
  readonly column: number;
}

export interface SamplerOptions {
  readonly read: ReadMemory;
  /** JSContext, from the boot record. */
  readonly context: number;
  /** Names of native functions by their slot of the function table. */
  readonly natives: ReadonlyMap<number, string>;
}

/** More than anybody looks at; what is above is left out. */
const MAX_DEPTH = 128;
const MAX_NAME = 200;

/**
 * Reads the JavaScript call stack of a guest that goes on running, from outside. What changes under the hands is noticed by
 * what it points to: such samples are dropped.
 */
export class StackSampler {
  readonly #read: ReadMemory;
  readonly #context: number;
  readonly #natives: ReadonlyMap<number, string>;
  readonly #functions = new Map<number, SampledFunction>();
  readonly #nativeFunctions = new Map<number, SampledFunction>();
  #runtime = 0;

  constructor({ read, context, natives }: SamplerOptions) {
    this.#read = read;
    this.#context = context;
    this.#natives = natives;
  }

  /** Functions of the stack, the innermost first; empty outside of JavaScript; undefined: it could not be read. */
  sample(): SampledFunction[] | undefined {
    if (this.#runtime === 0) this.#runtime = this.#word(this.#context + at.CONTEXT_RUNTIME) ?? 0;
    if (this.#runtime === 0) return undefined;
    const stack: SampledFunction[] = [];
    let frame = this.#word(this.#runtime + at.RUNTIME_FRAME);
    while (frame !== 0 && stack.length < MAX_DEPTH) {
      const view = frame === undefined ? undefined : this.#read(frame, at.FRAME_SIZE);
      if (view === undefined || view.getUint32(at.FRAME_FUNCTION_TAG, true) !== at.TAG_OBJECT) return undefined;
      // All of it before the next read, which may use the same buffer.
      const previous = view.getUint32(at.FRAME_PREVIOUS, true);
      const called = this.#functionOf(view.getUint32(at.FRAME_FUNCTION, true));
      if (called === undefined) return undefined;
      stack.push(called);
      frame = previous;
    }
    return stack;
  }

  #word(address: number): number | undefined {
    return this.#read(address, 4)?.getUint32(0, true);
  }

  #functionOf(object: number): SampledFunction | undefined {
    const view = this.#read(object, at.OBJECT_SIZE);
    if (view === undefined) return undefined;
    const kind = view.getUint16(at.OBJECT_CLASS, true);
    if (at.CLASSES_BYTECODE.includes(kind)) return this.#bytecode(view.getUint32(at.OBJECT_BYTECODE, true));
    if (kind === at.CLASS_NATIVE) return this.#native(view.getUint32(at.OBJECT_NATIVE, true));
    // Bound functions, proxies and the like; beyond that it is no object.
    return kind > 0 && kind < 256 ? this.#native(0) : undefined;
  }

  #bytecode(address: number): SampledFunction | undefined {
    const known = this.#functions.get(address);
    if (known !== undefined) return known;
    const view = this.#read(address, at.BYTECODE_SIZE);
    if (view === undefined) return undefined;
    const line = view.getUint32(at.BYTECODE_LINE, true);
    const column = view.getUint32(at.BYTECODE_COLUMN, true);
    const name = this.#atom(view.getUint32(at.BYTECODE_NAME, true));
    if (name === undefined) return undefined;
    const found = { name, line, column };
    this.#functions.set(address, found);
    return found;
  }

  #native(slot: number): SampledFunction {
    let found = this.#nativeFunctions.get(slot);
    if (found === undefined) {
      const name = this.#natives.get(slot);
      found = { name: name === undefined ? "(engine)" : `native ${name}`, line: 0, column: 0 };
      this.#nativeFunctions.set(slot, found);
    }
    return found;
  }

  #atom(atom: number): string | undefined {
    if (atom === 0) return "";
    const atoms = this.#word(this.#runtime + at.RUNTIME_ATOMS);
    const string = atoms === undefined ? undefined : this.#word(atoms + 4 * atom);
    const length = string === undefined ? undefined : this.#word(string + at.STRING_LENGTH);
    if (string === undefined || length === undefined) return undefined;
    // Names of two-byte characters, or none at all.
    if (length === 0 || length > MAX_NAME) return "";
    const text = this.#read(string + at.STRING_TEXT, length);
    return text && Buffer.from(text.buffer, text.byteOffset, length).toString("latin1");
  }
}
