import { describe, expect, it } from "vitest";
import { protect, protectClone } from "../../src/builder/guard.ts";
import type { CFunction, Translation } from "../../src/builder/translate.ts";

const fn = (symbol: string, result: string, parameters: string[], body: string, calls: string[] = []): CFunction => ({
  symbol,
  result,
  parameters,
  body,
  references: new Set(calls),
});

/** An engine with `checks` functions that compare the stack pointer with the field at offset 644. */
function engine(checks: number): { translation: Translation; symbols: Map<string, string> } {
  const internal = ["u32", "u64", "u64", "u64", "u32", "u32", "u32"];
  const check = "  i0 = i32_load((u64)(i0) + 644u);\n  i0 = i0 > i1;\n  if (i0) { thrower(p0); }";
  const functions = [
    fn("e_set", "void", ["u32", "u32"], "  i32_store((u64)(i0) + 636, i1);\n  i32_store((u64)(i0) + 644, i1);"),
    fn("e_range", "u64", ["u32", "u32", "u32"], ""),
    fn("thrower", "void", ["u32"], "  j0 = e_range(p0, 1u, 0u);", ["e_range"]),
    fn("e_call", "u64", ["u32"], "", ["f0"]),
    ...Array.from({ length: checks }, (_, n) => fn(`f${n}`, "u64", internal, check, ["thrower"])),
    fn("regexp", "u32", ["u32"], "  i1 = 644u;\n  i0 += i1;\n  i0 = i32_load((u64)(i0));"),
    fn("other", "u32", ["u32"], "  i0 = i32_load((u64)(i0) + 640u);"),
  ];
  const symbols = new Map([
    ["JS_SetMaxStackSize", "e_set"],
    ["JS_ThrowRangeError", "e_range"],
    ["JS_Call", "e_call"],
  ]);
  return { translation: { functions, symbols: [] }, symbols };
}

const body = (translation: Translation, symbol: string) => translation.functions.find((f) => f.symbol === symbol)!.body;

describe("stack checks", () => {
  it("every load of the stack limit sees the native stack too, and no other load does", () => {
    const { translation, symbols } = engine(25);
    protect(translation, symbols);
    expect(body(translation, "f0")).toContain("i0 = STACK_LIMIT(i0, 644);");
    expect(body(translation, "f24")).toContain("STACK_LIMIT");
    expect(body(translation, "regexp")).toBe("  i0 = STACK_LIMIT(i0, 644);");
    expect(body(translation, "other")).not.toContain("STACK_LIMIT");
    expect(body(translation, "e_set")).not.toContain("STACK_LIMIT");
  });

  it("the overflow is thrown with the message that other engines use", () => {
    const { translation, symbols } = engine(25);
    protect(translation, symbols);
    expect(body(translation, "thrower")).toBe("  stack_throw(p0);");
  });

  it("an engine whose checks are not found stops the build", () => {
    const { translation, symbols } = engine(3);
    expect(() => protect(translation, symbols)).toThrow(/stack checks were not found/);
    symbols.delete("JS_SetMaxStackSize");
    expect(() => protect(translation, symbols)).toThrow(/JS_SetMaxStackSize/);
  });
});

describe("structured clone", () => {
  const clone = (result: string) => fn("clone", result, ["u32", "u64", "u32"], "  FUNC_PROLOGUE;", ["clone"]);

  it("throws where it recurses too deeply", () => {
    const translation = { functions: [clone("u64"), fn("f", "u32", [], "  FUNC_PROLOGUE;")], symbols: [] };
    protectClone(translation);
    expect(body(translation, "clone")).toBe("  VALUE_PROLOGUE(p0);");
    expect(body(translation, "f")).toBe("  FUNC_PROLOGUE;");
  });

  it("a module that recurses in another way stops the build", () => {
    expect(() => protectClone({ functions: [clone("u32")], symbols: [] })).toThrow(/no place/);
    expect(() => protectClone({ functions: [], symbols: [] })).toThrow(/no place/);
  });
});
