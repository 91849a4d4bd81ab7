import fc from "fast-check";
import { expect, it } from "vitest";
import { keysOf, SortedIndex } from "../src/sorted-index.ts";
import { emitUtf8, parseUtf8, utf8Length } from "../src/utf8.ts";

it("sorted-index: does as a sorted map does", () => {
  const key = fc.integer({ min: 0, max: 2000 }).map(String);
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 3000, size: "max" }), (operations) => {
      const index = new SortedIndex<number>();
      const model = new Map<string, number>();
      operations.forEach(([name, isDelete], at) => {
        if (isDelete && at % 3 === 0) expect(index.delete(name)).toBe(model.delete(name));
        else {
          index.set(name, at);
          model.set(name, at);
        }
      });
      const sorted = [...model.keys()].sort();
      expect([...keysOf(index, "")]).toEqual(sorted);
      expect([...keysOf(index, "17")]).toEqual(sorted.filter((name) => name.startsWith("17")));
      expect(index.count).toBe(model.size);
      for (let name = 0; name < 2000; name += 7) expect(index.get(String(name))).toBe(model.get(String(name)));
    }),
    { numRuns: 40 },
  );
});

it("utf8: writes what TextEncoder writes, reads it again, and knows lone surrogates", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 0, max: 3 }), (text, at) => {
      const expected = new TextEncoder().encode(text);
      const into = new Uint8Array(expected.length + 8);
      expect(utf8Length(text)).toBe(expected.length);
      expect(emitUtf8(text, into, at)).toBe(at + expected.length);
      expect(into.slice(at, at + expected.length)).toEqual(expected);
      expect(parseUtf8(into, at, at + expected.length)).toBe(text);
    }),
  );
  for (const text of ["\ud800", "a\udc00", "\ud800\ud800\udc00", "\ud83dx"]) expect(utf8Length(text)).toBe(-1);
});
