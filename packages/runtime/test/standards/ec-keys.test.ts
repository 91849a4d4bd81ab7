// Against Node.js's own cryptography: its keys are read, and what is written is what it writes.
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { curves, emitEcKey, parseEcKey } from "../../src/standards/ec-keys.ts";
import type { Jwk } from "../../src/standards/jwk.ts";

const bytes = (buffer: Buffer) => new Uint8Array(buffer);

const DATA_ERROR = expect.objectContaining({ name: "DataError" });

function ecKeys(namedCurve: string) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
  return {
    spki: bytes(publicKey.export({ type: "spki", format: "der" })),
    pkcs8: bytes(privateKey.export({ type: "pkcs8", format: "der" })),
    publicJwk: publicKey.export({ format: "jwk" }) as Jwk,
    privateJwk: privateKey.export({ format: "jwk" }) as Jwk,
  };
}

describe.each(curves)("keys on $name", (curve) => {
  test("every format of the same key gives the same numbers, and these give Node.js's bytes again", () => {
    for (let round = 0; round < 20; round++) {
      const { spki, pkcs8, publicJwk, privateJwk } = ecKeys(curve.name);
      const key = parseEcKey("jwk", privateJwk, curve);
      expect(parseEcKey("pkcs8", pkcs8, curve)).toEqual(key);
      expect(parseEcKey("spki", spki, curve)).toEqual({ point: key.point });
      expect(parseEcKey("raw", key.point!, curve)).toEqual({ point: key.point });
      expect(parseEcKey("jwk", publicJwk, curve)).toEqual({ point: key.point });
      expect(emitEcKey("pkcs8", key, curve)).toEqual(pkcs8);
      expect(emitEcKey("spki", key, curve)).toEqual(spki);
      expect(emitEcKey("raw", key, curve)).toEqual(key.point);
      expect(emitEcKey("jwk", key, curve)).toEqual(privateJwk);
      expect(emitEcKey("jwk", { point: key.point }, curve)).toEqual(publicJwk);
    }
  });

  test("a key that is cut off, longer or of another curve is a DataError", () => {
    const { spki, pkcs8, publicJwk } = ecKeys(curve.name);
    for (const [format, whole] of [
      ["spki", spki],
      ["pkcs8", pkcs8],
    ] as const) {
      for (let end = 0; end < whole.length; end++)
        expect(() => parseEcKey(format, whole.subarray(0, end), curve)).toThrow(DATA_ERROR);
      expect(() => parseEcKey(format, new Uint8Array([...whole, 0]), curve)).toThrow(DATA_ERROR);
      for (const other of curves.filter((other) => other !== curve))
        expect(() => parseEcKey(format, whole, other)).toThrow(DATA_ERROR);
    }
    expect(() => parseEcKey("jwk", { ...publicJwk, crv: "P-1" }, curve)).toThrow(DATA_ERROR);
    expect(() => parseEcKey("jwk", { ...publicJwk, x: "AA" }, curve)).toThrow(DATA_ERROR);
    expect(() => parseEcKey("jwk", { ...publicJwk, y: `${publicJwk.y}=` }, curve)).toThrow(DATA_ERROR);
    expect(() => parseEcKey("raw", spki, curve)).toThrow(DATA_ERROR);
  });

  test("a changed byte of the DER's frame is a DataError", () => {
    const { spki } = ecKeys(curve.name);
    const frame = spki.length - 2 * curve.size;
    for (let at = 0; at < frame; at++) {
      const changed = spki.slice();
      changed[at]! ^= 1 << (at % 8);
      expect(() => parseEcKey("spki", changed, curve), `byte ${at}`).toThrow(DATA_ERROR);
    }
  });
});

test("a length in more bytes than it needs is a DataError", () => {
  const { spki } = ecKeys("P-256");
  const long = new Uint8Array([0x30, 0x81, ...spki.subarray(1)]);
  expect(() => parseEcKey("spki", long, curves[0]!)).toThrow(DATA_ERROR);
});
