/** Builds `dist/base-<target>.elf` and `.json` for every target that has sources. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CompileJob, compileAll } from "./compile.ts";
import { diskJobs, linkDiskPrograms } from "./disk.ts";
import { giveEveryEndItsDispatch, type Successors } from "./dispatch.ts";
import { type CFile, definitionStart, emitExports, emitFiles, emitTable, prototype } from "./emit.ts";
import { ASSEMBLER_FLAGS, ENGINE_FLAGS, INTERPRETER_FLAGS, KERNEL_FLAGS } from "./flags.ts";
import { protect, protectClone } from "./guard.ts";
import { layoutHeader, readLayout } from "./layout.ts";
import { describeBase, link, moduleSymbol, modulesScript, objectPath, TARGETS } from "./link.ts";
import { takeLock } from "./lock.ts";
import { type Engine, loadEngine } from "./modules.ts";
import { findOpcodes } from "./opcodes.ts";
import { PLATFORM } from "./platform.ts";
import { missingRequirements, requirementsMessage } from "./requirements.ts";
import { type Translation, translate } from "./translate.ts";
import {
  assertShapes,
  assertTypedArrays,
  dropDumpFlags,
  findInterpreter,
  hashByProduct,
  placeStackChecks,
  shortenFreeValue,
} from "./tune.ts";
import { foldConstants, type WasmModule } from "./wasm.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const BUILD = join(ROOT, "build");
const DIST = join(ROOT, "dist");
const GENERATED = join(BUILD, "generated");
const INCLUDES = [join(ROOT, "include"), join(ROOT, "src", "common"), GENERATED];
const SUCCESSORS = join(dirname(fileURLToPath(import.meta.url)), "successors.json");
const COUNT = process.argv.includes("--count");
const say = (line: string) => console.log(`kernel: ${line}`);

/** Writes only what changed, so that file times mean something. */
function write(name: string, text: string): string {
  const path = join(GENERATED, name);
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
  return path;
}

/** Images are made of what is in `dist` while it is built: whoever reads finds the old file or the new one. */
function publish(name: string, content: string | Uint8Array): void {
  const path = join(DIST, name);
  writeFileSync(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}

function wasm2c(name: string, bytes: Uint8Array): string {
  const wasmPath = join(BUILD, `${name}.wasm`);
  const cPath = join(BUILD, `${name}.wasm2c.c`);
  writeFileSync(wasmPath, bytes);
  execFileSync("wasm2c", [wasmPath, "--module-name=module", "-o", cPath]);
  return readFileSync(cPath, "utf8");
}

const functionsIn = (wasm: WasmModule, translation: Translation) =>
  wasm.elements.flatMap(({ functions }) => functions.map((index) => translation.symbols[index]!));

/** All of the engine as C files, and the function table. */
function generate(engine: Engine): { files: CFile[]; tableEntries: number; interpreter: string } {
  const main = translate(wasm2c("engine", engine.bytes), {
    prefix: "engine_",
    wasm: engine.wasm,
    resolveImport: (_, name) => `import_${name}`,
    constants: {},
    globals: [],
  });
  const { header, symbols } = emitExports(engine.wasm, main);
  protect(main, symbols);
  dropDumpFlags(main, symbols);
  shortenFreeValue(main, symbols);
  hashByProduct(main);
  const { hash, findProperty } = giveEveryEndItsDispatch(findInterpreter(main, symbols), {
    memory: engine.memory,
    opcodes: findOpcodes(engine.memory),
    successors: existsSync(SUCCESSORS) ? (JSON.parse(readFileSync(SUCCESSORS, "utf8")) as Successors) : undefined,
    count: COUNT,
  });
  assertShapes(main, findProperty);
  assertTypedArrays(main, symbols);
  if (COUNT) say(`interpreter ${hash}`);
  placeStackChecks(main);
  const interpreter = `\n${definitionStart(findInterpreter(main, symbols))}`;
  const mainPrototypes = new Map(main.functions.map((f) => [f.symbol, prototype(f)]));
  const imports = importPrototypes(wasm2cHeader("engine"));
  const needed = new Set<string>(symbols.values());
  for (const symbol of functionsIn(engine.wasm, main)) needed.add(symbol);

  const slots: (string | undefined)[] = Array.from({ length: engine.platformTableBase + PLATFORM.length });
  const place = (wasm: WasmModule, base: number, translation: Translation) => {
    for (const { offset, functions } of wasm.elements)
      functions.forEach((index, n) => {
        slots[(offset ?? base) + n] = translation.symbols[index];
      });
  };
  place(engine.wasm, 0, main);
  const files: CFile[] = [];
  for (const module of engine.modules) {
    const constants = {
      ...module.gotFunc,
      // Nothing reads errno: like its own loader, give it address 0.
      errno: 0,
      __memory_base: module.memoryBase,
      __table_base: module.tableBase,
    };
    const own = new Map<string, string>();
    const prefix = `${moduleSymbol(module.name)}_`;
    const source = wasm2c(`module-${module.name}`, foldConstants(module.bytes, constants));
    const wasmExports = new Map(module.wasm.exports.filter((e) => e.kind === 0).map((e) => [e.name, e.index]));
    const missing = new Map<string, string>();
    let translation = translate(source, {
      prefix,
      wasm: module.wasm,
      constants,
      globals: module.globals,
      resolveImport,
    });
    // A symbol may be both imported and exported (weak C++ symbols): then it is the module's own.
    for (const [name, index] of wasmExports) own.set(name, translation.symbols[index]!);
    translation = translate(source, { prefix, wasm: module.wasm, constants, globals: module.globals, resolveImport });
    function resolveImport(from: string, name: string): string {
      if (from === "wasi_snapshot_preview1") return `import_${name}`;
      const found = symbols.get(name) ?? own.get(name);
      if (found !== undefined) return found;
      missing.set(`${prefix}missing_${name}`, name);
      return `${prefix}missing_${name}`;
    }
    const externals = new Map([
      ...mainPrototypes,
      ...imports,
      ...importPrototypes(wasm2cHeader(`module-${module.name}`)),
    ]);
    for (const symbol of missing.keys()) externals.set(symbol, `void ${symbol}();`);
    place(module.wasm, module.tableBase, translation);
    placeStackChecks(translation);
    if (module.name === "structured-clone") protectClone(translation);
    // wasm2c prints calls of functions that do not exist as any other: those end the image.
    const traps = [...missing].map(
      ([symbol, name]) =>
        `#include "wasm.h"\nu64 ${symbol}() { wasm_trap("module ${module.name} called ${name}, which does not exist"); }\n`,
    );
    const global = new Set([...functionsIn(module.wasm, translation)]);
    files.push(
      ...emitFiles(translation, {
        name: `module-${module.name}`,
        global,
        fileSize: 400_000,
        externals: missingPrototypes(externals, source, missing),
      }),
    );
    if (traps.length > 0) files.push({ name: `module-${module.name}-missing.c`, text: traps.join("\n") });
    for (const f of translation.functions)
      for (const symbol of f.references) if (mainPrototypes.has(symbol)) needed.add(symbol);
  }
  for (const [slot, name] of engine.gotSlots) slots[slot] = symbols.get(name);
  PLATFORM.forEach(({ name }, n) => {
    slots[engine.platformTableBase + n] = `platform_${name}`;
  });
  files.push(...emitFiles(main, { name: "engine", global: needed, fileSize: 700_000, externals: imports }));
  files.push({ name: "table.c", text: emitTable(slots) });
  write("engine-exports.h", header);
  return { files, tableEntries: slots.length, interpreter };
}

const wasm2cHeader = (name: string) => readFileSync(join(BUILD, `${name}.wasm2c.h`), "utf8");

/** Prototypes of imported functions, under the names that `import_NAME` gives them. */
function importPrototypes(header: string): Map<string, string> {
  const found = new Map<string, string>();
  const pattern = /\/\* import: '\w+' '(\w+)' \*\/\n(void|u32|u64|f32|f64) Z_\w+\(struct Z_\w+\*(?:, )?([^)]*)\);/g;
  for (const [, name, result, parameters] of header.matchAll(pattern))
    found.set(`import_${name}`, `${result} import_${name}(${parameters || "void"});`);
  return found;
}

/** The missing functions keep the types that the module gives them. */
function missingPrototypes(
  known: Map<string, string>,
  _source: string,
  missing: Map<string, string>,
): Map<string, string> {
  for (const [symbol, name] of missing) {
    const imported = known.get(`import_${name}`);
    if (imported !== undefined) known.set(symbol, imported.replace(`import_${name}`, symbol));
  }
  return known;
}

async function main(): Promise<void> {
  const message = requirementsMessage(missingRequirements());
  if (message !== undefined) throw new Error(message);
  mkdirSync(GENERATED, { recursive: true });
  const unlock = await takeLock(join(BUILD, "lock"), () => say("waiting for another build to end"));
  try {
    await build();
  } finally {
    await unlock();
  }
}

async function build(): Promise<void> {
  mkdirSync(join(DIST, "disk"), { recursive: true });
  const layout = readLayout(join(ROOT, "layout.json"));
  const engine = await loadEngine();
  say(engine.version);
  write("layout.h", layoutHeader(layout));
  write("modules.lds.h", modulesScript(engine.modules.map(({ name }) => name)));
  const { files, tableEntries, interpreter } = generate(engine);
  const objects = join(BUILD, "objects");
  rmSync(objects, { recursive: true, force: true });
  mkdirSync(objects, { recursive: true });

  const shared: CompileJob[] = files.map(({ name, text }) => ({
    source: write(name, text),
    object: objectPath(objects, name),
    flags: text.includes(interpreter) ? INTERPRETER_FLAGS : ENGINE_FLAGS,
    includes: [GENERATED, join(ROOT, "src", "common"), join(ROOT, "include")],
  }));
  const kernelJobs = (directory: string): CompileJob[] => {
    const path = join(ROOT, "src", directory);
    return readdirSync(path)
      .filter((file) => /\.[cS]$/.test(file))
      .sort()
      .map((file) => ({
        source: join(path, file),
        object: objectPath(objects, `${directory}-${file}`),
        flags: file.endsWith(".S") ? ASSEMBLER_FLAGS : KERNEL_FLAGS,
        includes: [path, ...INCLUDES],
      }));
  };
  const common = [...shared, ...kernelJobs("common")];
  const targets = TARGETS.filter((target) => existsSync(join(ROOT, "src", target, "link.lds")));
  const own = new Map(targets.map((target) => [target, kernelJobs(target)]));
  const disk = join(ROOT, "src", "disk");
  const all = [...common, ...[...own.values()].flat(), ...diskJobs(disk, objects)];
  await compileAll(all, join(BUILD, "cache"), say);
  for (const [target, jobs] of own) {
    const temporary = join(BUILD, `base-${target}.elf`);
    link(
      join(ROOT, "src", target, "link.lds"),
      INCLUDES,
      [...jobs, ...common].map(({ object }) => object),
      temporary,
    );
    const description = describeBase(target, temporary, engine, layout, PLATFORM, tableEntries);
    publish(`base-${target}.elf`, readFileSync(temporary));
    publish(`base-${target}.json`, `${JSON.stringify(description, null, 2)}\n`);
    say(`dist/base-${target}.elf`);
  }
  const programs = join(BUILD, "disk");
  mkdirSync(programs, { recursive: true });
  linkDiskPrograms(disk, objects, programs);
  for (const name of readdirSync(programs)) publish(join("disk", name), readFileSync(join(programs, name)));
  say("dist/disk");
}

main().catch((error: unknown) => {
  console.error(`kernel: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
