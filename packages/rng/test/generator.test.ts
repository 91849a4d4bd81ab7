import { describe, expect, test } from "vitest";
import { chacha20 } from "../src/chacha20.ts";
import { Generator } from "../src/generator.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("fast key erasure", () => {
  test("the first bytes are the second half of RFC 8439 A.1, vector 1", () => {
    expect(hex(new Generator(new Uint8Array(32)).fill(new Uint8Array(32)))).toBe(
      "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
    );
  });

  test("the next bytes come from the key that was the first half", () => {
    const key = Buffer.from("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7", "hex");
    const generator = new Generator(new Uint8Array(32));
    generator.fill(new Uint8Array(32));
    const expected = new Generator(key).fill(new Uint8Array(32));
    expect(generator.fill(new Uint8Array(32))).toEqual(expected);
  });

  test("the key is another after each refill", () => {
    const generator = new Generator(new Uint8Array(32));
    const seen = new Set<string>();
    for (let refill = 0; refill < 100; refill++) {
      const key = new Uint8Array(32);
      generator.copyKey(key);
      seen.add(hex(key));
      generator.fill(new Uint8Array(refill === 0 ? 32 : 480));
    }
    expect(seen.size).toBe(100);
  });
});

describe("output", () => {
  /** In requests that are not large. */
  const stream = (seed: number, length: number) => {
    const generator = new Generator(new Uint8Array(32).fill(seed));
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 400) generator.fill(bytes.subarray(at, at + 400));
    return bytes;
  };

  test("does not depend on how small requests cut it", () => {
    const whole = stream(9, 5000);
    const generator = new Generator(new Uint8Array(32).fill(9));
    const cut = new Uint8Array(5000);
    for (let at = 0, length = 1; at < cut.length; at += length, length = (length * 7) % 97) {
      generator.fill(cut.subarray(at, at + length));
    }
    expect(cut).toEqual(whole);
  });

  test("uint32 reads the same stream, little endian", () => {
    const bytes = stream(3, 4000);
    const generator = new Generator(new Uint8Array(32).fill(3));
    for (let at = 0; at < bytes.length; at += 4) {
      expect(generator.uint32()).toBe(new DataView(bytes.buffer).getUint32(at, true));
    }
  });

  test("uint32 after an odd number of bytes never hands out a byte twice", () => {
    const stream = new Generator(new Uint8Array(32).fill(4)).fill(new Uint8Array(64));
    const generator = new Generator(new Uint8Array(32).fill(4));
    generator.fill(new Uint8Array(29));
    const value = generator.uint32();
    expect(value).toBe(new DataView(stream.buffer).getUint32(32, true));
  });

  test.each([
    ["small requests", stream(1, 1 << 20)],
    ["one large", new Generator(new Uint8Array(32).fill(1)).fill(new Uint8Array(1 << 20))],
  ])("no block of 16 bytes comes twice in a megabyte: %s", (_, bytes) => {
    const seen = new Set<string>();
    for (let at = 0; at < bytes.length; at += 16) seen.add(Buffer.from(bytes.buffer, at, 16).toString("latin1"));
    expect(seen.size).toBe(bytes.length / 16);
  });

  test("a new key throws away what was left of the old one", () => {
    const generator = new Generator(new Uint8Array(32));
    generator.fill(new Uint8Array(1));
    generator.setKey(new Uint8Array(32).fill(1));
    const fresh = new Uint8Array(16);
    generator.fill(fresh);
    const old = new Generator(new Uint8Array(32)).fill(new Uint8Array(32));
    expect(hex(old)).not.toContain(hex(fresh));
  });
});

describe("large requests", () => {
  test("a key of their own: its block 0 becomes the next key, the rest is the answer", () => {
    const generator = new Generator(new Uint8Array(32));
    const answer = generator.fill(new Uint8Array(1000));
    expect(hex(answer.subarray(0, 64))).toBe(
      "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed" +
        "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
    );
    const key = new Uint8Array(32);
    generator.copyKey(key);
    expect(hex(key)).toBe("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7");
  });

  test("nothing that was buffered is handed out behind them, and the key stream of a key never twice", () => {
    const generator = new Generator(new Uint8Array(32).fill(3));
    const seen = new Set<string>();
    for (const length of [16, 600, 16, 16, 512, 4096, 16, 600]) {
      const answer = hex(generator.fill(new Uint8Array(length)));
      for (let at = 0; at + 32 <= answer.length; at += 32) {
        expect(seen.has(answer.slice(at, at + 32))).toBe(false);
        seen.add(answer.slice(at, at + 32));
      }
    }
  });
});

test("another ChaCha20 is used where one is given", () => {
  let calls = 0;
  const generator = new Generator(new Uint8Array(32), undefined, (...values) => {
    calls++;
    chacha20(...values);
  });
  expect(generator.fill(new Uint8Array(32))).toEqual(new Generator(new Uint8Array(32)).fill(new Uint8Array(32)));
  expect(calls).toBe(1);
});
