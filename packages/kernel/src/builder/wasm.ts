/**
 * The little of the WebAssembly binary format that the build needs: which functions a module imports, exports and puts into
 * the table, and its constant expressions folded to plain constants.
 *
 * Written after the core specification, chapter 5 (binary format), and the tool conventions on dynamic linking (`dylink.0`).
 */

const SECTION = { custom: 0, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, element: 9, data: 11 };
const KIND = { func: 0, table: 1, memory: 2, global: 3 } as const;

export interface WasmImport {
  module: string;
  name: string;
  kind: number;
}

export interface WasmExport {
  name: string;
  kind: number;
  index: number;
}

export interface WasmGlobal {
  mutable: boolean;
}

export interface ElementSegment {
  /** First table slot, or undefined when it depends on a global that was not given. */
  offset: number | undefined;
  functions: number[];
}

export interface WasmModule {
  imports: WasmImport[];
  exports: WasmExport[];
  elements: ElementSegment[];
  globals: WasmGlobal[];
  /** Functions that are imported come first in the index space. */
  importedFunctions: WasmImport[];
  functionCount: number;
  tableMin: number;
  memoryMin: number;
  dylink: { memorySize: number; memoryAlign: number; tableSize: number } | undefined;
}

class Reader {
  readonly bytes: Uint8Array;
  at: number;
  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new Error("WebAssembly module ends early");
    return value;
  }
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const b = this.byte();
      value |= (b & 0x7f) << shift;
      if (b < 0x80) return value >>> 0;
    }
  }
  s32(): number {
    let value = 0;
    for (let shift = 0; ; ) {
      const b = this.byte();
      value |= (b & 0x7f) << shift;
      shift += 7;
      if (b < 0x80) return shift < 32 && b & 0x40 ? value | (-1 << shift) : value;
    }
  }
  name(): string {
    const length = this.u32();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }
  limits(): number {
    const flags = this.u32();
    const min = this.u32();
    if (flags & 1) this.u32();
    return min;
  }
}

/** Values of imported globals, by import name ("__memory_base"), for constant expressions. */
export type GlobalValues = Readonly<Record<string, number>>;

interface Section {
  id: number;
  /** Of the contents, behind id and size. */
  start: number;
  end: number;
}

function sections(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes);
  if (bytes.length < 8 || new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) !== 0x6d736100)
    throw new Error("not a WebAssembly module");
  reader.at = 8;
  const found: Section[] = [];
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.u32();
    found.push({ id, start: reader.at, end: reader.at + size });
    reader.at += size;
  }
  return found;
}

/** Evaluates a constant i32 expression; leaves the reader behind its `end`. */
function constant(reader: Reader, globals: (number | undefined)[]): number | undefined {
  const stack: (number | undefined)[] = [];
  for (;;) {
    const op = reader.byte();
    if (op === 0x0b) return stack.pop();
    if (op === 0x41) stack.push(reader.s32());
    else if (op === 0x23) stack.push(globals[reader.u32()]);
    else if (op === 0x6a || op === 0x6b) {
      const b = stack.pop();
      const a = stack.pop();
      stack.push(a === undefined || b === undefined ? undefined : op === 0x6a ? (a + b) | 0 : (a - b) | 0);
    } else throw new Error(`constant expression with opcode 0x${op.toString(16)} is not supported`);
  }
}

function importedGlobals(imports: WasmImport[], values: GlobalValues): (number | undefined)[] {
  return imports.filter((i) => i.kind === KIND.global).map((i) => values[i.name]);
}

function readImports(reader: Reader): { imports: WasmImport[]; tableMin: number; memoryMin: number } {
  const imports: WasmImport[] = [];
  let tableMin = 0;
  let memoryMin = 0;
  for (let n = reader.u32(); n > 0; n--) {
    const module = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    if (kind === KIND.func) reader.u32();
    else if (kind === KIND.table) {
      reader.byte();
      tableMin = reader.limits();
    } else if (kind === KIND.memory) memoryMin = reader.limits();
    else if (kind === KIND.global) reader.at += 2;
    else throw new Error(`import of kind ${kind} is not supported`);
    imports.push({ module, name, kind });
  }
  return { imports, tableMin, memoryMin };
}

function readDylink(reader: Reader, end: number): WasmModule["dylink"] {
  while (reader.at < end) {
    const type = reader.byte();
    const size = reader.u32();
    const next = reader.at + size;
    if (type === 1) {
      const memorySize = reader.u32();
      const memoryAlign = 1 << reader.u32();
      return { memorySize, memoryAlign, tableSize: reader.u32() };
    }
    reader.at = next;
  }
  return undefined;
}

export function parseWasm(bytes: Uint8Array, values: GlobalValues = {}): WasmModule {
  const module: WasmModule = {
    imports: [],
    exports: [],
    elements: [],
    globals: [],
    importedFunctions: [],
    functionCount: 0,
    tableMin: 0,
    memoryMin: 0,
    dylink: undefined,
  };
  for (const section of sections(bytes)) {
    const reader = new Reader(bytes, section.start);
    if (section.id === SECTION.custom) {
      if (reader.name() === "dylink.0") module.dylink = readDylink(reader, section.end);
    } else if (section.id === SECTION.import) {
      Object.assign(module, readImports(reader));
      module.importedFunctions = module.imports.filter((i) => i.kind === KIND.func);
    } else if (section.id === SECTION.function) module.functionCount = reader.u32();
    else if (section.id === SECTION.table && reader.u32() > 0) {
      reader.byte();
      module.tableMin = reader.limits();
    } else if (section.id === SECTION.memory && reader.u32() > 0) module.memoryMin = reader.limits();
    else if (section.id === SECTION.global) {
      const known = importedGlobals(module.imports, values);
      for (let n = reader.u32(); n > 0; n--) {
        reader.byte();
        module.globals.push({ mutable: reader.byte() === 1 });
        known.push(constant(reader, known));
      }
    } else if (section.id === SECTION.export) {
      for (let n = reader.u32(); n > 0; n--)
        module.exports.push({ name: reader.name(), kind: reader.byte(), index: reader.u32() });
    } else if (section.id === SECTION.element) {
      const known = importedGlobals(module.imports, values);
      for (let n = reader.u32(); n > 0; n--) {
        if (reader.u32() !== 0) throw new Error("only active element segments of plain functions are supported");
        const offset = constant(reader, known);
        module.elements.push({ offset, functions: Array.from({ length: reader.u32() }, () => reader.u32()) });
      }
    }
  }
  return module;
}

function leb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value >>> 0; ; ) {
    const b = rest & 0x7f;
    rest >>>= 7;
    if (rest === 0) return [...out, b];
    out.push(b | 0x80);
  }
}

function sleb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value | 0; ; ) {
    const b = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (b & 0x40) === 0) || (rest === -1 && (b & 0x40) !== 0)) return [...out, b];
    out.push(b | 0x80);
  }
}

/**
 * The module with the offset expressions of its data and element segments, and its globals' initial values, folded to one
 * `i32.const` each. wasm2c 1.0.32 refuses expressions such as `global.get __memory_base; i32.const 8; i32.add`.
 */
export function foldConstants(bytes: Uint8Array, values: GlobalValues): Uint8Array {
  const { imports } = parseWasm(bytes, values);
  const known = importedGlobals(imports, values);
  const out: number[][] = [[...bytes.subarray(0, 8)]];
  const fold = (reader: Reader, what: string): number[] => {
    const value = constant(reader, known);
    if (value === undefined) throw new Error(`${what} depends on a global whose value is not known`);
    return [0x41, ...sleb(value), 0x0b];
  };
  for (const section of sections(bytes)) {
    const reader = new Reader(bytes, section.start);
    let body: number[] | undefined;
    if (section.id === SECTION.global) {
      const count = reader.u32();
      body = leb(count);
      for (let n = 0; n < count; n++) {
        const type = reader.byte();
        body.push(type, reader.byte());
        if (type !== 0x7f) throw new Error("only i32 globals are supported");
        const start = reader.at;
        known.push(constant(reader, known));
        reader.at = start;
        body.push(...fold(reader, `global ${n}`));
      }
    } else if (section.id === SECTION.element) {
      const count = reader.u32();
      body = leb(count);
      for (let n = 0; n < count; n++) {
        body.push(...leb(reader.u32()), ...fold(reader, `element segment ${n}`));
        const functions = reader.u32();
        body.push(...leb(functions));
        for (let i = 0; i < functions; i++) body.push(...leb(reader.u32()));
      }
    } else if (section.id === SECTION.data) {
      const count = reader.u32();
      body = leb(count);
      for (let n = 0; n < count; n++) {
        const flags = reader.u32();
        body.push(...leb(flags));
        if (flags === 0) body.push(...fold(reader, `data segment ${n}`));
        else if (flags !== 1) throw new Error("data segments of other memories are not supported");
        const length = reader.u32();
        body.push(...leb(length));
        for (let i = 0; i < length; i++) body.push(bytes[reader.at++] as number);
      }
    }
    body ??= [...bytes.subarray(section.start, section.end)];
    out.push([section.id, ...leb(body.length)], body);
  }
  return concatenate(out);
}

/** The module with all of its own globals exported as `global:N` (N counts from 0 behind the imported ones). */
export function exportGlobals(bytes: Uint8Array): Uint8Array {
  const module = parseWasm(bytes);
  const imported = module.imports.filter((i) => i.kind === KIND.global).length;
  const out: number[][] = [[...bytes.subarray(0, 8)]];
  for (const section of sections(bytes)) {
    let body = [...bytes.subarray(section.start, section.end)];
    if (section.id === SECTION.export) {
      const reader = new Reader(bytes, section.start);
      const count = reader.u32();
      body = [...leb(count + module.globals.length), ...bytes.subarray(reader.at, section.end)];
      for (let n = 0; n < module.globals.length; n++) {
        const name = new TextEncoder().encode(`global:${n}`);
        body.push(name.length, ...name, KIND.global, ...leb(imported + n));
      }
    }
    out.push([section.id, ...leb(body.length)], body);
  }
  return concatenate(out);
}

function concatenate(parts: number[][]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
