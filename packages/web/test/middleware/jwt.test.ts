import { generateKeyPairSync, sign } from "node:crypto";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { bearerAuth, createApp, eddsaVerifier, jwtVerifier } from "../../src/index.ts";

const key = new Uint8Array(32).fill(7);
const token = (alg = "HS256", signer = key) =>
  new SignJWT({ sub: "ada" }).setProtectedHeader({ alg }).setIssuer("me").setExpirationTime(1000).sign(signer);
const options = { algorithms: ["HS256"], issuer: "me", now: () => new Date(999_000) };

describe("JSON Web Tokens", () => {
  it("one that holds gives its claims", async () => {
    expect(await jwtVerifier(key, options)(await token())).toMatchObject({ sub: "ada" });
  });

  it.each([
    ["over", { ...options, now: () => new Date(1_001_000) }],
    ["of another issuer", { ...options, issuer: "you" }],
    ["for another audience", { ...options, audience: "you" }],
    ["of another algorithm", { ...options, algorithms: ["HS512"] }],
  ])("one that is %s does not hold", async (_name, other) => {
    expect(await jwtVerifier(key, other)(await token())).toBeUndefined();
  });

  it("one that is unsigned, changed or signed by another key does not hold", async () => {
    const verify = jwtVerifier(key, options);
    const good = await token();
    const none = `${btoa('{"alg":"none"}')}.${good.split(".")[1]}.`;
    const parts = good.split(".");
    const changed = [parts[0], btoa('{"sub":"eve","iss":"me"}').replace(/=+$/, ""), parts[2]].join(".");
    for (const bad of [none, changed, await token("HS256", new Uint8Array(32)), "", "a.b.c"]) {
      expect(await verify(bad)).toBeUndefined();
    }
  });

  it.each([
    ["ES256", { name: "ECDSA", namedCurve: "P-256" }],
    ["ES384", { name: "ECDSA", namedCurve: "P-384" }],
    [
      "RS256",
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    ],
  ])("%s: what the private key signed holds by the public one, and by no other algorithm", async (alg, algorithm) => {
    const pair = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
    if (!("privateKey" in pair)) throw new TypeError("No pair");
    const signed = await new SignJWT({ sub: "ada", iss: "me", exp: 1000 })
      .setProtectedHeader({ alg })
      .sign(pair.privateKey);
    expect(await jwtVerifier(pair.publicKey, { ...options, algorithms: [alg] })(signed)).toMatchObject({ sub: "ada" });
    expect(await jwtVerifier(pair.publicKey, { ...options, algorithms: ["PS256"] })(signed)).toBeUndefined();
    const other = `${signed.slice(0, -8)}AAAAAAAA`;
    expect(await jwtVerifier(pair.publicKey, { ...options, algorithms: [alg] })(other)).toBeUndefined();
  });

  it("guard routes together with bearerAuth", async () => {
    const verify = jwtVerifier(key, options);
    const app = createApp()
      .use(bearerAuth(async (given) => (await verify(given)) !== undefined))
      .get("/", () => "in");
    const status = async (authorization: string) => (await app.request("/", { headers: { authorization } })).status;
    expect([await status(`Bearer ${await token()}`), await status("Bearer x.y.z")]).toEqual([200, 401]);
  });

  it("weak keys and no algorithm are refused", () => {
    expect(() => jwtVerifier(new Uint8Array(31), options)).toThrow(RangeError);
    expect(() => jwtVerifier(key, { algorithms: [] })).toThrow(TypeError);
    expect(() => jwtVerifier(key, { algorithms: ["HS256", "EdDSA"] })).toThrow(TypeError);
  });
});

describe("JSON Web Tokens with Ed25519", () => {
  const pair = generateKeyPairSync("ed25519");
  const publicKey = Buffer.from(pair.publicKey.export({ format: "jwk" }).x!, "base64url");
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = (claims: object, header: object = { alg: "EdDSA" }) => {
    const text = `${part(header)}.${part(claims)}`;
    return `${text}.${sign(null, Buffer.from(text), pair.privateKey).toString("base64url")}`;
  };
  const claims = { sub: "ada", iss: "me", exp: 1000 };
  const verify = eddsaVerifier(publicKey, { issuer: "me", now: options.now });

  it("those that Node's OpenSSL signed hold", async () => {
    expect(await verify(signed(claims))).toEqual(claims);
    expect(await verify(signed(claims, { alg: "Ed25519", typ: "JWT" }))).toEqual(claims);
  });

  it.each([
    ["over", signed({ ...claims, exp: 998 })],
    ["not yet valid", signed({ ...claims, nbf: 1001 })],
    ["of another issuer", signed({ ...claims, iss: "you" })],
    ["of another algorithm by its header", signed(claims, { alg: "none" })],
    ["with what must be understood", signed(claims, { alg: "EdDSA", crit: ["b64"], b64: false })],
    ["changed", signed(claims).replace(part(claims), part({ ...claims, sub: "eve" }))],
    ["signed by nobody", `${part({ alg: "EdDSA" })}.${part(claims)}.`],
    ["longer", `${signed(claims)}.x`],
    ["no token", "a.b.c"],
    ["empty", ""],
  ])("one that is %s does not", async (_name, bad) => expect(await verify(bad)).toBeUndefined());

  it("RFC 8037 A.4: the example's signature is right, its payload no claims", async () => {
    const key = Buffer.from("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "base64url");
    const jws =
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    expect(await eddsaVerifier(key)(jws)).toBeUndefined();
    const { ed25519 } = await import("@noble/curves/ed25519.js");
    const [header, payload, signature] = jws.split(".");
    expect(ed25519.verify(Buffer.from(signature!, "base64url"), Buffer.from(`${header}.${payload}`), key)).toBe(true);
    expect(() => eddsaVerifier(new Uint8Array(31))).toThrow(RangeError);
  });
});
