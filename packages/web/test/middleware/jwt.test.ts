import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { bearerAuth, createApp, jwtVerifier } from "../../src/index.ts";

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
  });
});
