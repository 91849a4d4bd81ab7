import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Headers, headerFields, headersOf } from "../../src/fetch/headers.ts";
import { HEAD } from "../../src/http/message-parser.ts";
import { RequestParser } from "../../src/http/request-parser.ts";
import { latin1 } from "../http/events.ts";

type Operation = readonly ["append" | "set", string, string] | readonly ["delete" | "get" | "has", string];

const name = fc.constantFrom("a", "A", "b-c", "X-Y", "set-cookie", "Set-Cookie", "cookie", "b c", "", "a:");
const value = fc.constantFrom("", "x", " y ", "z, w", "\tt\t", "é", "€", "a\nb", "\0", "a\r\n");
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(fc.constantFrom("append" as const, "set" as const), name, value),
  fc.tuple(fc.constantFrom("delete" as const, "get" as const, "has" as const), name),
);

function outcome(make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    return (error as Error).name;
  }
}

const all = (
  headers: { forEach(callback: (value: string, name: string) => void): void } & Iterable<[string, string]>,
) => {
  const seen: string[] = [];
  headers.forEach((value, name) => {
    seen.push(`${name}: ${value}`);
  });
  return [[...headers].map(([name, value]) => `${name}: ${value}`), seen];
};

describe("Headers", () => {
  test("any operations: as Node's", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 12 }), (operations) => {
        const ours = new Headers();
        const theirs = new globalThis.Headers();
        for (const [method, name, value] of operations) {
          const call = (headers: unknown) =>
            outcome(() => (headers as Record<string, (...args: unknown[]) => unknown>)[method]!(name, value));
          expect(call(ours)).toEqual(call(theirs));
        }
        expect(all(ours)).toEqual(all(theirs as never));
        expect(ours.getSetCookie()).toEqual(theirs.getSetCookie());
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [undefined],
    [{ A: "1", b: "2" }],
    [
      [
        ["a", "1"],
        ["A", "2"],
      ],
    ],
    [new Map([["x", "y"]])],
    [[["a"]]],
    [[["a", "b", "c"]]],
    [{ "a b": "c" }],
  ])("from %j: as Node's", (init) => {
    expect(outcome(() => all(new Headers(init as never)))).toEqual(
      outcome(() => all(new globalThis.Headers(init as never) as never)),
    );
  });

  test("a copy is its own", () => {
    const first = new Headers({ a: "1" });
    const second = new Headers(first);
    second.set("a", "2");
    first.append("b", "3");
    expect([first.get("a"), second.get("a"), second.get("b")]).toEqual(["1", "2", null]);
  });

  test("of a request: read from its bytes, changed apart from them", () => {
    const parser = new RequestParser();
    const input = latin1("GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\nCaf: caf\xe9\r\n\r\n");
    expect(parser.parse(input, 0, input.length)).toBe(HEAD);
    const headers = headersOf(parser.headers);
    expect([headers.get("X-a"), headers.get("caf"), headers.has("HOST"), headers.has("x")]).toEqual([
      "1, 2",
      "café",
      true,
      false,
    ]);
    headers.set("x-a", "3");
    expect([...headers]).toEqual([
      ["caf", "café"],
      ["host", "a"],
      ["x-a", "3"],
    ]);
    expect(headersOf(parser.headers).get("x-a")).toBe("1, 2");
  });
});

describe("copies", () => {
  test.each(["set", "append", "delete"] as const)("%s changes one of them, whichever it is", (how) => {
    for (const changed of ["the original", "the copy"]) {
      const original = new Headers({ a: "1", b: "2" });
      expect(headerFields(original).text).toBe("a: 1\r\nb: 2\r\n");
      const copy = new Headers(original);
      const [one, other] = changed === "the copy" ? [copy, original] : [original, copy];
      one[how]("a", "3");
      expect([...other]).toEqual([
        ["a", "1"],
        ["b", "2"],
      ]);
      expect(headerFields(other).text).toBe("a: 1\r\nb: 2\r\n");
      const text = { set: "a: 3\r\nb: 2\r\n", append: "a: 1\r\nb: 2\r\na: 3\r\n", delete: "b: 2\r\n" }[how];
      expect(headerFields(one).text).toBe(text);
      expect(headerFields(new Headers(one)).text).toBe(text);
    }
  });
  test("what a bad change throws leaves both as they were", () => {
    const original = new Headers({ a: "1" });
    const copy = new Headers(original);
    expect(() => copy.append("a", "\n\0")).toThrow(TypeError);
    expect([...copy]).toEqual([...original]);
  });
});
