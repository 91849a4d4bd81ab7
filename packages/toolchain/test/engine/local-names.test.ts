import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { createEngine } from "../../src/engine/create-engine.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { dropLocalNames, hasDirectEval } from "../../src/engine/local-names.ts";
import { UNDEFINED } from "../../src/engine/values.ts";
import { prepareToyBase, toyBase } from "../toy-base.ts";

beforeAll(prepareToyBase);

async function newEngine(): Promise<Engine> {
  const host = { clock: () => 0n, random() {}, write() {}, rejection() {}, interrupt: () => false };
  return (await createEngine(toyBase(), [], host, () => () => () => UNDEFINED)).engine;
}

const compile = async (source: string) => (await newEngine()).compileModule(source, "app.js");
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** What a program leaves in `globalThis.result`, compiled by one engine and run by another. */
async function run(source: string): Promise<string> {
  const bytecode = await compile(source);
  const engine = await newEngine();
  engine.evaluateBytecode(bytecode);
  engine.runJobs(1000);
  engine.collectGarbage();
  return engine.text(engine.get(engine.global, "result"));
}

describe("local names", () => {
  it("leaves no names of variables and arguments of functions in the bytecode", async () => {
    const text = latin1(
      await compile("function visible(hiddenArgument) { let hiddenLocal = hiddenArgument; return () => hiddenLocal; }"),
    );
    expect(text).not.toContain("hiddenArgument");
    expect(text).not.toContain("hiddenLocal");
  });

  it("keeps names of functions, classes, properties and variables of modules", async () => {
    const text = latin1(
      await compile(`
        const ofModule = {}; function ofFunction() { return ofModule.ofProperty; }
        class OfClass { ofMethod() {} }
      `),
    );
    for (const name of ["ofModule", "ofFunction", "ofProperty", "OfClass", "ofMethod"]) expect(text).toContain(name);
  });

  it("names variables of modules that are used too early", async () => {
    const source = "try { read(); } catch (error) { globalThis.result = String(error); }";
    expect(await run(`function read() { return later; } ${source} let later = 1;`)).toBe(
      "ReferenceError: later is not initialized",
    );
  });

  it("says of variables inside of functions that one is used too early", async () => {
    const source = "try { read(); } catch (error) { globalThis.result = String(error); }";
    expect(await run(`function read() { early; let early = 1; } ${source}`)).toBe(
      "ReferenceError: lexical variable is not initialized",
    );
  });

  it("keeps lines and functions in stacks", async () => {
    const source = "\n\nfunction fails(x) {\n  const y = x;\n  throw new Error(y);\n}\n";
    const stack = await run(`${source}try { fails("") } catch (error) { globalThis.result = error.stack }`);
    expect(stack).toMatch(/^ +at fails \(app\.js:5:\d+\)/);
  });

  it.each([
    [
      "closures over each turn of a loop",
      "const f = []; for (let i = 0; i < 3; i++) f.push(() => i); f.map((g) => g())",
    ],
    ["arguments that closures change", "((a, b) => { const add = () => { a += b; }; add(); add(); return a; })(1, 2)"],
    ["generators", "[...(function* (n) { for (let i = n; i > 0; i--) yield i; })(3)]"],
    ["the arguments object", "(function (a) { a = 5; return arguments[0] + arguments.length; })(1, 2)"],
    ["private fields and methods", "new (class { #a = 4; #f() { return this.#a; } f() { return this.#f(); } })().f()"],
    ["template objects", "((parts) => parts.raw.join() + parts.length)`a\\nb`"],
    ["big integers", "[123456789012345678901234567890n, -1n, 0n]"],
    ["numbers", "[-5_000_000, 1.5, 2 ** 31, -(2 ** 31), 1e300]"],
    ["strings of two bytes a character", '["\\u4e2d\\u6587", "plain"]'],
    ["regular expressions", '"a1b22".replace(/(\\d+)/gu, (m, n) => n.length)'],
    ["destructuring with defaults", "(({ a, b: [c = 3] }, ...rest) => [a, c, rest])({ a: 1, b: [] }, 7, 8)"],
    ["names of function expressions", "(function f(n) { return n === 0 ? 1 : n * f(n - 1); })(5)"],
    ["what catch blocks bind", "(() => { try { throw 6; } catch (e) { return (() => e)(); } })()"],
  ])("runs %s as before", async (_, code) => {
    const statements = code.split("; ");
    const last = code.startsWith("const") ? statements.pop()! : code;
    const before = code.startsWith("const") ? `${statements.join("; ")};` : "";
    const expected = String(runInNewContext(`"use strict"; ${before} ${last}`));
    expect(await run(`${before} globalThis.result = String(${last});`)).toBe(expected);
  });

  it("goes on in async functions with their variables", async () => {
    expect(
      await run(`
        const wait = async (n) => { const m = await n; const later = () => m + 1; await null; return later(); };
        globalThis.result = await wait(41);
      `),
    ).toBe("42");
  });

  it("keeps all names for direct eval", async () => {
    expect(await run('globalThis.result = ((secret) => eval("secret + 1"))(1);')).toBe("2");
  });

  it.each([
    ["eval(code)", true],
    ["x = eval (code)", true],
    ["eval?.(code)", true],
    ["(0, eval)(code)", false],
    ["evaluate(code)", false],
    ["medieval.call()", false],
  ])("sees whether %s can name variables: %s", (source, expected) => {
    expect(hasDirectEval(source)).toBe(expected);
  });

  it("refuses bytecode of another version, and what ends too early", async () => {
    const bytecode = await compile("globalThis.result = 1;");
    expect(() => dropLocalNames(Uint8Array.of(27, ...bytecode.subarray(1)))).toThrow("version 27");
    for (const length of [6, 40, bytecode.length - 1]) {
      expect(() => dropLocalNames(bytecode.subarray(0, length))).toThrow();
    }
    expect(() => dropLocalNames(Uint8Array.of(...bytecode, 0))).toThrow("behind its end");
  });

  it("changes nothing in what it made", async () => {
    const bytecode = await compile("const a = 1; globalThis.result = (b) => { let c = a + b; return c; };");
    const again = dropLocalNames(bytecode);
    expect(again.subarray(5)).toEqual(bytecode.subarray(5));
  });
});
