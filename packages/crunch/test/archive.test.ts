import { createHash } from "node:crypto";
import { brotliDecompressSync, crc32, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Assets, openArchive } from "../src/index.ts";
import { crunch } from "../src/make/index.ts";
import { codeOf, folderOf } from "./fixture.ts";

const LONG = "body { color: rebeccapurple }\n".repeat(100);
let archive: Uint8Array<ArrayBuffer>;
let assets: Assets;

beforeAll(async () => {
  const folder = folderOf({
    "index.html": "<!doctype html>\n",
    "css/site.css": LONG,
    "css/copy.css": LONG,
    empty: "",
    "ä/ß.txt": "Grüße",
  });
  ({ archive } = await crunch(folder));
  assets = openArchive(archive);
});

describe("an archive", () => {
  it("lists its files in the order of their paths", () => {
    expect([...assets.list()].map(({ path }) => path)).toEqual([
      "/css/copy.css",
      "/css/site.css",
      "/empty",
      "/index.html",
      "/ä/ß.txt",
    ]);
    expect(assets.count).toBe(5);
  });

  it("gives a file's size, type, dates and tag", () => {
    const file = assets.file("/index.html");
    const hash = createHash("sha256").update("<!doctype html>\n").digest().subarray(0, 16).toString("base64url");
    expect(file).toMatchObject({
      path: "/index.html",
      size: 16,
      type: "text/html;charset=utf-8",
      lastModified: "Sun, 06 Nov 1994 08:49:37 GMT",
      modified: 784111777,
      etag: `"${hash}"`,
    });
    expect(assets.stat("/index.html")).toBe(file);
    expect(assets.lookup("/index.html")).toBe(file);
  });

  it("gives bytes without a copy", () => {
    const { bytes } = assets.file("/css/site.css");
    expect(bytes.buffer).toBe(archive.buffer);
    expect(assets.read("/css/site.css")).toBe(bytes);
    expect(assets.slice("/css/site.css", 2, 5).byteOffset).toBe(bytes.byteOffset + 2);
  });

  it("has equal content once, whatever it is called", () => {
    expect(assets.file("/css/copy.css").bytes.byteOffset).toBe(assets.file("/css/site.css").bytes.byteOffset);
    expect(assets.file("/css/copy.css").etag).toBe(assets.file("/css/site.css").etag);
    expect(Buffer.from(archive).toString("latin1").split(LONG).length).toBe(2);
  });

  it("has smaller variants, each with its own tag, smallest first", () => {
    const { br, gzip, identity, variants } = assets.file("/css/site.css");
    expect(brotliDecompressSync(br!.bytes).toString()).toBe(LONG);
    expect(gunzipSync(gzip!.bytes).toString()).toBe(LONG);
    expect(variants).toEqual([br, gzip, identity]);
    expect(new Set(variants.map(({ etag }) => etag)).size).toBe(3);
    expect(assets.file("/index.html").variants).toEqual([assets.file("/index.html").identity]);
  });

  it("gives text, pieces and ranges", () => {
    expect(assets.text("/ä/ß.txt")).toBe("Grüße");
    expect(assets.text("/empty")).toBe("");
    const pieces = [...assets.chunks("/css/site.css", { size: 1000, start: 1 })];
    expect(pieces.map(({ length }) => length)).toEqual([1000, 1000, 999]);
    expect(Buffer.concat(pieces).toString()).toBe(LONG.slice(1));
    expect([...assets.chunks("/empty")]).toEqual([]);
    expect(Buffer.from(assets.slice("/index.html", 10)).toString()).toBe("html>\n");
  });

  it("refuses ranges that are not in the file with ERANGE", async () => {
    for (const [start, end] of [
      [-1, 2],
      [3, 2],
      [0, 17],
      [0.5, 2],
      [Number.NaN, 2],
    ] as const) {
      expect(await codeOf(() => assets.slice("/index.html", start, end))).toBe("ERANGE");
    }
    expect(await codeOf(() => assets.chunks("/index.html", { size: 0 }))).toBe("ERANGE");
  });

  it("knows exactly the paths that it has", async () => {
    for (const path of [
      "",
      "/",
      "index.html",
      "//index.html",
      "/css",
      "/css/",
      "/css/../index.html",
      "/INDEX.HTML",
      "/./index.html",
      "/__proto__",
      "/constructor",
    ]) {
      expect(assets.lookup(path)).toBeUndefined();
      expect(assets.read(path)).toBeUndefined();
      expect(await codeOf(() => assets.file(path))).toBe("ENOENT");
    }
  });
});

describe("a damaged archive", () => {
  const failsWith = async (bytes: Uint8Array) => codeOf(() => openArchive(bytes));

  it("that was cut anywhere is refused", async () => {
    for (let length = 0; length < archive.length; length++) {
      expect(await failsWith(archive.subarray(0, length))).toBe("ERR_CRUNCH_FORMAT");
    }
    expect(await failsWith(Buffer.concat([archive, new Uint8Array(8)]))).toBe("ERR_CRUNCH_FORMAT");
  });

  it("with any bit of its index flipped is refused", async () => {
    const first = Math.min(
      ...[...assets.list()].flatMap(({ variants }) => variants.map(({ bytes }) => bytes.byteOffset)),
    );
    for (let bit = 0; bit < first * 8; bit++) {
      const copy = archive.slice();
      copy[bit >> 3]! ^= 1 << (bit & 7);
      expect(await failsWith(copy)).toBe("ERR_CRUNCH_FORMAT");
    }
  });

  it("never makes the reader leave it, even with a checksum that fits", () => {
    const index = Math.min(
      ...[...assets.list()].flatMap(({ variants }) => variants.map(({ bytes }) => bytes.byteOffset)),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 20, max: index - 1 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (changes) => {
          const copy = archive.slice();
          for (const [at, value] of changes) copy[at] = value;
          reseal(copy, index);
          let opened: Assets;
          try {
            opened = openArchive(copy);
          } catch (error) {
            expect((error as { code?: string }).code).toBe("ERR_CRUNCH_FORMAT");
            return;
          }
          for (const asset of opened.list()) {
            expect(asset.bytes.length).toBe(asset.size);
            expect(asset.type + asset.lastModified + asset.etag).toMatch(/^[ -~]*$/);
            for (const { bytes } of asset.variants)
              expect(bytes.byteOffset + bytes.length).toBeLessThanOrEqual(copy.length);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** Writes the checksum anew; zlib's, to have another's opinion. */
function reseal(bytes: Uint8Array, index: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(12, crc32(bytes.subarray(16, index)), true);
}
