import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as own from "../../src/globals/text.ts";

describe("TextEncoder", () => {
  test.each([undefined, "", "abc", "hé😀", "\ud800", "\udc00\ud800", "a".repeat(5000)])(
    "encodes %j as Node.js does",
    (text) => {
      expect(new own.TextEncoder().encode(text)).toEqual(new TextEncoder().encode(text));
    },
  );

  test("encodeInto as Node.js does, for any text and any room", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12 }), fc.nat(30), (text, room) => {
        const [mine, theirs] = [new Uint8Array(room), new Uint8Array(room)];
        expect(new own.TextEncoder().encodeInto(text, mine)).toEqual(new TextEncoder().encodeInto(text, theirs));
        expect(mine).toEqual(theirs);
      }),
    );
  });

  test("what it gives is the caller's own", () => {
    const encoder = new own.TextEncoder();
    const first = encoder.encode("one");
    encoder.encode("two");
    expect([...first]).toEqual([..."one"].map((letter) => letter.charCodeAt(0)));
  });
});

describe("TextDecoder", () => {
  /** Bytes that are often nearly well-formed. */
  const bytes = fc
    .array(
      fc.oneof(
        fc.constantFrom(0x41, 0xef, 0xbb, 0xbf, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f, 0xc2, 0x80, 0xff, 0xc0),
        fc.nat(255),
      ),
      { maxLength: 16 },
    )
    .map((list) => Uint8Array.from(list));
  const decode = (Decoder: typeof TextDecoder, options: object, chunks: readonly Uint8Array[]) => {
    const decoder = new Decoder("utf-8", options);
    try {
      return [
        ...chunks.map((chunk) => decoder.decode(chunk, { stream: true })),
        decoder.decode(),
        decoder.decode(chunks[0]),
      ];
    } catch (error) {
      return (error as Error).name;
    }
  };

  test("any bytes in any pieces, with any options, as Node.js decodes them", () => {
    fc.assert(
      fc.property(
        fc.array(bytes, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.boolean(),
        (chunks, fatal, ignoreBOM) => {
          const options = { fatal, ignoreBOM };
          const mine = decode(own.TextDecoder as unknown as typeof TextDecoder, options, chunks);
          const theirs = decode(TextDecoder, options, chunks);
          // Where pieces are cut differs for malformed input; what they add up to does not.
          if (typeof theirs === "string" || typeof mine === "string") expect(mine).toEqual(theirs);
          else expect([mine.slice(0, -1).join(""), mine.at(-1)]).toEqual([theirs.slice(0, -1).join(""), theirs.at(-1)]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("buffers and views of all kinds", () => {
    const data = new Uint8Array([0x20, 0x68, 0x69]);
    const decoder = new own.TextDecoder();
    expect(decoder.decode(data.buffer)).toBe(" hi");
    expect(decoder.decode(new DataView(data.buffer, 1))).toBe("hi");
    expect(decoder.decode(data.subarray(1, 2))).toBe("h");
    expect(decoder.decode()).toBe("");
    expect(() => decoder.decode("text" as never)).toThrow(TypeError);
  });

  test("labels of UTF-8, in any case and with white space", () => {
    expect(new own.TextDecoder(" UTF8 ").encoding).toBe("utf-8");
  });

  test("other encodings are refused by name", () => {
    expect(() => new own.TextDecoder("utf-16le")).toThrow(
      new RangeError('the encoding "utf-16le" is not supported: an image has UTF-8 only'),
    );
  });
});
