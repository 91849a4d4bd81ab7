import fc from "fast-check";
import { expect, test } from "vitest";
import { unmask } from "../../src/websocket/mask.ts";

test("a range of any alignment in any view is masked as RFC 6455 5.3 says, and nothing beside it", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.nat(5),
      fc.nat(9),
      fc.nat(100),
      fc.nat(10),
      (key, offset, start, length, phase) => {
        const size = start + length + 7;
        const buffer = new Uint8Array(new ArrayBuffer(offset + size + 3), offset, size);
        for (let at = 0; at < size; at++) buffer[at] = (at * 37) & 0xff;
        const expected = buffer.slice();
        for (let at = 0; at < length; at++) expected[start + at]! ^= key[(at + phase) & 3]!;
        const keys = new Uint8Array(14);
        keys.set(key, 10);
        unmask(buffer, start, start + length, keys, 10, phase);
        expect(buffer).toEqual(expected);
      },
    ),
    { numRuns: 1000 },
  );
});

test("the last bytes of a buffer whose length is no multiple of four are masked too", () => {
  const buffer = new Uint8Array(7);
  unmask(buffer, 0, 7, Uint8Array.of(1, 2, 3, 4), 0, 0);
  expect([...buffer]).toEqual([1, 2, 3, 4, 1, 2, 3]);
});
