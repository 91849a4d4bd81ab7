// staticFiles with a real archive, in booted images.
import { readFileSync } from "node:fs";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { client, GUEST, namespacesMissing, type Serving, serves, targets } from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const missing = namespacesMissing();
const long = readFileSync(new URL("../apps/static/long.txt", import.meta.url));

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string;
}

describe.skipIf(missing !== undefined).each(targets)(
  `a crunched folder on %s${missing ? ` (skipped: ${missing})` : ""}`,
  (target) => {
    let server: Serving;
    beforeAll(async () => {
      server = await serves("tools/e2e/apps/static-files.ts", target);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    /** Sends requests one after another. */
    async function ask(...asked: { path: string; headers?: Record<string, string>; method?: string }[]) {
      const answers = await client<Answer[]>(server.net, "ask", [GUEST], JSON.stringify(asked));
      return answers.map((answer) => ({ ...answer, bytes: Buffer.from(answer.content, "base64") }));
    }

    it("each representation is the file, with a strong tag of its own", async () => {
      const codings = ["br", "gzip", "identity", "br;q=0.5, gzip;q=0.9"];
      const unpack = [brotliDecompressSync, gunzipSync, (bytes: Buffer) => bytes, gunzipSync];
      const path = "/files/long.txt";
      const first = await ask(...codings.map((coding) => ({ path, headers: { "accept-encoding": coding } })));
      expect(first.map(({ bytes }, index) => unpack[index]!(bytes).equals(long))).toEqual([true, true, true, true]);
      expect(first.map(({ headers }) => headers["content-encoding"])).toEqual(["br", "gzip", undefined, "gzip"]);
      for (const { headers } of first) {
        expect(headers).toMatchObject({ "content-type": "text/plain;charset=utf-8", vary: "accept-encoding" });
        expect(headers.etag).toMatch(/^"[\w-]{22}"$/);
      }
      expect(new Set(first.map(({ headers }) => headers.etag)).size).toBe(3);
      const again = await ask(
        ...first.map(({ headers }, index) => ({
          path,
          headers: { "accept-encoding": codings[index]!, "if-none-match": headers.etag! },
        })),
      );
      expect(again.map(({ status, bytes }) => [status, bytes.length])).toEqual(first.map(() => [304, 0]));
      expect(again.map(({ headers }) => headers.etag)).toEqual(first.map(({ headers }) => headers.etag));
    });

    it("one range, several, and none", async () => {
      const ten = (headers: Record<string, string>) => ({ path: "/files/ten.txt", headers });
      const [one, two, outside, older, packed] = await ask(
        ten({ range: "bytes=-3" }),
        ten({ range: "bytes=0-1,8-" }),
        ten({ range: "bytes=10-" }),
        ten({ range: "bytes=0-1", "if-range": '"other"' }),
        { path: "/files/long.txt", headers: { "accept-encoding": "br", range: "bytes=0-9" } },
      );
      expect([one!.status, one!.headers["content-range"], one!.bytes.toString()]).toEqual([206, "bytes 7-9/10", "789"]);
      expect(two!.headers["content-type"]).toMatch(/^multipart\/byteranges; boundary=/);
      expect([...two!.bytes.toString().matchAll(/\r\n\r\n(\d+)\r\n--/g)].map(([, part]) => part)).toEqual(["01", "89"]);
      expect([outside!.status, older!.status]).toEqual([416, 200]);
      expect([packed!.headers["content-encoding"], packed!.bytes.length]).toEqual(["br", 10]);
    });

    it("index files, folders, the fallback, and nothing outside", async () => {
      const found = ["/files/", "/files/docs/", "/app/some/view", "/files/gr%C3%BC%C3%9Fe.txt"];
      const texts = (await ask(...found.map((path) => ({ path })))).map(({ bytes }) => bytes.toString());
      expect(texts.map((text) => /The page of the (\w+)|Grüße/.exec(text)?.[0])).toEqual([
        "The page of the folder",
        "The page of the documents",
        "The page of the folder",
        "Grüße",
      ]);
      const [folder] = await ask({ path: "/files/docs" });
      expect([folder!.status, folder!.headers.location]).toEqual([301, "./docs/"]);
      const paths = ["none", "../files/ten.txt", "%2e%2e/ten.txt", "docs%2f", "docs/../ten.txt"];
      const missed = await ask(...paths.map((path) => ({ path: `/files/${path}` })), { path: "/app/some/view.js" });
      expect(missed.map(({ status }) => status)).toEqual(missed.map(() => 404));
    });

    it("HEAD says what GET would, other methods are refused", async () => {
      const path = "/files/ten.txt";
      const [head, other] = await ask({ path, method: "HEAD" }, { path, method: "DELETE" });
      expect([head!.status, head!.headers["content-length"], head!.bytes.length]).toEqual([200, "10", 0]);
      expect([other!.status, other!.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
    });

    it("what changes its address with its content is kept", async () => {
      const [address] = await ask({ path: "/address" });
      expect(address!.bytes.toString()).toMatch(/^\/files\/long\.txt\?v=[\w-]{10}$/);
      const kept = await ask(
        { path: address!.bytes.toString() },
        { path: "/files/app-3fe9A0c1.js" },
        { path: "/files/long.txt?v=0123456789" },
        { path: "/files/long.txt" },
      );
      const year = "public, max-age=31536000, immutable";
      expect(kept.map(({ headers }) => headers["cache-control"])).toEqual([year, year, "no-cache", "no-cache"]);
    });
  },
);
