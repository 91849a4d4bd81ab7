import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_RANGES, parseRanges } from "../../src/http/ranges.ts";

const spec = fc.oneof(
  fc.tuple(fc.nat(40), fc.nat(40)).map(([first, last]) => `${first}-${last}`),
  fc.nat(40).map((first) => `${first}-`),
  fc.nat(40).map((length) => `-${length}`),
);

/** The positions that one range names, byte by byte (RFC 9110 14.1.2); `undefined`: it is invalid. */
function positions(text: string, size: number): number[] | undefined {
  const [first, last] = text.split("-");
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  return Array.from({ length: size }, (_, at) => at).filter((at) =>
    first === "" ? at >= size - Number(last) : at >= Number(first) && (last === "" || at <= Number(last)),
  );
}

describe("ranges", () => {
  test("any that are well-formed: each is what RFC 9110 says byte by byte, and all together no more than the whole", () => {
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 5 }), fc.nat(30), (specs, size) => {
        const wanted = specs.map((text) => positions(text, size));
        const valid = wanted.filter((list) => list !== undefined);
        const some = valid.filter((list) => list.length > 0);
        const ignored = valid.length < wanted.length || some.flat().length > size;
        const ranges = parseRanges(`bytes=${specs.join(", ")}`, size);
        const shown = ranges?.map(({ start, end }) => Array.from({ length: end - start }, (_, at) => start + at));
        expect(shown).toEqual(ignored ? undefined : some);
      }),
    );
  });

  test("any text: it never throws, and nothing is outside of the content", () => {
    const text = fc.string({ unit: fc.constantFrom(..."bytes=0123456789-,; \t\r") });
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((rest) => `bytes=${rest}`),
        ),
        fc.nat(100),
        (header, size) => {
          for (const { start, end } of parseRanges(header, size) ?? []) {
            expect(0 <= start && start < end && end <= size).toBe(true);
          }
        },
      ),
    );
  });

  test("more ranges than anybody needs are ignored", () => {
    const many = (count: number) => `bytes=${Array.from({ length: count }, (_, at) => `${at}-${at}`).join(",")}`;
    expect(parseRanges(many(MAX_RANGES), 100)).toHaveLength(MAX_RANGES);
    expect(parseRanges(many(MAX_RANGES + 1), 100)).toBeUndefined();
  });
});
