/** Links a target's base and describes it, as FORMAT.md says. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readElf } from "./elf.ts";
import type { Layout } from "./layout.ts";
import type { Engine } from "./modules.ts";
import type { PlatformFunction } from "./platform.ts";

export const ABI = { spt: { target: 2, version: 2 }, virtio: { target: 3, version: 1 } } as const;
export type Target = keyof typeof ABI;
export const TARGETS = Object.keys(ABI) as Target[];

/** Symbol of a module in C and in linker scripts. */
export const moduleSymbol = (name: string) => name.replaceAll("-", "_");

/** Macros for the targets' linker scripts, which go through the C preprocessor. */
export function modulesScript(names: readonly string[]): string {
  const headers = names.map((name) => `module_${moduleSymbol(name)} PT_LOAD FLAGS(5);`);
  const sections = names.map((name) => {
    const symbol = moduleSymbol(name);
    const objects = `*module-${name}-*.o`;
    return [
      ". = ALIGN(4096);",
      `.module.${symbol} : { module_${symbol}_start = .;`,
      `${objects}(.text .text.*) ${objects}(.rodata .rodata.*) ${objects}(.data .data.* .bss .bss.*)`,
      `module_${symbol}_end = .; } :module_${symbol}`,
    ].join(" ");
  });
  return [
    "/* Generated: one text segment for each module of the engine. */",
    `#define MODULE_PHDRS ${headers.join(" ")}`,
    `#define MODULE_SECTIONS ${sections.join(" ")}`,
    "#define MODULE_OBJECTS *module-*.o",
    "",
  ].join("\n");
}

function run(command: string, args: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", input, maxBuffer: 1 << 26 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} failed:\n${stderr}`);
  return stdout;
}

/** Links `objects` by the script into an executable file. Same inputs, same bytes. */
export function link(script: string, includes: readonly string[], objects: readonly string[], output: string): void {
  const includeFlags = includes.map((directory) => `-I${directory}`);
  const expanded = run("gcc", ["-E", "-P", "-x", "c", "-undef", ...includeFlags, script]);
  const expandedPath = `${output}.lds`;
  writeFileSync(expandedPath, expanded);
  const flags = [
    "-nostdlib",
    "-static",
    "--gc-sections",
    "--build-id=none",
    "-z",
    "max-page-size=4096",
    "-z",
    "noexecstack",
    "-u",
    "boot_record",
    "-u",
    "boot_manifest",
  ];
  run("ld", [...flags, "-T", expandedPath, "-o", output, ...objects]);
}

/** `undefined` when a module's text holds nothing that an image could leave out. */
export function describeBase(
  target: Target,
  elfPath: string,
  engine: Engine,
  layout: Layout,
  platform: readonly PlatformFunction[],
  tableEntries: number,
) {
  const elf = readElf(new Uint8Array(readFileSync(elfPath)));
  const symbol = (name: string) => {
    const found = elf.symbols.get(name);
    if (found === undefined) throw new Error(`${elfPath} has no symbol ${name}`);
    return found;
  };
  const at = (name: string) => ({ vaddr: symbol(name).address, size: symbol(name).size });
  for (const { flags, vaddr } of elf.segments)
    if ((flags & 3) === 3) throw new Error(`segment at 0x${vaddr.toString(16)} is writable and executable`);
  const end = Math.max(...elf.segments.map((s) => s.vaddr + s.memorySize));
  if (end > layout.LINEAR_BASE) throw new Error(`the base ends at 0x${end.toString(16)}, behind LINEAR_BASE`);
  return {
    target,
    abi: ABI[target],
    engine: engine.version,
    linearBase: layout.LINEAR_BASE,
    memory: { initialPages: engine.wasm.memoryMin },
    moduleArea: engine.moduleArea,
    modules: Object.fromEntries(
      engine.modules.map((m) => {
        const start = symbol(`module_${moduleSymbol(m.name)}_start`).address;
        const segments = elf.segments
          .filter((s) => s.vaddr === start)
          .map((s) => ({ vaddr: s.vaddr, size: s.memorySize }));
        if (segments.length !== 1) throw new Error(`module ${m.name} has ${segments.length} segments`);
        const { file, init, memoryBase, memorySize, tableBase, tableSize, gotFunc } = m;
        return [m.name, { file, init, memoryBase, memorySize, tableBase, tableSize, gotFunc, segments }];
      }),
    ),
    platform: {
      tableBase: engine.platformTableBase,
      functions: platform.map(({ name, arity }) => ({ name, arity })),
    },
    table: { vaddr: symbol("wasm_table").address, entries: tableEntries, entrySize: 8 },
    bootRecord: at("boot_record"),
    manifest: at("boot_manifest"),
  };
}

export const objectPath = (directory: string, source: string) => join(directory, `${source}.o`);
