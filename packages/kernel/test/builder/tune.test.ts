import { describe, expect, it } from "vitest";
import type { CFunction, Translation } from "../../src/builder/translate.ts";
import { dropDumpFlags, placeStackChecks, shortenFreeValue, switchByOpcode } from "../../src/builder/tune.ts";

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

describe("dispatch", () => {
  const dispatch = `        i1 = i32_load8_u((u64)(i1));
        l12 = i1;
        i2 = 2u;
        i1 <<= (i2 & 31);
        i1 = i32_load((u64)(i1) + 64u);
        i2 = 2u;
        i1 -= i2;
        switch (i1) {
          case 0: goto B10;
          case 1: goto B11;
          default: goto B12;
        }`;

  it("an opcode goes where the table of labels sends it", () => {
    const memory = new Uint8Array(64 + 4 * 256);
    const table = new Uint32Array(memory.buffer, 64);
    table[0] = 3;
    table[1] = 2;
    table[255] = 99;
    const translation = engine(dispatch);
    switchByOpcode(translation, SYMBOLS, memory);
    const body = bodyOf(translation, "interpreter");
    const labels = /\{(.*)\};/.exec(body)![1]!.split(", ");
    expect(labels).toHaveLength(256);
    expect([labels[0], labels[1], labels[2], labels[255]]).toEqual(["&&B11", "&&B10", "&&B12", "&&B12"]);
    expect(body).toContain("goto *dispatch[(u8)l12];");
    expect(body).not.toContain("switch");
  });

  it("an interpreter that dispatches in another way stops the build", () => {
    expect(() => switchByOpcode(engine("switch (i0) {}"), SYMBOLS, new Uint8Array(0))).toThrow(/changed/);
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
