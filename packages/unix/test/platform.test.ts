import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as platform from "../src/platform.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("the platform on Node.js", () => {
  it("has every function that an image's kernel has", () => {
    const contract = join(import.meta.dirname, "../../runtime/src/native-platform.d.ts");
    expect(existsSync(contract)).toBe(true);
    const names = [...readFileSync(contract, "utf8").matchAll(/^ {2}export function (\w+)/gm)].map(
      (match) => match[1]!,
    );
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => typeof (platform as Record<string, unknown>)[name] !== "function")).toEqual([]);
  });

  it("ranges outside of their view throw a RangeError", () => {
    expect(() => platform.checksum(new Uint8Array(4), 2, 3, 0)).toThrow(RangeError);
    expect(() => platform.utf8Decode(new Uint8Array(4), -1, 2)).toThrow(RangeError);
    expect(() => platform.base64Encode(new Uint8Array(4), 0, 5)).toThrow(RangeError);
    expect(() => platform.copy(new Uint8Array(2), 0, new Uint8Array(4), 0, 3)).toThrow(RangeError);
  });

  it("sums as RFC 1071 shows", () => {
    expect(platform.checksum(new Uint8Array([0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7]), 0, 8, 0)).toBe(0xddf2);
    expect(platform.checksum(new Uint8Array([1]), 0, 1, 0xff00)).toBe(1);
  });

  it("base64 takes white space and missing padding, and refuses the rest with -1", () => {
    const into = new Uint8Array(8);
    expect(platform.base64Decode(" aGk\n", into, 1)).toBe(2);
    expect(into.subarray(1, 3)).toEqual(bytes("hi"));
    expect(platform.base64Decode("a!", into, 0)).toBe(-1);
    expect(platform.base64Decode("aGVsbG8gd29ybGQ=", into, 0)).toBe(-1);
    expect(platform.base64Encode(bytes("hi"), 0, 2)).toBe("aGk=");
  });

  it("chacha20 gives the keystream of RFC 8439 2.4.2", () => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => index);
    const nonce = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0x4a, 0, 0, 0, 0]);
    const into = new Uint8Array(10);
    platform.chacha20(key, nonce, 1, into, 1, 8);
    expect([...into]).toEqual([0, 0x22, 0x4f, 0x51, 0xf3, 0x40, 0x1b, 0xd9, 0xe1, 0]);
  });
});
