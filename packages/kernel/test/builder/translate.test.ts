import { describe, expect, it } from "vitest";
import { emitFiles, emitTable } from "../../src/builder/emit.ts";
import { type TranslateOptions, translate } from "../../src/builder/translate.ts";
import type { WasmModule } from "../../src/builder/wasm.ts";

const wasm: WasmModule = {
  imports: [
    { module: "env", name: "host", kind: 0 },
    { module: "env", name: "__memory_base", kind: 3 },
  ],
  importedFunctions: [{ module: "env", name: "host", kind: 0 }],
  exports: [],
  elements: [],
  globals: [{ mutable: true }],
  functionCount: 2,
  tableMin: 0,
  memoryMin: 0,
  dylink: undefined,
};

const OPTIONS: TranslateOptions = {
  prefix: "m_",
  wasm,
  resolveImport: (_, name) => `import_${name}`,
  constants: { __memory_base: 4096 },
  globals: [77],
};

const source = (statement: string) => `
static u32 w2c_f1(Z_m_instance_t*, u32, u64);
static void w2c_run(Z_m_instance_t*);
static u32 w2c_f1(Z_m_instance_t* instance, u32 w2c_p0, 
    u64 w2c_p1) {
  FUNC_PROLOGUE;
  u32 w2c_i0, w2c_i1;
${statement}
  FUNC_EPILOGUE;
  return w2c_i0;
}
static void w2c_run(Z_m_instance_t* instance) {
  w2c_i0 = w2c_f1(instance, w2c_i0, w2c_j1);
}
`;
const translated = (statement: string) => translate(source(statement), OPTIONS).functions[0]!.body.split("\n")[2];

describe("translation", () => {
  it.each([
    ["  w2c_i0 = i32_load(&instance->w2c_memory, (u64)(w2c_i1) + 8u);", "  i0 = i32_load((u64)(i1) + 8u);"],
    ["  i64_store(instance->Z_envZ_memory, (u64)(w2c_i0), w2c_j1);", "  i64_store((u64)(i0), j1);"],
    ["  w2c_i0 = instance->w2c___stack_pointer;", "  i0 = wasm_stack_pointer;"],
    ["  (*instance->Z_envZ___stack_pointer) = w2c_i0;", "  wasm_stack_pointer = i0;"],
    ["  w2c_i0 = (*instance->Z_envZ___memory_base);", "  i0 = 4096u;"],
    ["  w2c_i0 = instance->w2c_g1;", "  i0 = 77u;"],
    ["  instance->w2c_g1 = w2c_i0;", "  UNREACHABLE;"],
    ["  (*Z_envZ_host)(instance->Z_env_instance, w2c_i0);", "  import_host(i0);"],
    ["  w2c_i0 = wasm_rt_grow_memory(&instance->w2c_memory, w2c_i0);", "  i0 = wasm_memory_grow(i0);"],
    [
      "  w2c_j0 = CALL_INDIRECT(instance->w2c___indirect_function_table, u64 (*)(void*, u32), 3, w2c_i1, instance->w2c___indirect_function_table.data[w2c_i1].module_instance, w2c_i0);",
      "  j0 = CALL_TABLE(u64, (u32), i1, (i0));",
    ],
    ["  if (w2c_i0) {goto w2c_B1;}", "  if (i0) {goto B1;}"],
  ])("%s", (from, to) => {
    expect(translated(from)).toBe(to);
  });

  it("knows who calls whom, and parameters that continue on the next line", () => {
    const { functions, symbols } = translate(source(""), OPTIONS);
    expect(functions[0]!.parameters).toEqual(["u32", "u64"]);
    expect([...functions[1]!.references]).toEqual(["m_f1"]);
    expect(symbols).toEqual(["import_host", "m_f1", "m_run"]);
  });

  it.each([
    ["a form that is not known", "  w2c_i0 = instance->w2c_novelty;"],
    ["an import that the module does not declare", "  (*Z_envZ_guest)(instance->Z_env_instance);"],
  ])("%s stops the build", (_, statement) => {
    expect(() => translate(source(statement), OPTIONS)).toThrow(/not known|unknown/);
  });

  it("a function that is missing stops the build", () => {
    expect(() => translate(source(""), { ...OPTIONS, wasm: { ...wasm, functionCount: 3 } })).toThrow(/has changed/);
  });
});

describe("C files", () => {
  it("a function is static unless another file or the table refers to it", () => {
    const translation = translate(source(""), OPTIONS);
    const options = { name: "m", externals: new Map() };
    const [together] = emitFiles(translation, { ...options, global: new Set(), fileSize: 10_000 });
    expect(together!.text).toContain("static u32 m_f1(u32 p0, u64 p1) {");
    const apart = emitFiles(translation, { ...options, global: new Set(["m_run"]), fileSize: 1 });
    expect(apart).toHaveLength(2);
    expect(apart[0]!.text).toContain("\nu32 m_f1(u32 p0, u64 p1) {");
    expect(apart[1]!.text).toContain("extern u32 m_f1(u32, u64);");
    expect(apart[1]!.text).toContain("\nvoid m_run(void) {");
  });

  it("the table holds plain pointers, and zero where nothing is", () => {
    const table = emitTable(["m_f1", undefined, "m_f1"]);
    expect(table).toContain("wasm_table[3]");
    expect(table).toMatch(/m_f1,\s+0,\s+m_f1,/);
    expect(table.match(/extern void m_f1/g)).toHaveLength(1);
  });
});
