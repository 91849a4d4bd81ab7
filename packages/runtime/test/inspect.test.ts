import { inspect as nodeInspect } from "node:util";
import { describe, expect, test } from "vitest";
import { AbortController as OwnController } from "../src/globals/abort.ts";
import { URLSearchParams as OwnParams } from "../src/globals/url-search-params.ts";
import { formatError, inspect } from "../src/inspect.ts";

class Point {
  x = 1;
  y = 2;
}
class Base {}
class Derived extends Base {}
class Tagged {
  get [Symbol.toStringTag]() {
    return "Marked";
  }
}
const circular: Record<string, unknown> = { name: "loop" };
circular.self = circular;
circular.list = [circular];

const same: [string, unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["a number", 1.5],
  ["negative zero", -0],
  ["a bigint", 12n],
  ["a symbol", Symbol("s")],
  ["a string", "it's"],
  ["a string with both quotes", `'"`],
  ["a string with all quotes", `'"\``],
  ["control characters", "a\n\t\u0001\u007f\\"],
  ["a lone surrogate", "\ud800"],
  ["an empty object", {}],
  ["an empty array", []],
  ["a plain object", { a: 1, "b-c": "two", [Symbol("k")]: true }],
  ["an array", [1, "two", [3]]],
  ["holes", Object.assign(new Array(5), { 0: 1, 3: 4 })],
  ["an array with properties", Object.assign([1], { extra: 2 })],
  ["nesting beyond the depth", { a: { b: { c: { d: 1 } }, e: [[[[]]]] } }],
  ["an instance", new Point()],
  ["instances beyond the depth", [[[new Point()]]]],
  ["a derived instance", new Derived()],
  ["a tagged instance", new Tagged()],
  ["no prototype", Object.assign(Object.create(null), { a: 1 })],
  [
    "a Map",
    new Map<unknown, unknown>([
      ["a", 1],
      [{ k: 1 }, new Map()],
    ]),
  ],
  ["a Set", new Set([1, "a"])],
  ["a Date", new Date(0)],
  ["an invalid Date", new Date(Number.NaN)],
  ["a RegExp", /a+/gi],
  ["a typed array", new Uint8Array([1, 2, 3])],
  ["a boxed number", Object(3)],
  ["a boxed string's kind", Object(false)],
  ["a function", function named() {}],
  ["an anonymous function", (() => () => {})()],
  ["an async function", async function later() {}],
  ["a class", Point],
  ["a derived class", Derived],
  ["a function with properties", Object.assign(function f() {}, { a: 1 })],
  [
    "accessors",
    {
      get a() {
        return 1;
      },
      set b(_: number) {},
      get c() {
        return 1;
      },
      set c(_) {},
    },
  ],
  ["circular references", circular],
  ["a WeakMap", new WeakMap()],
  ["a long object", { first: "a".repeat(30), second: "b".repeat(30), third: "c".repeat(30) }],
  ["long objects in an array", [{ first: "a".repeat(40) }, { second: "b".repeat(40) }]],
  ["four levels", { a: { b: { c: {} } } }],
  ["strings of several lines", { text: "one\ntwo" }],
  ["an error without frames", Object.assign(new Error("plain"), { stack: "Error: plain" })],
];

describe("as Node.js shows it", () => {
  test.each(same)("%s", (_, value) => {
    expect(inspect(value)).toBe(nodeInspect(value));
  });

  test("any depth", () => {
    const deep = { a: { b: { c: { d: { e: 1 } } } } };
    expect(inspect(deep, { depth: null })).toBe(nodeInspect(deep, { depth: null }));
    expect(inspect(deep, { depth: 0 })).toBe(nodeInspect(deep, { depth: 0 }));
  });
});

describe("errors", () => {
  test("have name, message, frames, code and causes", () => {
    const cause = new RangeError("deep");
    const error = Object.assign(new TypeError("top", { cause }), { code: "ECODE" });
    const text = formatError(error);
    expect(text).toMatch(/^TypeError: top\n {4}at .*\n/);
    expect(text).toContain("code: 'ECODE'");
    expect(text).toMatch(/\[cause\]: RangeError: deep\n {6}at /);
  });

  test("show frames when the stack has no title, as in the engine", () => {
    const error = new Error("engine");
    error.stack = "    at main (main.js:3:4)\n";
    expect(formatError(error)).toBe("Error: engine\n    at main (main.js:3:4)");
  });

  test("inside objects are indented as Node.js indents them", () => {
    const error = new Error("inner");
    error.stack = "Error: inner\n    at one (a.js:1:2)\n    at two (b.js:3:4)";
    for (const value of [{ a: { error } }, [error], new Error("outer", { cause: error })]) {
      if (value instanceof Error) value.stack = "Error: outer\n    at three (c.js:5:6)";
      expect(inspect(value)).toBe(nodeInspect(value));
    }
  });

  test("show no frames of their own constructors", () => {
    class Base extends Error {}
    class Derived extends Base {}
    const error = new Derived("x");
    error.stack = "    at Base (a.js:1:1)\n    at Derived (a.js:2:2)\n    at main (a.js:3:3)\n";
    expect(formatError(error)).toBe("Derived: x\n    at main (a.js:3:3)");
  });

  test("that are their own cause end", () => {
    const error = new Error("self");
    error.cause = error;
    expect(formatError(error)).toContain("cause: [Circular *1]");
  });

  test("of a subclass carry its name", () => {
    class TeaError extends Error {}
    expect(formatError(new TeaError("cold"))).toMatch(/^TeaError: cold\n/);
  });

  test("thrown values that are no errors are inspected", () => {
    expect(formatError({ a: 1 })).toBe("{ a: 1 }");
    expect(formatError("text")).toBe("text");
    expect(formatError(undefined)).toBe("undefined");
  });
});

describe("never throws", () => {
  test.each([
    [
      "a Proxy that throws",
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error("no keys");
          },
        },
      ),
    ],
    [
      "a revoked Proxy",
      (() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      })(),
    ],
    [
      "a throwing toStringTag",
      {
        get [Symbol.toStringTag]() {
          throw new Error("no tag");
        },
      },
    ],
  ])("%s", (_, value) => {
    expect(typeof inspect(value)).toBe("string");
  });
});

describe("objects that say how they are shown", () => {
  const custom = Symbol.for("nodejs.util.inspect.custom");

  test.each([
    ["as text", { [custom]: () => "<shown>" }],
    ["as something else", { [custom]: () => ({ a: 1 }) }],
    [
      "as themselves",
      {
        a: 1,
        [custom](this: unknown) {
          return this;
        },
      },
    ],
    ["URLSearchParams", new URLSearchParams("a=1&b=2")],
    ["AbortSignal", new AbortController().signal],
  ])("%s", (_, value) => {
    const own = value instanceof URLSearchParams ? new OwnParams("a=1&b=2") : value;
    const shown = value instanceof AbortSignal ? new OwnController().signal : own;
    expect(inspect({ value: shown })).toBe(nodeInspect({ value }));
  });
});

test("long arrays are cut at 100 items and filled line by line", () => {
  const text = inspect(Array.from({ length: 150 }, (_, index) => index));
  expect(text).toMatch(/\.\.\. 50 more items\n\]$/);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});
