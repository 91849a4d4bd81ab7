// Parts of packages/web that lean on the engine, in a booted image, seen by curl.
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { gzipSync } from "node:zlib";
import { curl, GUEST, namespacesMissing, runIn, type Serving, serves } from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const missing = namespacesMissing();

describe.skipIf(missing !== undefined)(`parts of web on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let server: Serving;
  beforeAll(async () => {
    server = await serves("tools/e2e/apps/web-parts.ts", "spt");
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const get = (path: string, ...args: string[]) => curl(server.net, [...args, `http://${GUEST}${path}`]);

  it("a session goes along in a sealed cookie, and a changed cookie begins anew", async () => {
    const first = await get("/visits", "-i");
    const cookie = /set-cookie: (session=[^;]+)/i.exec(first)![1]!;
    expect(first).toMatch(/\r\n\r\n1$/);
    expect(await get("/visits", "-b", cookie)).toBe("2");
    expect(
      await get(
        "/visits",
        "-b",
        cookie.replace(/.$/, (last) => (last === "A" ? "Q" : "A")),
      ),
    ).toBe("1");
  });

  it("signed values are verified", async () => {
    const signed = await get("/signed");
    expect(await get(`/signed?value=${signed}`)).toBe("ada");
    expect(await get(`/signed?value=${signed.replace("ada", "eve")}`)).toBe("undefined");
  });

  it("tokens that OpenSSL signed with Ed25519 hold, changed ones do not", async () => {
    const jwk = { kty: "OKP", crv: "Ed25519", d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" };
    const key = createPrivateKey({ key: { ...jwk, x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }, format: "jwk" });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg: "EdDSA" })}.${part({ sub: "ada" })}`;
    const token = `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
    expect(await get(`/ed25519?token=${token}`)).toBe('{"sub":"ada"}');
    expect(await get(`/ed25519?token=${token.replace(part({ sub: "ada" }), part({ sub: "eve" }))}`)).toBe(
      "does not hold",
    );
  });

  const claims = (claim: object) =>
    curl(server.net, ["--data-binary", "@-", `http://${GUEST}/jwt`], JSON.stringify(claim));

  it("RFC 7515 A.3: the ES256 token holds by its JWK, a changed one and a point off the curve do not", async () => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const [x, y] = ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"];
    const key = { kty: "EC", crv: "P-256", x, y };
    const said = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const token = `eyJhbGciOiJFUzI1NiJ9.${said}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`;
    const claim = { format: "jwk", key, algorithm, alg: "ES256", token };
    expect(JSON.parse(await claims(claim))).toEqual({
      iss: "joe",
      exp: 1300819380,
      "http://example.com/is_root": true,
    });
    expect(await claims({ ...claim, token: token.replace("DtEh", "DtEi") })).toBe("does not hold");
    expect(await claims({ ...claim, key: { ...key, y: x } })).toBe("DataError");
  });

  const signers: readonly [string, object, () => { publicKey: KeyObject; privateKey: KeyObject }][] = [
    ["ES256", { name: "ECDSA", namedCurve: "P-256" }, () => generateKeyPairSync("ec", { namedCurve: "P-256" })],
    ["ES384", { name: "ECDSA", namedCurve: "P-384" }, () => generateKeyPairSync("ec", { namedCurve: "P-384" })],
    [
      "RS256",
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
      () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ],
  ];
  it.each(signers)("%s: OpenSSL's tokens hold by its keys as JWK and as SPKI, not by another", async (...signer) => {
    const [alg, algorithm, generate] = signer;
    const { publicKey, privateKey } = generate();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg })}.${part({ sub: "ada" })}`;
    const signed = sign(`sha${alg.slice(2)}`, Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
    const claim = { algorithm, alg, token: `${text}.${signed.toString("base64url")}` };
    const spki = (key: KeyObject) => key.export({ type: "spki", format: "der" }).toString("base64");
    const other = generate().publicKey;
    expect(await claims({ ...claim, format: "jwk", key: publicKey.export({ format: "jwk" }) })).toBe('{"sub":"ada"}');
    expect(await claims({ ...claim, format: "spki", key: spki(publicKey) })).toBe('{"sub":"ada"}');
    expect(await claims({ ...claim, format: "jwk", key: other.export({ format: "jwk" }) })).toBe("does not hold");
    expect(await claims({ ...claim, format: "spki", key: spki(other) })).toBe("does not hold");
  });

  it("env and devices are there, streamed HTML is escaped and packed, content is unpacked", async () => {
    expect(await get("/greeting/Ada")).toBe("Hello Ada");
    expect(await get("/page", "--compressed")).toBe("<p>&lt;&amp;&gt;</p>later");
    expect(await get("/page", "-i", "--compressed")).toMatch(/content-encoding: gzip/i);
    const packed = gzipSync("again and ".repeat(1000));
    expect(
      (await runIn(server.net, "curl", ["-sS", "--data-binary", "@-", `http://${GUEST}/unpack`], packed)).stdout,
    ).toBe("again and ".repeat(1000));
  });

  it("gzip of the image is what curl unpacks", async () => {
    expect(await get("/long", "--compressed")).toBe("again and ".repeat(1000));
    expect((await get("/long", "--compressed", "-o", "/dev/null", "-w", "%{size_download}")).length).toBeLessThan(4);
  });

  it("headers: entity tag, request id, security", async () => {
    const head = await get("/long", "-i", "-o", "-");
    const tag = /etag: (\S+)/i.exec(head)![1]!;
    expect(head).toMatch(/x-request-id: [\da-f-]{36}/i);
    expect(head).toMatch(/x-content-type-options: nosniff/i);
    expect(await get("/long", "-H", `If-None-Match: ${tag}`, "-o", "/dev/null", "-w", "%{http_code}")).toBe("304");
  });

  it("a handler that never answers is answered for", async () => {
    expect(await get("/slow", "-o", "/dev/null", "-w", "%{http_code}")).toBe("503");
  });

  it("handlers are told that their time is over, and that their client has left", async () => {
    expect(JSON.parse(await get("/reasons"))).toEqual(["ERR_TIMEOUT"]);
    const leave = async () => {
      // 28: curl's time is over, too; on a machine that stands still, before the guest has heard of it.
      const { code } = await runIn(server.net, "curl", ["-s", "-m", "1", `http://${GUEST}:81/`]);
      expect(code).toBe(28);
      await vi.waitFor(async () => expect(JSON.parse(await get("/reasons"))[1]).toBe("ECONNRESET"), {
        timeout: 10_000,
        interval: 100,
      });
    };
    await vi.waitFor(leave, { timeout: 240_000, interval: 0 });
  });

  it("events come one after another", async () => {
    const events = [1, 2, 3].map((id) => `id: ${id}\ndata: tick ${id}\n\n`).join("");
    expect(await get("/events", "-N")).toBe(`:\n\n${events}`);
  });

  it("typed parameters", async () => {
    expect(await get("/double/21")).toBe('{"double":42}');
    expect(await get("/double/x", "-o", "/dev/null", "-w", "%{http_code}")).toBe("404");
  });

  it("an uploaded file arrives whole", async () => {
    expect(
      await curl(server.net, ["-F", "file=@-;filename=a.bin", `http://${GUEST}/upload`], "x".repeat(300_000)),
    ).toBe("a.bin 300000");
  });

  it("ranges of a file", async () => {
    expect(await get("/files/ten.txt", "-r", "2-4")).toBe("234");
    expect(await get("/files/ten.txt", "-r", "10-", "-o", "/dev/null", "-w", "%{http_code}")).toBe("416");
  });
});
