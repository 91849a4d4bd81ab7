import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { portableBytes, utf8 } from "../src/bytes.ts";
import { decodeForm, Query } from "../src/query.ts";

describe("bytes: the portable helpers", () => {
  test("UTF-8 both ways, as TextEncoder and TextDecoder", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.uint8Array(), (text, bytes) => {
        expect(utf8(text)).toEqual(new TextEncoder().encode(text));
        const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
        expect(portableBytes.utf8Decode(bytes, 0, bytes.length)).toBe(decoder.decode(bytes));
        const encoded = utf8(text);
        expect(portableBytes.utf8Decode(encoded, 0, encoded.length)).toBe(decoder.decode(encoded));
      }),
      { numRuns: 1000 },
    );
    for (const lone of ["\ud800", "\udc00x", "a\ud83d", "\ude00\ud83d"])
      expect(utf8(lone)).toEqual(new TextEncoder().encode(lone));
  });

  test("text that does not fit is -1", () => {
    for (const text of ["abcd", "aé€", "😀x"]) expect(portableBytes.utf8Encode(text, new Uint8Array(3), 0)).toBe(-1);
  });

  test("searches stay in their range", () => {
    const bytes = Uint8Array.of(1, 2, 3, 2, 1);
    const set = new Uint8Array(256);
    set[2] = 1;
    expect(portableBytes.findByte(bytes, 2, 2, 1)).toBe(-1);
    expect(portableBytes.findByte(bytes, 2, 2, 2)).toBe(3);
    expect(portableBytes.findInSet(bytes, set, 2, 1)).toBe(-1);
    expect(portableBytes.findInSet(bytes, set, 0, 5)).toBe(1);
  });
});

describe("query", () => {
  // Without bare non-ASCII, which no target holds: Node.js mixes it up with percent-encoded bytes.
  test("any text: as URLSearchParams", () => {
    const part = fc.constantFrom("a", "b", "=", "&", "+", "%20", "%", "%2", "%zz", "%C3%A9", "%ff", " ", "%26", "%2B");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        expect([...new Query(text)]).toEqual([...new URLSearchParams(text)]);
      }),
      { numRuns: 1000 },
    );
  });

  test("get, getAll, has", () => {
    const query = new Query("a=1&b=2&a=3&c");
    expect([query.get("a"), query.getAll("a"), query.has("c"), query.get("d")]).toEqual(["1", ["1", "3"], true, null]);
    expect(decodeForm("a+b%21")).toBe("a b!");
  });
});
