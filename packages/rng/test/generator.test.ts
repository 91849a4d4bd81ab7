import { describe, expect, test } from "vitest";
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
  test("does not depend on how it is cut", () => {
    const whole = new Generator(new Uint8Array(32).fill(9)).fill(new Uint8Array(5000));
    const generator = new Generator(new Uint8Array(32).fill(9));
    const cut = new Uint8Array(5000);
    for (let at = 0, length = 1; at < cut.length; at += length, length = (length * 7) % 97) {
      generator.fill(cut.subarray(at, at + length));
    }
    expect(cut).toEqual(whole);
  });

  test("uint32 reads the same stream, little endian", () => {
    const bytes = new Generator(new Uint8Array(32).fill(3)).fill(new Uint8Array(4000));
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

  test("no block of 16 bytes comes twice in a megabyte", () => {
    const bytes = new Generator(new Uint8Array(32).fill(1)).fill(new Uint8Array(1 << 20));
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
