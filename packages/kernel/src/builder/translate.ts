/**
 * Turns wasm2c's C into C for an image: linear memory at a constant address, no instance structures, plain calls.
 *
 * What wasm2c 1.0.32 prints is regular: one statement a line, one function from a line at column 0 to the `}` at column 0.
 * Every form that is not known here fails the build.
 */
import type { WasmModule } from "./wasm.ts";

export interface CFunction {
  /** C symbol, unique in the image. */
  symbol: string;
  result: string;
  parameters: string[];
  /** Statements, without signature and closing brace. */
  body: string;
  /** Symbols that the body mentions. */
  references: Set<string>;
  /** C that has to stand in front of the function. */
  declarations?: string;
}

export interface Translation {
  functions: CFunction[];
  /** C symbol of each function by its WebAssembly index, imported ones first. */
  symbols: string[];
}

export interface TranslateOptions {
  /** Goes in front of every symbol: `engine_`. */
  prefix: string;
  wasm: WasmModule;
  /** C symbol of an imported function. */
  resolveImport(module: string, name: string): string;
  /** Value of an imported constant (memory base, table base, GOT slots), by import name. */
  constants: Readonly<Record<string, number>>;
  /** Values of the module's own globals, by index; the main module's only global is the stack pointer. */
  globals: readonly number[];
}

const SIGNATURE = /^static (void|u32|u64|f32|f64) (w2c_\w+)\((.*)\) \{$/;
const DECLARATION = /^static (void|u32|u64|f32|f64) (w2c_\w+)\(Z_\w+_instance_t\*(?:, )?(.*)\);$/;

/** wasm2c spells characters of names that C does not allow, and Z itself, as Z and two hexadecimal digits. */
function mangle(name: string): string {
  return name.replace(/[^a-zA-Y0-9_]/g, (c) => `Z${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

export function translate(source: string, options: TranslateOptions): Translation {
  const { prefix, wasm } = options;
  // Long parameter lists continue on the next line.
  const lines = source.replace(/, *\n\s+/g, ", ").split("\n");
  const imports = new Map<string, string>();
  const symbols: string[] = [];
  for (const { module, name } of wasm.importedFunctions) {
    const symbol = options.resolveImport(module, name);
    imports.set(`Z_${mangle(module)}Z_${mangle(name)}`, symbol);
    symbols.push(symbol);
  }
  const constants = new Map<string, number>();
  for (const { module, name } of wasm.imports) {
    const value = options.constants[name];
    if (value !== undefined) constants.set(`Z_${mangle(module)}Z_${mangle(name)}`, value);
  }

  const declared = new Map<string, { result: string; parameters: string[] }>();
  for (const line of lines) {
    const match = DECLARATION.exec(line);
    if (match === null) continue;
    const [, result, name, parameters] = match as unknown as [string, string, string, string];
    declared.set(name, { result, parameters: parameters === "" ? [] : parameters.split(", ") });
    symbols.push(prefix + name.slice(4));
  }
  if (declared.size !== wasm.functionCount)
    throw new Error(`wasm2c declared ${declared.size} functions of ${wasm.functionCount}: its output has changed`);

  const functions: CFunction[] = [];
  for (let at = 0; at < lines.length; at++) {
    const signature = SIGNATURE.exec(lines[at] as string);
    if (signature === null) continue;
    const name = signature[2] as string;
    const declaration = declared.get(name);
    if (declaration === undefined) continue;
    const end = lines.indexOf("}", at);
    const references = new Set<string>();
    const body = lines
      .slice(at + 1, end)
      .filter((line) => !line.includes("FUNC_EPILOGUE"))
      .map((line) => statement(line, references))
      .join("\n");
    functions.push({ symbol: prefix + name.slice(4), ...declaration, body, references });
    at = end;
  }
  if (functions.length !== declared.size)
    throw new Error(`found ${functions.length} function bodies of ${declared.size}: wasm2c's output has changed`);
  return { functions, symbols };

  function statement(line: string, references: Set<string>): string {
    if (!line.includes("instance") && !line.includes("w2c_")) return line;
    const out = line
      .replace(
        /CALL_INDIRECT\(.*?indirect_function_table\)?, (\w+) \(\*\)\(void\*(?:, )?(.*?)\), \d+, (\w+), [^,]*\.module_instance(?:, )?(.*)\);$/,
        (_, result, types, index, args) => `CALL_TABLE(${result}, (${types || "void"}), ${index}, (${args}));`,
      )
      .replace(/\(\*(Z_\w+)\)\(instance->\w+(?:, )?/g, (_, name: string) => {
        const symbol = imports.get(name);
        if (symbol === undefined) throw new Error(`call of unknown import ${name}`);
        references.add(symbol);
        return `${symbol}(`;
      })
      .replace(/\b(w2c_\w+)\(instance(?:, )?/g, (_, name: string) => {
        const symbol = prefix + name.slice(4);
        references.add(symbol);
        return `${symbol}(`;
      })
      .replace(/\(\*instance->(Z_\w+)\)/g, (_, name: string) => {
        if (name === "Z_envZ___stack_pointer") return "wasm_stack_pointer";
        const value = constants.get(name);
        if (value === undefined) throw new Error(`use of unknown import ${name}`);
        return `${value >>> 0}u`;
      })
      .replace(/wasm_rt_grow_memory\(&instance->w2c_memory, (\w+)\)/g, "wasm_memory_grow($1)")
      .replace(/(?:&instance->w2c_memory|instance->Z_envZ_memory), /g, "")
      .replace(/\binstance->w2c_memory\.pages\b/g, "wasm_memory_pages")
      .replace(/\binstance->w2c___stack_pointer\b/g, "wasm_stack_pointer")
      .replace(/\binstance->w2c_g(\d+)\b(?! =)/g, (_, index: string) => {
        const own = Number(index) - wasm.imports.filter((i) => i.kind === 3).length;
        const value = options.globals[own];
        if (value === undefined) throw new Error(`use of unknown global ${index}`);
        return `${value >>> 0}u`;
      })
      // A module's own globals change only in its start function, which runs at build time and is not part of an image.
      .replace(/\binstance->w2c_g\d+ = .*;/g, "UNREACHABLE;")
      .replace(/\bw2c_(?=[ijfdlpLBI][\dfs])/g, "");
    if (/instance|w2c_/.test(out)) throw new Error(`wasm2c printed a form that is not known: ${line.trim()}`);
    return out;
  }
}
