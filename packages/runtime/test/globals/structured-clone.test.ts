import { describe, expect, test } from "vitest";
import { structuredClone as own } from "../../src/globals/structured-clone.ts";

class Custom {
  a = 1;
}
const shared = [1];
const cyclic: Record<string, unknown> = { name: "loop" };
cyclic.self = cyclic;
const buffer = new Uint8Array([1, 2, 3, 4]).buffer;

const values: [string, unknown][] = [
  ["primitives", [1, "a", true, null, undefined, 10n, -0, Number.NaN]],
  ["boxed primitives", [Object(1), Object("a"), Object(false), Object(1n)]],
  ["dates and regular expressions", [new Date(5), new Date(Number.NaN), /a+/giu]],
  ["maps and sets", new Map<unknown, unknown>([[{ k: 1 }, new Set([1, { x: 2 }])]])],
  ["arrays with holes and properties", Object.assign(new Array(3), { 1: "x", extra: true })],
  [
    "typed arrays that share a buffer",
    [new Uint8Array(buffer, 1, 2), new Uint16Array(buffer), new DataView(buffer, 2)],
  ],
  ["instances, as plain objects", new Custom()],
  [
    "getters, as values",
    {
      get a() {
        return 4;
      },
    },
  ],
  ["errors", [new TypeError("t"), new RangeError("r", { cause: { a: 1 } }), new Error("e")]],
  ["shared references", { a: shared, b: shared }],
  ["cycles", cyclic],
];

describe("as in Node.js", () => {
  test.each(values)("%s", (_, value) => {
    expect(own(value)).toEqual(structuredClone(value));
  });

  test.each([
    ["a function", () => {}],
    ["a symbol", Symbol("s")],
    ["a WeakMap", new WeakMap()],
    ["a Promise", Promise.resolve()],
    ["one deep inside", { a: [() => {}] }],
  ])("%s is a DataCloneError", (_, value) => {
    for (const clone of [own, structuredClone]) {
      expect(() => clone(value)).toThrow(expect.objectContaining({ name: "DataCloneError", code: 25 }));
    }
  });
});

test("identities are kept", () => {
  const clone = own({ a: shared, b: shared, cyclic });
  expect(clone.a).toBe(clone.b);
  expect(clone.a).not.toBe(shared);
  expect(clone.cyclic.self).toBe(clone.cyclic);
  const [one, two] = own([new Uint8Array(buffer, 1, 2), new Uint16Array(buffer)]);
  expect(one!.buffer).toBe(two!.buffer);
});

test("__proto__ as a key stays a key", () => {
  const clone = own(JSON.parse('{"__proto__": {"polluted": true}}')) as object;
  expect(Object.getPrototypeOf(clone)).toBe(Object.prototype);
  expect(Object.hasOwn(clone, "__proto__")).toBe(true);
});

test("a transferred buffer moves, with the views on it", () => {
  const source = new Uint8Array([1, 2, 3, 4]).buffer;
  const view = new Uint8Array(source, 1, 2);
  const clone = own(view, { transfer: [source] });
  expect([...clone]).toEqual([2, 3]);
  expect([source.detached, view.length]).toEqual([true, 0]);
});

test("a buffer listed twice, or detached, is a DataCloneError", () => {
  const source = new ArrayBuffer(1);
  expect(() => own(null, { transfer: [source, source] })).toThrow(expect.objectContaining({ name: "DataCloneError" }));
  source.transfer();
  expect(() => own(null, { transfer: [source] })).toThrow(expect.objectContaining({ name: "DataCloneError" }));
});

test("a hundred thousand levels do not overflow the stack", () => {
  let deep: Record<string, unknown> = {};
  for (let level = 0; level < 100_000; level++) deep = { deep };
  let clone: unknown = own(deep);
  let levels = 0;
  while ((clone as { deep?: unknown }).deep !== undefined) {
    clone = (clone as { deep: unknown }).deep;
    levels++;
  }
  expect(levels).toBe(100_000);
});
