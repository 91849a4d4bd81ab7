import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { URLSearchParams as Own } from "../../src/globals/url-search-params.ts";

type Params = typeof URLSearchParams;

const cases: [string, (Params: Params) => unknown][] = [
  ["from a query", (P) => [...new P("?a=1&b=2&a=3&&=x&c")]],
  ["from text that has a question mark in it", (P) => [...new P("a?=1")]],
  [
    "from pairs",
    (P) => [
      ...new P([
        ["a", "1"],
        ["b", "2"],
      ]),
    ],
  ],
  ["from a Map", (P) => [...new P(new Map([["a", "1"]]))]],
  ["from a record", (P) => [...new P({ a: "1", b: "é" })]],
  ["from another", (P) => [...new P(new P("a=1&a=2"))]],
  ["from nothing", (P) => new P().size],
  [
    "get, getAll, has, size",
    (P) => {
      const params = new P("a=1&b=2&a=3");
      return [params.get("a"), params.get("z"), params.getAll("a"), params.has("b"), params.has("b", "3"), params.size];
    },
  ],
  [
    "set, append, delete",
    (P) => {
      const params = new P("a=1&b=2&a=3");
      params.set("a", "9");
      params.append("c", "4");
      params.set("new", "5");
      params.append("c", "6");
      params.delete("c", "4");
      params.delete("b");
      return String(params);
    },
  ],
  [
    "sort is stable and by UTF-16 units",
    (P) => {
      const params = new P("\ufb00=1&😀=2&a=3&b=4&a=5");
      params.sort();
      return String(params);
    },
  ],
  [
    "keys, values, entries, forEach",
    (P) => {
      const params = new P("a=1&b=2");
      const seen: unknown[] = [...params.keys(), ...params.values(), ...params.entries()];
      params.forEach(function (this: unknown, value, key, parent) {
        seen.push(value, key, parent === params, this);
      }, "self");
      return seen;
    },
  ],
  [
    "pairs added while iterating are seen",
    (P) => {
      const params = new P("a=1");
      const seen: string[] = [];
      for (const [key] of params) {
        seen.push(key);
        if (seen.length < 4) params.append(`k${seen.length}`, "");
      }
      return seen;
    },
  ],
  ["escapes", (P) => String(new P({ "a b": "1+2&3=4%~!'()*-._é\ud800" }))],
  ["percent and plus", (P) => [...new P("a+b=%20c&%ff=%zz&%4=%&%41=%c3%a9")]],
  ["class tag", (P) => Object.prototype.toString.call(new P())],
];

describe("as in Node.js", () => {
  test.each(cases)("%s", (_, run) => {
    expect(run(Own as unknown as Params)).toEqual(run(URLSearchParams));
  });

  test("any query of ASCII", () => {
    const query = fc.string({
      unit: fc.constantFrom("a", "=", "&", "+", "%", "4", "1", "f", "?", "#"),
      maxLength: 30,
    });
    fc.assert(
      fc.property(query, (text) => {
        expect([...new Own(text)]).toEqual([...new URLSearchParams(text)]);
        expect(String(new Own(text))).toBe(String(new URLSearchParams(text)));
      }),
      { numRuns: 500 },
    );
  });

  test("any pairs", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }))), (pairs) => {
        expect(String(new Own(pairs))).toBe(String(new URLSearchParams(pairs)));
      }),
    );
  });
});

test("letters beyond ASCII stay what they are beside escapes", () => {
  expect([...new Own("é%aa=😀%41")]).toEqual([["é\ufffd", "😀A"]]);
});

test("a pair that is none is refused", () => {
  expect(() => new Own([["a"]] as never)).toThrow(TypeError);
  expect(() => new Own([["a", "b", "c"]] as never)).toThrow(TypeError);
});
