import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptedEncoding, matchesEtag, parseQualities } from "../src/negotiate.ts";

const CODINGS = ["br", "gzip", "identity"];
const wish = fc.tuple(fc.constantFrom(...CODINGS, "deflate", "*"), fc.integer({ min: 0, max: 1000 }));
const wishes = fc.uniqueArray(wish, { maxLength: 5, selector: ([name]) => name });
const written = (list: readonly (readonly [string, number])[]) =>
  list.map(([name, q]) => (q === 1000 ? name : `${name};q=${(q / 1000).toFixed(3)}`)).join(", ");

describe("Accept-Encoding", () => {
  it("any wishes: what is chosen is acceptable, and nothing that is offered was wished for more", () => {
    fc.assert(
      fc.property(wishes, (list) => {
        const quality = (name: string) =>
          (list.find((each) => each[0] === name) ?? list.find(([any]) => any === "*"))?.[1];
        const chosen = acceptedEncoding(written(list), CODINGS);
        const own = quality(chosen) ?? 0;
        if (chosen !== "identity") expect(own).toBeGreaterThan(0);
        for (const coding of CODINGS) expect(quality(coding) ?? 0).toBeLessThanOrEqual(own);
      }),
    );
  });

  it("the order of the wishes, white space and case do not count", () => {
    fc.assert(
      fc.property(wishes, (list) => {
        const other = written([...list].reverse())
          .toUpperCase()
          .replaceAll(";", " ; ")
          .replaceAll(",", " ,\t");
        expect(acceptedEncoding(other, CODINGS)).toBe(acceptedEncoding(written(list), CODINGS));
      }),
    );
  });

  it("any text: it never throws, and qualities are from 0 to 1", () => {
    const text = fc.string({ unit: fc.constantFrom(...'gzip;q=01.9,* \t"') });
    fc.assert(
      fc.property(text, (header) => {
        for (const quality of parseQualities(header).values()) expect(quality >= 0 && quality <= 1).toBe(true);
        expect(CODINGS).toContain(acceptedEncoding(header, CODINGS));
      }),
    );
  });
});

describe("Accept-Encoding: what is sent", () => {
  it.each([
    [null, "identity"],
    ["", "identity"],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["x-gzip, gzip;q=0", "identity"],
    ["br;q=0, *", "gzip"],
    ["br;q=0.5, gzip;q=0.8", "gzip"],
    ["identity, gzip;q=0.5", "identity"],
    ["*;q=0", "identity"],
    ["deflate", "identity"],
  ])("%s: %s", (header, encoding) => {
    expect(acceptedEncoding(header, CODINGS)).toBe(encoding);
    expect(acceptedEncoding(header, CODINGS)).toBe(encoding);
  });
});

describe("entity tags", () => {
  const tag = fc.tuple(fc.boolean(), fc.constantFrom("a", "b", "c,d", ""));
  const shown = ([weak, text]: readonly [boolean, string]) => `${weak ? "W/" : ""}"${text}"`;

  it("any list: weakly the same text fits, strongly only two strong ones (RFC 9110 8.8.3.2)", () => {
    fc.assert(
      fc.property(fc.array(tag, { maxLength: 4 }), tag, (list, own) => {
        const header = list.map(shown).join(", ");
        const same = list.filter((each) => each[1] === own[1]);
        expect(matchesEtag(header, shown(own), false)).toBe(same.length > 0);
        expect(matchesEtag(header, shown(own), true)).toBe(!own[0] && same.some(([weak]) => !weak));
      }),
    );
  });
});
