import { describe, expect, it } from "vitest";
import type { CFunction, Translation } from "../../src/builder/translate.ts";
import { dropDumpFlags, hashByProduct, placeStackChecks, shortenFreeValue } from "../../src/builder/tune.ts";

const CALL_INTERNAL = ["u32", "u64", "u64", "u64", "u32", "u32", "u32"];

const fn = (symbol: string, body: string, calls: string[] = [], parameters: string[] = []): CFunction => ({
  symbol,
  result: "u32",
  parameters,
  body,
  references: new Set(calls),
});

const SYMBOLS = new Map([
  ["JS_Call", "call"],
  ["JS_SetDumpFlags", "set_dump"],
  ["JS_FreeValue", "free"],
  ["JS_FreeValueRT", "free_rt"],
]);

/** A translation with JS_Call and an interpreter of this body. */
const engine = (body: string, ...more: CFunction[]): Translation => ({
  functions: [fn("call", "", ["interpreter"]), fn("interpreter", body, [], CALL_INTERNAL), ...more],
  symbols: [],
});
const bodyOf = ({ functions }: Translation, symbol: string) => functions.find((f) => f.symbol === symbol)!.body;

describe("dump flags", () => {
  const setter = fn("set_dump", "  i32_store16((u64)(i0) + 753, i1);");
  const check = "i0 = i32_load8_u((u64)(i0) + 753u);";

  it("checks in the interpreter become constants, other loads stay", () => {
    const translation = engine(`${`${check}\n`.repeat(200)}i0 = i32_load8_u((u64)(i0) + 7u);`, setter);
    dropDumpFlags(translation, SYMBOLS);
    expect(bodyOf(translation, "interpreter")).toBe(`${"i0 = 0u;\n".repeat(200)}i0 = i32_load8_u((u64)(i0) + 7u);`);
  });

  it("an interpreter without them has changed: the build stops", () => {
    expect(() => dropDumpFlags(engine(check, setter), SYMBOLS)).toThrow(/changed/);
  });
});

describe("dropping references", () => {
  const head = "  j1 = 18446744035054845952ull;";
  const functions = () => [
    fn("free_rt", head, [], ["u32", "u64"]),
    fn("free", "  free_rt(i0, j1);", ["free_rt"], ["u32", "u64"]),
  ];

  it("has a short way in front of the old function, inline in the interpreter", () => {
    const translation = engine("free(i0, j1);", ...functions());
    shortenFreeValue(translation, SYMBOLS);
    expect(bodyOf(translation, "free_rt")).toBe("  if (!engine_release(p1)) free_rt_slow(p0, p1);");
    expect(bodyOf(translation, "free_rt_slow")).toBe(head);
    expect(bodyOf(translation, "interpreter")).toBe("{ if (!engine_release(j1)) free_slow(i0, j1); }");
  });

  it("functions that do something else stop the build", () => {
    const [freeRt, free] = functions();
    freeRt!.body = "  i0 = 1u;";
    expect(() => shortenFreeValue(engine("", freeRt!, free!), SYMBOLS)).toThrow(/short way/);
  });
});

describe("stack checks", () => {
  const check = "  FUNC_PROLOGUE;\n";
  const checked = ({ functions }: Translation) =>
    functions.filter((f) => f.body.includes("FUNC_PROLOGUE")).map((f) => f.symbol);

  it("stay where a function calls itself or through the table, and go where nothing can recurse", () => {
    const translation: Translation = {
      functions: [
        fn("leaf", check),
        fn("caller", check, ["leaf"]),
        fn("recursive", check, ["recursive"]),
        fn("indirect", `${check}CALL_TABLE(`, ["leaf"]),
      ],
      symbols: [],
    };
    placeStackChecks(translation);
    expect(checked(translation)).toEqual(["recursive", "indirect"]);
  });

  it("every cycle keeps one", () => {
    // a -> b -> c -> a, c -> d -> c
    const translation: Translation = {
      functions: [fn("a", check, ["b"]), fn("b", check, ["c"]), fn("c", check, ["a", "d"]), fn("d", check, ["c"])],
      symbols: [],
    };
    placeStackChecks(translation);
    expect(checked(translation)).toEqual(["c"]);
  });
});

describe("hashes of property names", () => {
  const shift = (n: number) =>
    `i2 = l${n};\n  i3 = 1u;\n  i2 += i3;\n  i2 = I32_CLZ(i2);\n  i3 = 1u;\n  i2 += i3;\n  i1 >>= (i2 & 31);\n`;

  it("a shift by leading zeros becomes a product", () => {
    const translation = engine([1, 2, 3, 4].map(shift).join(""));
    hashByProduct(translation);
    const body = bodyOf(translation, "interpreter");
    expect(body).not.toContain("CLZ");
    expect(body).toContain("i2 = l4;\n  i1 = (u32)((u64)i1 * ((u64)i2 + 1) >> 32);");
  });

  it("an engine that hashes in another way stops the build", () => {
    expect(() => hashByProduct(engine(shift(1)))).toThrow(/changed/);
  });
});
