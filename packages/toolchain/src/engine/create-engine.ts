import type { Base, EngineModule } from "../base.ts";
import { Engine, type WasmFunction } from "./engine.ts";
import { reexportModule } from "./reexport.ts";
import type { JsValue } from "./values.ts";

/** A native function as the engine calls it; arguments that the caller left out are undefined values. */
export type NativeFunction = (args: readonly JsValue[]) => JsValue;

/** What the engine asks of its host. */
export interface EngineHost {
  /** Nanoseconds since the epoch for clock 0, since boot for clock 1. May throw to stop the evaluation. */
  clock(id: number): bigint;
  random(into: Uint8Array): void;
  write(fd: number, bytes: Uint8Array): void;
  rejection(promise: JsValue, reason: JsValue, handled: boolean): void;
  /** Asked now and then while {@link Engine.watch} is on: whether to stop the app's code. */
  interrupt(): boolean;
}

const ENOSYS = 52;
const EBADF = 8;
const SUCCESS = 0;

/** Makes an engine with the given modules, and an object with the platform's functions on it. */
export async function createEngine(
  base: Base,
  modules: readonly string[],
  host: EngineHost,
  natives: (engine: () => Engine) => (name: string) => NativeFunction,
): Promise<{ engine: Engine; platform: JsValue }> {
  const { description } = base;
  let engine!: Engine;
  let memory!: WebAssembly.Memory;
  const wasi = wasiImports(host, () => memory);
  const compiled = await compile(base.engine);
  const instance = await WebAssembly.instantiate(compiled, {
    wasi_snapshot_preview1: wasi,
    env: {
      host_call: () => 0,
      host_interrupt: () => (host.interrupt() ? 1 : 0),
      host_module_normalize: () => 0,
      host_module_load: () => 0,
      host_get_timezone_offset: () => 0,
      host_promise_rejection: (promise: number, reason: number, handled: number) => {
        const view = new DataView(memory.buffer);
        host.rejection(view.getBigUint64(promise, true), view.getBigUint64(reason, true), handled !== 0);
        engine.exports.qjs_free_value!(promise);
        engine.exports.qjs_free_value!(reason);
      },
    },
  });
  const exports = instance.exports as unknown as Record<string, WasmFunction>;
  memory = instance.exports.memory as WebAssembly.Memory;
  const table = instance.exports.__indirect_function_table as WebAssembly.Table;
  exports._initialize!();
  const area = Number(exports.malloc!(description.moduleArea.size)) >>> 0;
  if (table.length < description.table.entries) table.grow(description.table.entries - table.length);
  if (Number(exports.qjs_init!()) !== 0) throw new Error("the engine does not start");
  engine = new Engine(instance, area);
  exports.qjs_set_promise_rejection_handler!(1);

  for (const name of modules) {
    const module = description.modules[name];
    if (!module) throw new Error(`no engine module ${name}`);
    if (module.memoryBase < area || module.memoryBase + module.memorySize > area + description.moduleArea.size) {
      throw new Error(
        `engine module ${name} lies outside of the area reserved at 0x${area.toString(16)}: the base is stale`,
      );
    }
    await loadModule(engine, await compile(base.module(name)), name, module, instance, wasi);
  }
  const platform = await fillPlatform(
    engine,
    table,
    description.platform,
    natives(() => engine),
  );
  return { engine, platform };
}

/** Compiles the engine ahead of {@link createEngine}: in other threads, while something else goes on. */
export function prepareEngine(base: Base): void {
  compile(base.engine).catch(() => {}); // whoever uses it hears of it
}

const compiledModules = new WeakMap<Uint8Array, Promise<WebAssembly.Module>>();

function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  let module = compiledModules.get(bytes);
  if (!module) {
    module = WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
    compiledModules.set(bytes, module);
  }
  return module;
}

async function fillPlatform(
  engine: Engine,
  table: WebAssembly.Table,
  platform: Base["description"]["platform"],
  natives: (name: string) => NativeFunction,
): Promise<JsValue> {
  const imports: Record<string, (context: number, self: bigint, argc: number, argv: number) => bigint> = {};
  platform.functions.forEach(({ name }, index) => {
    const native = natives(name);
    imports[`f${index}`] = (_context, _self, argc, argv) => {
      const view = engine.view;
      return native(Array.from({ length: argc }, (_, at) => view.getBigUint64(argv + at * 8, true)));
    };
  });
  const host = await WebAssembly.instantiate(await compile(reexportModule(platform.functions.length)), {
    host: imports,
  });
  const object = engine.value("JS_NewObject", engine.context);
  platform.functions.forEach(({ name, arity }, index) => {
    const slot = platform.tableBase + index;
    table.set(slot, host.exports[`f${index}`]);
    engine.set(object, name, engine.nativeFunction(name, arity, slot));
  });
  return object;
}

/** Links a side module (WebAssembly's dynamic linking convention) at its fixed place and runs its initialiser. */
async function loadModule(
  engine: Engine,
  compiled: WebAssembly.Module,
  name: string,
  module: EngineModule,
  main: WebAssembly.Instance,
  wasi: WebAssembly.ModuleImports,
): Promise<void> {
  const i32 = (value: number, mutable: boolean) => new WebAssembly.Global({ value: "i32", mutable }, value);
  const table = main.exports.__indirect_function_table as WebAssembly.Table;
  const env: WebAssembly.ModuleImports = {
    memory: engine.memory,
    __indirect_function_table: table,
    __stack_pointer: main.exports.__stack_pointer!,
    __memory_base: i32(module.memoryBase, false),
    __table_base: i32(module.tableBase, false),
  };
  const got: Record<string, WebAssembly.ModuleImports> = { "GOT.mem": {}, "GOT.func": {} };
  let own: WebAssembly.Exports | undefined;
  for (const item of WebAssembly.Module.imports(compiled)) {
    if (item.module === "GOT.func") {
      const slot = module.gotFunc[item.name] ?? 0;
      const target = main.exports[item.name];
      if (slot !== 0 && table.get(slot) === null && typeof target === "function") table.set(slot, target);
      got["GOT.func"]![item.name] = i32(slot, true);
    } else if (item.module === "GOT.mem") {
      got["GOT.mem"]![item.name] = i32(0, true);
    } else if (item.module === "env" && !(item.name in env)) {
      // Weak C++ symbols are imports and exports of the same module: they resolve to itself.
      env[item.name] =
        main.exports[item.name] ??
        ((...args: (number | bigint)[]) => {
          const target = own?.[item.name] as WasmFunction | undefined;
          if (!target) throw new Error(`engine module ${name} calls ${item.name}, which does not exist`);
          return target(...args);
        });
    }
  }
  const instance = await WebAssembly.instantiate(compiled, { env, wasi_snapshot_preview1: wasi, ...got });
  own = instance.exports;
  const functions = own as unknown as Record<string, WasmFunction | undefined>;
  functions.__wasm_apply_data_relocs?.();
  functions.__wasm_call_ctors?.();
  const runtime = engine.call("JS_GetRuntime", engine.context);
  if (Number(functions[module.init]!(engine.context, runtime)) !== 0)
    throw new Error(`engine module ${name} does not start`);
}

function wasiImports(host: EngineHost, memory: () => WebAssembly.Memory): WebAssembly.ModuleImports {
  return {
    clock_time_get: (id: number, _precision: bigint, result: number) => {
      const time = host.clock(id);
      new DataView(memory().buffer).setBigUint64(result, time, true);
      return SUCCESS;
    },
    random_get: (address: number, length: number) => {
      host.random(new Uint8Array(memory().buffer, address, length));
      return SUCCESS;
    },
    fd_write: (fd: number, vectors: number, count: number, written: number) => {
      const view = new DataView(memory().buffer);
      let total = 0;
      for (let at = vectors; at < vectors + count * 8; at += 8) {
        const length = view.getUint32(at + 4, true);
        host.write(fd, new Uint8Array(memory().buffer, view.getUint32(at, true), length));
        total += length;
      }
      view.setUint32(written, total, true);
      return SUCCESS;
    },
    fd_close: () => ENOSYS,
    fd_seek: () => ENOSYS,
    fd_fdstat_get: () => EBADF,
  };
}
