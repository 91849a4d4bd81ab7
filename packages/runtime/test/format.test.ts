import { format as nodeFormat } from "node:util";
import { expect, test } from "vitest";
import { format } from "../src/format.ts";

test.each([
  [[]],
  [["text"]],
  [["a", "b", 1]],
  [["%s", "text"]],
  [["%s and %s", "one"]],
  [["%s", "one", "two", { a: 1 }]],
  [["%d|%i|%f", "42.5", "42.5", "42.5"]],
  [["%d", 12n]],
  [["%i", "x"]],
  [["%d", {}]],
  [["%s", { a: { b: 1 } }]],
  [["%s", null]],
  [["%s", undefined]],
  [["%s", -0]],
  [["%s", 5n]],
  [["%s", Symbol("s")]],
  [["%j", { a: [1] }]],
  [["%O", { a: { b: { c: {} } } }]],
  [["%c styled", "color: red"]],
  [["100%", "more"]],
  [["%%s %s", 1]],
  [["%x", 1]],
  [["%"]],
  [[{ a: 1 }, "text", [1]]],
  [[null, undefined, true]],
  [["", 1]],
] as [unknown[]][])("case %# is formatted as Node.js does", (data) => {
  expect(format(data)).toBe(nodeFormat(...data));
});

test("%j of a cycle says so", () => {
  const value: Record<string, unknown> = {};
  value.self = value;
  expect(format(["%j", value])).toBe("[Circular]");
});
