/**
 * Where the engine and its modules live: table slots and data addresses, the same at build time under Node.js and in every
 * image.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { exportGlobals, parseWasm, type WasmModule } from "./wasm.ts";

/** The order decides about addresses: append only. */
export const MODULE_NAMES = ["url", "crypto", "encoding", "headers", "structured-clone"] as const;

export interface EngineModule {
  name: string;
  /** Path inside node_modules. */
  file: string;
  init: string;
  bytes: Uint8Array;
  wasm: WasmModule;
  memoryBase: number;
  memorySize: number;
  tableBase: number;
  tableSize: number;
  /** Table slots of GOT.func imports; 0: the symbol does not exist and is never called. */
  gotFunc: Record<string, number>;
  /** Values of the module's own globals after its start function has run. */
  globals: number[];
}

export interface Engine {
  bytes: Uint8Array;
  wasm: WasmModule;
  version: string;
  /** First malloc after `_initialize`. */
  moduleArea: { address: number; size: number };
  modules: EngineModule[];
  /** Slots behind the modules that hold main functions a module wants a pointer to: slot -> export name. */
  gotSlots: Map<number, string>;
  platformTableBase: number;
  /** Linear memory after `_initialize`: the engine's constants. */
  memory: Uint8Array;
}

const align = (value: number, to: number) => Math.ceil(value / to) * to;

export async function loadEngine(): Promise<Engine> {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve("quickjs-wasi/package.json"));
  const packageVersion = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;
  const bytes = new Uint8Array(readFileSync(join(root, "quickjs.wasm")));
  const wasm = parseWasm(bytes);
  const exported = new Set(wasm.exports.map((e) => e.name));
  let nextSlot = wasm.tableMin;
  let offset = 0;
  const modules = MODULE_NAMES.map((name): EngineModule => {
    const file = `extensions/${name}/${name}.so`;
    const moduleBytes = new Uint8Array(readFileSync(join(root, file)));
    const module = parseWasm(moduleBytes);
    if (module.dylink === undefined) throw new Error(`${file}: no dylink.0 section`);
    offset = align(offset, Math.max(16, module.dylink.memoryAlign));
    const placed: EngineModule = {
      name,
      file: `quickjs-wasi/${file}`,
      init: `qjs_ext_${name.replaceAll("-", "_")}_init`,
      bytes: moduleBytes,
      wasm: module,
      memoryBase: offset,
      memorySize: module.dylink.memorySize,
      tableBase: nextSlot,
      tableSize: module.dylink.tableSize,
      gotFunc: {},
      globals: [],
    };
    offset += placed.memorySize;
    nextSlot += placed.tableSize;
    return placed;
  });
  const gotSlots = new Map<number, string>();
  for (const module of modules)
    for (const { module: from, name } of module.wasm.imports) {
      if (from !== "GOT.func") continue;
      if (exported.has(name)) {
        const known = [...gotSlots].find(([, symbol]) => symbol === name)?.[0] ?? nextSlot++;
        gotSlots.set(known, name);
        module.gotFunc[name] = known;
      } else module.gotFunc[name] = 0;
    }
  const size = align(offset, 16);
  const main = await instantiate(bytes, nextSlot);
  const address = (main.malloc as (size: number) => number)(size);
  if (address === 0 || address % 16 !== 0) throw new Error(`module area at ${address} is not aligned to 16 bytes`);
  for (const module of modules) {
    module.memoryBase += address;
    module.globals = startedGlobals(module, main);
  }
  const version = readString(main, (main.JS_GetVersion as () => number)());
  const memory = new Uint8Array((main.memory as WebAssembly.Memory).buffer).slice();
  assertPropertyCount(main);
  return {
    bytes,
    wasm,
    version: `quickjs-ng ${version} (quickjs-wasi ${packageVersion})`,
    moduleArea: { address, size },
    modules,
    gotSlots,
    platformTableBase: nextSlot,
    memory,
  };
}

/** shortcuts.ts reads how many properties a shape has: object + 12 is the shape, and 24 bytes on is their number. */
function assertPropertyCount(main: Exports): void {
  const call = (name: string, ...values: (number | bigint)[]) =>
    (main[name] as (...values: (number | bigint)[]) => number | bigint)(...values);
  const context = call("JS_NewContext", call("JS_NewRuntime"));
  const object = call("JS_NewObject", context) as bigint;
  const name = call("malloc", 2) as number;
  for (let count = 1; count <= 3; count++) {
    const view = new DataView((main.memory as WebAssembly.Memory).buffer);
    view.setUint16(name, 0x60 + count, true);
    call("JS_SetPropertyStr", context, object, name, BigInt(count));
    const shape = view.getUint32(Number(object & 0xffffffffn) + 12, true);
    if (view.getUint32(shape + 24, true) !== count) throw new Error("JSShape has changed: where is prop_count?");
  }
}

type Exports = Record<string, WebAssembly.ExportValue>;

async function instantiate(bytes: Uint8Array, tableSize: number): Promise<Exports> {
  const module = new WebAssembly.Module(bytes as BufferSource);
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    (imports[from] as Record<string, unknown>)[name] = () => 0;
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  const table = exports.__indirect_function_table as WebAssembly.Table;
  table.grow(tableSize - table.length);
  (exports._initialize as () => void)();
  return exports;
}

/** Runs the module's start function (relocations of its globals) at its bases. */
function startedGlobals(module: EngineModule, main: Exports): number[] {
  const imports: Record<string, Record<string, unknown>> = { env: {}, "GOT.func": {}, "GOT.mem": {} };
  const i32 = (value: number, mutable: boolean) => new WebAssembly.Global({ value: "i32", mutable }, value);
  for (const { module: from, name, kind } of module.wasm.imports) {
    imports[from] ??= {};
    const scope = imports[from];
    if (name === "__memory_base") scope[name] = i32(module.memoryBase, false);
    else if (name === "__table_base") scope[name] = i32(module.tableBase, false);
    else if (name === "__stack_pointer") scope[name] = main.__stack_pointer;
    else if (name === "memory") scope[name] = main.memory;
    else if (name === "__indirect_function_table") scope[name] = main.__indirect_function_table;
    else if (from === "GOT.func") scope[name] = i32(module.gotFunc[name] ?? 0, true);
    else if (kind === 3) scope[name] = i32(0, true);
    else scope[name] = main[name] ?? (() => 0);
  }
  const withGlobals = new WebAssembly.Module(exportGlobals(module.bytes) as BufferSource);
  const { exports } = new WebAssembly.Instance(withGlobals, imports as WebAssembly.Imports);
  return module.wasm.globals.map((_, n) => (exports[`global:${n}`] as WebAssembly.Global).value as number);
}

function readString(main: Exports, address: number): string {
  const memory = new Uint8Array((main.memory as WebAssembly.Memory).buffer);
  return new TextDecoder().decode(memory.subarray(address, memory.indexOf(0, address)));
}
