/**
 * Takes the names of local variables out of the engine's bytecode: an eighth of what an app takes in an image, and only the
 * message "x is not initialized" reads them (it says "lexical variable" then), and direct `eval`, for which they have to stay.
 * Functions without captured variables lose the records of their variables, too, as the engine has it for stripped code.
 *
 * The format is that of QuickJS-ng's `JS_WriteObject`, of one version: {@link BYTECODE_VERSION}.
 */
export const BYTECODE_VERSION = 28;

const VERSION_AND_CHECKSUM = 5;
/** The engine does not look then. */
const NO_CHECKSUM = 0xffffffff;
const NO_NAME = 0; // JS_ATOM_NULL
const HAS_DEBUG_INFORMATION = 1 << 11;
const IS_LEXICAL = 1 << 5;
const IS_CAPTURED = 1 << 6;
const CLOSURE_IS_LEXICAL = 1 << 4;
/** Atoms of this type are symbols that the engine itself knows: a number in place of a text. */
const ATOM_OF_ENGINE = 0;
/** Bundles are functions in a script: its variables are those of modules. */
const MODULE_DEPTH = 1;

const TAG = {
  null: 1,
  undefined: 2,
  false: 3,
  true: 4,
  int32: 5,
  float64: 6,
  string: 7,
  object: 8,
  array: 9,
  bigInt: 10,
  template: 11,
  function: 12,
  symbol: 23,
} as const;

/** Whether code may see the names of variables around it. What only looks so keeps its names for nothing. */
export const hasDirectEval = (source: string) => /\beval\s*(\?\.\s*)?\(/.test(source);

/**
 * @param bytecode Of a strict script that wraps a bundle into one function, with names.
 * @returns The same without names of variables inside of functions. The names of variables of modules stay: they are in the
 *   message that tells of modules that import each other in a circle. Throws where the bytecode is not as described above.
 */
export function dropLocalNames(bytecode: Uint8Array): Uint8Array {
  return new Shortener(bytecode).run();
}

/** Reads and writes at once: what is written is never longer than what was read. */
class Shortener {
  readonly #from: Uint8Array;
  readonly #to: Uint8Array;
  readonly #moduleNames = new Set<number>();
  #read = VERSION_AND_CHECKSUM;
  #written = VERSION_AND_CHECKSUM;

  constructor(bytecode: Uint8Array) {
    this.#from = bytecode;
    this.#to = new Uint8Array(bytecode.length);
  }

  run(): Uint8Array {
    const version = this.#from[0];
    if (version !== BYTECODE_VERSION) throw new Error(`bytecode of version ${version}, not ${BYTECODE_VERSION}`);
    for (let atoms = this.#copyNumber(); atoms > 0; atoms--) {
      if (this.#copyByte() === ATOM_OF_ENGINE) this.#copyBytes(4);
      else this.#copyString();
    }
    this.#value(0);
    if (this.#read !== this.#from.length) throw new Error("the bytecode goes on behind its end");
    const result = this.#to.subarray(0, this.#written);
    const view = new DataView(result.buffer);
    view.setUint8(0, BYTECODE_VERSION);
    view.setUint32(1, NO_CHECKSUM, true);
    return result;
  }

  #value(depth: number): void {
    const tag = this.#copyByte();
    switch (tag) {
      case TAG.null:
      case TAG.undefined:
      case TAG.false:
      case TAG.true:
        return;
      case TAG.int32:
      case TAG.symbol:
        this.#copyNumber();
        return;
      case TAG.float64:
        this.#copyBytes(8);
        return;
      case TAG.string:
        this.#copyString();
        return;
      case TAG.bigInt:
        this.#copyBytes(this.#copyNumber());
        return;
      case TAG.object:
        for (let properties = this.#copyNumber(); properties > 0; properties--) {
          this.#copyNumber();
          this.#value(depth);
        }
        return;
      case TAG.array:
      case TAG.template:
        for (let elements = this.#copyNumber() + (tag === TAG.template ? 1 : 0); elements > 0; elements--) {
          this.#value(depth);
        }
        return;
      case TAG.function:
        this.#function(depth);
        return;
      default:
        throw new Error(`bytecode with an unknown tag ${tag} at ${this.#read}`);
    }
  }

  #function(depth: number): void {
    const flags = this.#copyByte() | (this.#copyByte() << 8);
    this.#copyByte(); // strict mode
    this.#copyNumber(); // name
    for (let n = 0; n < 5; n++) this.#copyNumber(); // arguments, variables, defined arguments, stack, captured variables
    const closureVariables = this.#copyNumber();
    const constants = this.#copyNumber();
    const codeLength = this.#copyNumber();
    this.#variables(depth);
    for (let n = 0; n < closureVariables; n++) this.#closureVariable();
    for (let n = 0; n < constants; n++) this.#value(depth + 1);
    this.#copyBytes(codeLength);
    if ((flags & HAS_DEBUG_INFORMATION) === 0) return;
    for (let n = 0; n < 3; n++) this.#copyNumber(); // file, line, column
    this.#copyBytes(this.#copyNumber()); // positions
    this.#copyBytes(this.#copyNumber()); // source
  }

  #variables(depth: number): void {
    const start = this.#written;
    const count = this.#number();
    this.#writeNumber(count);
    let captured = false;
    for (let n = 0; n < count; n++) {
      const name = this.#number();
      const nameAt = this.#written;
      this.#writeNumber(name);
      const nameEnd = this.#written;
      this.#copyNumber(); // scope
      this.#copyNumber(); // next of the scope
      const flags = this.#copyByte();
      if (depth === MODULE_DEPTH && (flags & IS_LEXICAL) !== 0) this.#moduleNames.add(name);
      else {
        this.#to[nameAt] = NO_NAME;
        this.#to.copyWithin(nameAt + 1, nameEnd, this.#written);
        this.#written -= nameEnd - nameAt - 1;
      }
      if ((flags & IS_CAPTURED) === 0) continue;
      captured = true;
      this.#copyNumber(); // where the frame keeps its reference
    }
    if (captured) return;
    this.#written = start;
    this.#writeNumber(0);
  }

  #closureVariable(): void {
    const name = this.#number();
    const start = this.#read;
    this.#number(); // index
    const isKept = (this.#number() & CLOSURE_IS_LEXICAL) !== 0 && this.#moduleNames.has(name);
    this.#writeNumber(isKept ? name : NO_NAME);
    const length = this.#read - start;
    this.#read = start;
    this.#copyBytes(length);
  }

  #copyByte(): number {
    const byte = this.#from[this.#read++];
    if (byte === undefined) throw new Error("the bytecode ends too early");
    this.#to[this.#written++] = byte;
    return byte;
  }

  #copyBytes(length: number): void {
    const end = this.#read + length;
    if (end > this.#from.length) throw new Error("the bytecode ends too early");
    this.#to.set(this.#from.subarray(this.#read, end), this.#written);
    this.#read = end;
    this.#written += length;
  }

  #copyString(): void {
    const length = this.#copyNumber();
    this.#copyBytes((length >>> 1) << (length & 1));
  }

  #copyNumber(): number {
    const value = this.#number();
    this.#writeNumber(value);
    return value;
  }

  /** LEB128, of up to 32 bits. Numbers with a sign are read as if they had none, which has the same bytes. */
  #number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#from[this.#read++];
      if (byte === undefined || shift > 28) throw new Error(`no number at ${this.#read} of the bytecode`);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  #writeNumber(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#to[this.#written++] = (rest & 0x7f) | 0x80;
    this.#to[this.#written++] = rest;
  }
}
