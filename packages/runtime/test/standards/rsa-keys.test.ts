// Against Node.js's own cryptography: its keys are read, and what is written is what it writes.
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import type { Jwk } from "../../src/standards/jwk.ts";
import { emitRsaKey, parseRsaKey } from "../../src/standards/rsa-keys.ts";

const bytes = (buffer: Buffer) => new Uint8Array(buffer);

const DATA_ERROR = expect.objectContaining({ name: "DataError" });

function rsaKeys(modulusLength: number) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength });
  return {
    spki: bytes(publicKey.export({ type: "spki", format: "der" })),
    pkcs8: bytes(privateKey.export({ type: "pkcs8", format: "der" })),
    publicJwk: publicKey.export({ format: "jwk" }) as Jwk,
    privateJwk: privateKey.export({ format: "jwk" }) as Jwk,
  };
}

test.each([1024, 2048])("RSA keys of %i bits: every format gives Node.js's bytes again", (bits) => {
  const { spki, pkcs8, publicJwk, privateJwk } = rsaKeys(bits);
  const open = parseRsaKey("jwk", publicJwk);
  const secret = parseRsaKey("jwk", privateJwk);
  expect(parseRsaKey("spki", spki)).toEqual(open);
  expect(parseRsaKey("pkcs8", pkcs8)).toEqual(secret);
  expect(emitRsaKey("spki", open)).toEqual(spki);
  expect(emitRsaKey("pkcs8", secret)).toEqual(pkcs8);
  expect(emitRsaKey("jwk", open)).toEqual(publicJwk);
  expect(emitRsaKey("jwk", secret)).toEqual(privateJwk);
});

test("RSA keys that are cut off, or without their primes, are a DataError", () => {
  const { spki, privateJwk } = rsaKeys(1024);
  const curveKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
  for (let end = 0; end < spki.length; end++)
    expect(() => parseRsaKey("spki", spki.subarray(0, end))).toThrow(DATA_ERROR);
  expect(() => parseRsaKey("spki", bytes(curveKey.export({ type: "spki", format: "der" })))).toThrow(DATA_ERROR);
  expect(() => parseRsaKey("jwk", { ...privateJwk, p: undefined })).toThrow(DATA_ERROR);
});
