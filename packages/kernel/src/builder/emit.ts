/** Arranges translated functions in C files of about equal size, so that processors share the compiling. */
import type { CFunction, Translation } from "./translate.ts";
import type { WasmModule } from "./wasm.ts";

export interface CFile {
  name: string;
  text: string;
}

export interface EmitOptions {
  /** Start of the files' names. */
  name: string;
  /** Symbols that other files of the image refer to: table, exports, imports of modules. */
  global: ReadonlySet<string>;
  /** About how many bytes of C go into one file. */
  fileSize: number;
  /** Functions of other translations that these may call. */
  externals: ReadonlyMap<string, string>;
}

export function prototype(f: CFunction): string {
  return `${f.result} ${f.symbol}(${f.parameters.join(", ") || "void"});`;
}

/** How the definition of a function that is not static begins. */
export function definitionStart(f: CFunction): string {
  const parameters = f.parameters.map((type, n) => `${type} p${n}`).join(", ") || "void";
  return `${f.result} ${f.symbol}(${parameters}) {`;
}

const definition = (f: CFunction, isStatic: boolean) =>
  `${f.declarations === undefined ? "" : `${f.declarations}\n`}${isStatic ? "static " : ""}${definitionStart(f)}\n${f.body}\n}\n`;

/** Functions stay in the order of the module: the engine's own linker put callers and callees near each other. */
export function emitFiles({ functions }: Translation, options: EmitOptions): CFile[] {
  const groups: CFunction[][] = [];
  let room = 0;
  for (const f of functions) {
    if (groups.length === 0 || room < f.body.length) {
      groups.push([]);
      room = Math.max(options.fileSize, f.body.length);
    }
    groups.at(-1)!.push(f);
    room -= f.body.length;
  }
  const home = new Map<string, number>();
  groups.forEach((group, n) => {
    for (const f of group) home.set(f.symbol, n);
  });
  const shared = new Set(options.global);
  groups.forEach((group, n) => {
    for (const f of group)
      for (const symbol of f.references) if (home.has(symbol) && home.get(symbol) !== n) shared.add(symbol);
  });
  const prototypes = new Map(functions.map((f) => [f.symbol, prototype(f)]));
  return groups.map((group, n): CFile => {
    const external = new Set<string>();
    for (const f of group) for (const symbol of f.references) if (home.get(symbol) !== n) external.add(symbol);
    const lines = [`#include "wasm.h"`, `#include "stack.h"`, ""];
    for (const symbol of external) {
      const declaration = prototypes.get(symbol) ?? options.externals.get(symbol);
      if (declaration === undefined) throw new Error(`${symbol} is not declared anywhere`);
      lines.push(`extern ${declaration}`);
    }
    for (const f of group) lines.push(`${shared.has(f.symbol) ? "" : "static "}${prototype(f)}`);
    lines.push("", ...group.map((f) => definition(f, !shared.has(f.symbol))));
    return { name: `${options.name}-${n.toString().padStart(2, "0")}.c`, text: lines.join("\n") };
  });
}

/** Declares the engine's C API for the kernel's own C: `JS_NewStringLen` is `engine_JS_NewStringLen`. */
export function emitExports(
  wasm: WasmModule,
  translation: Translation,
): { header: string; symbols: Map<string, string> } {
  const byName = new Map(translation.functions.map((f) => [f.symbol, f]));
  const symbols = new Map<string, string>();
  const declared = new Set<string>();
  const lines = [
    "/* Generated: the exports of quickjs.wasm. */",
    "#ifndef SOLOIST_ENGINE_EXPORTS_H",
    "#define SOLOIST_ENGINE_EXPORTS_H",
  ];
  for (const { name, kind, index } of wasm.exports) {
    if (kind !== 0) continue;
    const symbol = translation.symbols[index]!;
    symbols.set(name, symbol);
    if (!/^(JS_|js_|qjs_)/.test(name)) continue;
    if (!declared.has(symbol)) lines.push(prototype(byName.get(symbol)!));
    declared.add(symbol);
    lines.push(`#define ${name} ${symbol}`);
  }
  for (const [name, symbol] of stringAllocation(byName, symbols)) {
    lines.push(prototype(byName.get(symbol)!), `#define ${name} ${symbol}`);
    symbols.set(name, symbol);
  }
  lines.push("#endif", "");
  return { header: lines.join("\n"), symbols };
}

/**
 * Two functions that the engine does not export: `engine_alloc_string(context, length, isWide)`, a string without contents
 * or 0, and `engine_string_data(string)`. JS_NewStringUTF16 calls these and one that throws.
 */
function stringAllocation(
  byName: ReadonlyMap<string, CFunction>,
  symbols: ReadonlyMap<string, string>,
): [string, string][] {
  const callees = [...(byName.get(symbols.get("JS_NewStringUTF16") ?? "")?.references ?? [])];
  const only = (parameters: string): string => {
    const found = callees.filter(
      (s) => byName.get(s)?.result === "u32" && byName.get(s)?.parameters.join() === parameters,
    );
    if (found.length !== 1)
      throw new Error("the engine's allocation of strings was not found: JS_NewStringUTF16 has changed");
    return found[0]!;
  };
  return [
    ["engine_alloc_string", only("u32,u32,u32")],
    ["engine_string_data", only("u32")],
  ];
}

/** The function table: one plain pointer a slot, 0 where nothing is. */
export function emitTable(slots: readonly (string | undefined)[]): string {
  const symbols = [...new Set(slots.filter((s) => s !== undefined))];
  return [
    "/* Generated: the function table. */",
    "typedef void (*wasm_function)(void);",
    ...symbols.map((s) => `extern void ${s}(void);`),
    "extern const wasm_function wasm_table[];",
    `const wasm_function wasm_table[${slots.length}] __attribute__((section(".rodata.wasm_table"))) = {`,
    ...slots.map((s) => `    ${s ?? "0"},`),
    "};",
    "",
  ].join("\n");
}
