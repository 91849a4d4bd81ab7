import { describe, expect, test } from "vitest";
import { crypto as own } from "../../src/globals/crypto.ts";
import { setRng } from "../../src/rng.ts";

describe("before boot", () => {
  test("asking for randomness fails with ERR_BUILD_TIME and says what to do", () => {
    expect(() => own.randomUUID()).toThrow(expect.objectContaining({ code: "ERR_BUILD_TIME" }));
    expect(() => own.getRandomValues(new Uint8Array(1))).toThrow("move this into run()'s main");
  });
});

describe("after boot", () => {
  const boot = (byte: number) => setRng({ fill: (into) => into.fill(byte), uint32: () => 0 });

  test("getRandomValues fills the bytes of a view and nothing else, and returns it", () => {
    boot(0xab);
    const buffer = new Uint8Array(8);
    const view = new Uint16Array(buffer.buffer, 2, 2);
    expect(own.getRandomValues(view)).toBe(view);
    expect([...buffer]).toEqual([0, 0, 0xab, 0xab, 0xab, 0xab, 0, 0]);
  });

  test.each([new Float32Array(1), new DataView(new ArrayBuffer(1)), [1]])("refuses %s as Node.js does", (value) => {
    for (const crypto of [own, globalThis.crypto]) {
      expect(() => crypto.getRandomValues(value as never)).toThrow(
        expect.objectContaining({ name: "TypeMismatchError" }),
      );
    }
  });

  test("refuses more than 65,536 bytes as Node.js does", () => {
    for (const crypto of [own, globalThis.crypto]) {
      expect(() => crypto.getRandomValues(new Uint8Array(65_537))).toThrow(
        expect.objectContaining({ name: "QuotaExceededError" }),
      );
    }
    expect(own.getRandomValues(new Uint8Array(65_536)).length).toBe(65_536);
  });

  test("RFC 9562 5.4: version 4, variant 10, whatever the bytes", () => {
    boot(0xff);
    expect(own.randomUUID()).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
    boot(0);
    expect(own.randomUUID()).toBe("00000000-0000-4000-8000-000000000000");
  });

  test("subtle says how to get it", () => {
    expect(() => own.subtle).toThrow(expect.objectContaining({ name: "NotSupportedError" }));
  });
});
