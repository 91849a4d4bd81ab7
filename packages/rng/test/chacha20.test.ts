import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chacha20, chacha20Block } from "../src/chacha20.ts";

function keystream(key: Uint8Array, counter: number): string {
  const out = new Int32Array(18).fill(0x5a5a5a5a);
  chacha20Block(new Int32Array([...new Int32Array(key.slice().buffer), 0, 0, 0]), counter, out, 1);
  expect([out[0], out[17]]).toEqual([0x5a5a5a5a, 0x5a5a5a5a]);
  return Buffer.from(out.buffer, 4, 64).toString("hex");
}

describe("RFC 8439 A.1", () => {
  test("vector 1: key of zeros, counter 0", () => {
    expect(keystream(new Uint8Array(32), 0)).toBe(
      "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7" +
        "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
    );
  });

  test("vector 2: key of zeros, counter 1", () => {
    expect(keystream(new Uint8Array(32), 1)).toBe(
      "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed" +
        "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
    );
  });

  test("vector 4: key 00ff00…, counter 2", () => {
    const key = new Uint8Array(32);
    key[1] = 0xff;
    expect(keystream(key, 2)).toBe(
      "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca" +
        "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096",
    );
  });
});

test("any key and counter: the same block as OpenSSL's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(0xffffffff), (key, counter) => {
      const iv = Buffer.alloc(16);
      iv.writeUInt32LE(counter);
      const cipher = createCipheriv("chacha20", key, iv);
      expect(keystream(key, counter)).toBe(cipher.update(new Uint8Array(64)).toString("hex"));
    }),
    { numRuns: 200 },
  );
});

/** The example's ciphertext XOR its plaintext, worked out with OpenSSL below too. */
const STREAM =
  "224f51f3401bd9e12fde276fb8631ded8c131f823d2c06e27e4fcaec9ef3cf788a3b0aa372600a92b57974cded2b9334794cba40c63e34cdea212c4cf07d41b769a6";

test("RFC 8439 2.4.2: a nonce, from block 1 on", () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index);
  const nonce = Buffer.from("000000000000004a00000000", "hex");
  const into = new Uint8Array(70).fill(0xa5);
  chacha20(key, nonce, 1, into, 2, 66);
  expect(Buffer.from(into).toString("hex")).toBe(`a5a5${STREAM}a5a5`);
});

test("any key, nonce, counter and length: the same bytes as OpenSSL's, and no others are touched", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(bytes(32), bytes(12), fc.nat(0xffff), fc.nat(300), (key, nonce, counter, length) => {
      const into = new Uint8Array(length + 2).fill(0xa5);
      chacha20(key, nonce, counter, into, 1, length);
      const iv = Buffer.alloc(16);
      iv.writeUInt32LE(counter);
      iv.set(nonce, 4);
      const expected = createCipheriv("chacha20", key, iv).update(new Uint8Array(length));
      expect(Buffer.from(into).toString("hex")).toBe(`a5${expected.toString("hex")}a5`);
    }),
    { numRuns: 200 },
  );
});
