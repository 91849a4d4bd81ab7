// importKey and exportKey of the engine's crypto.subtle, against Node.js's.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { createEngine, type Engine } from "./engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});

const literal = (value: unknown) =>
  value instanceof Uint8Array ? `new Uint8Array([${[...value]}])` : JSON.stringify(value);
const text = Buffer.from("abc");
const plain = `(value) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value)`;

const cases: readonly [object, object, () => { publicKey: KeyObject; privateKey: KeyObject }][] = [
  ...["P-256", "P-384", "P-521"].map(
    (namedCurve) =>
      [
        { name: "ECDSA", namedCurve },
        { name: "ECDSA", hash: "SHA-256" },
        () => generateKeyPairSync("ec", { namedCurve }),
      ] as const,
  ),
  [
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    { name: "RSASSA-PKCS1-v1_5" },
    () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ],
] as never;

describe.each(cases)("%j", (algorithm, parameters, generate) => {
  test("Node.js's public keys verify Node.js's signatures and are exported as Node.js does", async () => {
    const { publicKey, privateKey } = generate();
    const signature = sign("sha256", text, { key: privateKey, dsaEncoding: "ieee-p1363" });
    const spki = publicKey.export({ type: "spki", format: "der" });
    const jwk = publicKey.export({ format: "jwk" });
    for (const [format, data] of [
      ["spki", spki],
      ["jwk", jwk],
    ] as const) {
      const seen = await engine.evaluate(`(async (subtle) => {
        const key = await subtle.importKey("${format}", ${literal(data)}, ${literal(algorithm)}, true, ["verify"]);
        const verify = (data) => subtle.verify(${literal(parameters)}, key, ${literal(signature)}, data);
        return [
          key.type,
          await verify(${literal(text)}),
          await verify(${literal(Buffer.from("abd"))}),
          (${plain})(await subtle.exportKey("spki", key)),
          await subtle.exportKey("jwk", key),
        ];
      })(own["crypto.subtle"])`);
      expect(seen).toEqual([
        "public",
        true,
        false,
        [...spki],
        { ...jwk, ...alg(algorithm), ext: true, key_ops: ["verify"] },
      ]);
    }
  });

  test("private keys sign, are exported as Node.js does, and the pair made from them holds together", async () => {
    const { publicKey, privateKey } = generate();
    const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
    const jwk = privateKey.export({ format: "jwk" });
    for (const [format, data] of [
      ["pkcs8", pkcs8],
      ["jwk", jwk],
    ] as const) {
      const seen = await engine.evaluate(`(async (subtle) => {
        const key = await subtle.importKey("${format}", ${literal(data)}, ${literal(algorithm)}, true, ["sign"]);
        const open = await subtle.importKey("jwk", ${literal(publicKey.export({ format: "jwk" }))}, ${literal(algorithm)}, true, ["verify"]);
        const signature = await subtle.sign(${literal(parameters)}, key, ${literal(text)});
        return [
          key.type,
          await subtle.verify(${literal(parameters)}, open, signature, ${literal(text)}),
          (${plain})(await subtle.exportKey("pkcs8", key)),
          await subtle.exportKey("jwk", key),
        ];
      })(own["crypto.subtle"])`);
      expect(seen).toEqual(["private", true, [...pkcs8], { ...jwk, ...alg(algorithm), ext: true, key_ops: ["sign"] }]);
    }
  });
});

const alg = (algorithm: object) => ("hash" in algorithm ? { alg: "RS256" } : {});

test("ECDH on P-256 agrees with a key of Node.js, raw and as JWK", async () => {
  const mine = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { diffieHellman } = await import("node:crypto");
  const shared = diffieHellman({ privateKey: mine.privateKey, publicKey: other.publicKey });
  const raw = other.publicKey.export({ type: "spki", format: "der" }).subarray(-65);
  const seen = await engine.evaluate(`(async (subtle) => {
    const algorithm = { name: "ECDH", namedCurve: "P-256" };
    const key = await subtle.importKey("jwk", ${literal(mine.privateKey.export({ format: "jwk" }))}, algorithm, false, ["deriveBits"]);
    const open = await subtle.importKey("raw", ${literal(raw)}, algorithm, true, []);
    const bits = await subtle.deriveBits({ name: "ECDH", public: open }, key, 256);
    return [(${plain})(bits), (${plain})(await subtle.exportKey("raw", open))];
  })(own["crypto.subtle"])`);
  expect(seen).toEqual([[...shared], [...raw]]);
});

const P256 = { name: "ECDSA", namedCurve: "P-256" };
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const open = pair.publicKey.export({ format: "jwk" });
const secret = pair.privateKey.export({ format: "jwk" });
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });

test.each([
  ["DataError", "a point off the curve", { ...open, y: open.x }, P256, ["verify"]],
  ["DataError", "a point that is another key's", { ...secret, x: stranger.x, y: stranger.y }, P256, ["sign"]],
  ["DataError", "another alg", { ...open, alg: "ES384" }, P256, ["verify"]],
  ["DataError", "key_ops without the usage", { ...open, key_ops: ["sign"] }, P256, ["verify"]],
  ["DataError", "another use", { ...open, use: "enc" }, P256, ["verify"]],
  ["DataError", "not extractable", { ...open, ext: false }, P256, ["verify"]],
  ["DataError", "another kind of key", { ...open, kty: "RSA" }, P256, ["verify"]],
  ["SyntaxError", "a usage that public keys do not have", open, P256, ["sign"]],
  ["SyntaxError", "a private key of no use", secret, P256, []],
])("%s: %s", async (name, _, jwk, algorithm, usages) => {
  const run = (subtle: string) =>
    `${subtle}.importKey("jwk", ${literal(jwk)}, ${literal(algorithm)}, true, ${literal(usages)}).then(() => "taken", (error) => error.name)`;
  expect(await engine.evaluate(run(`own["crypto.subtle"]`))).toBe(name);
});

test("a private key is not given as raw, nor one that is not extractable", async () => {
  const seen = await engine.evaluate(`(async (subtle) => {
    const load = (extractable) => subtle.importKey("jwk", ${literal(secret)}, ${literal(P256)}, extractable, ["sign"]);
    const attempt = async (format, key) => subtle.exportKey(format, key).then(() => "given", (error) => error.name);
    return [await attempt("raw", await load(true)), await attempt("spki", await load(true)), await attempt("jwk", await load(false))];
  })(own["crypto.subtle"])`);
  expect(seen).toEqual(["InvalidAccessError", "InvalidAccessError", "InvalidAccessError"]);
});
