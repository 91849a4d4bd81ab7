import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openArchive } from "../src/index.ts";
import { type CrunchOptions, crunch, type Progress } from "../src/make/index.ts";
import { codeOf, folderOf, WHEN } from "./fixture.ts";

const open = async (folder: string, options?: CrunchOptions) => openArchive((await crunch(folder, options)).archive);
const pathsOf = async (folder: string, options?: CrunchOptions) => (await crunch(folder, options)).paths;
const incompressible = (length: number) => {
  let state = 7;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
};

describe("crunch", () => {
  it("gives back what it was given", async () => {
    const name = fc.stringMatching(/^[a-zäß0-9][a-zäß0-9 .-]{0,8}[a-z]$/);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.uint8Array({ maxLength: 600 }), { maxKeys: 6 }), async (files) => {
        const assets = await open(folderOf(files));
        expect(Object.fromEntries([...assets.list()].map(({ path, bytes }) => [path.slice(1), [...bytes]]))).toEqual(
          Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path.normalize("NFC"), [...bytes]])),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("gives the same bytes for the same folder, wherever it is and in whatever order it was written", async () => {
    const files = { "a.txt": "a".repeat(1000), "b/c.txt": "c".repeat(1000), "B.txt": "b", "b.txt": "b" };
    const reversed = Object.fromEntries(Object.entries(files).reverse());
    expect((await crunch(folderOf(files))).archive).toEqual((await crunch(folderOf(reversed))).archive);
  });

  it("takes every time from SOURCE_DATE_EPOCH when that is set", async () => {
    const folder = folderOf({ "a.txt": "a" });
    process.env.SOURCE_DATE_EPOCH = "0";
    try {
      expect((await open(folder)).file("/a.txt").lastModified).toBe("Thu, 01 Jan 1970 00:00:00 GMT");
      utimesSync(join(folder, "a.txt"), WHEN + 5, WHEN + 5);
      expect((await open(folder)).file("/a.txt").modified).toBe(0);
      process.env.SOURCE_DATE_EPOCH = "yesterday";
      expect(await codeOf(() => crunch(folder))).toBe("ERR_CRUNCH_DATE");
    } finally {
      delete process.env.SOURCE_DATE_EPOCH;
    }
    expect((await open(folder)).file("/a.txt").modified).toBe(WHEN + 5);
  });

  it("knows types by extension, says that text is UTF-8, and takes yours first", async () => {
    const folder = folderOf({
      "a.html": "",
      "a.JS": "",
      "a.svg": "",
      "a.woff2": "",
      "a.wasm": "",
      "a.xyz1": "",
      README: "",
    });
    const types = Object.fromEntries([...(await open(folder)).list()].map(({ path, type }) => [path, type]));
    expect(types).toEqual({
      "/a.html": "text/html;charset=utf-8",
      "/a.JS": "text/javascript;charset=utf-8",
      "/a.svg": "image/svg+xml;charset=utf-8",
      "/a.woff2": "font/woff2",
      "/a.wasm": "application/wasm",
      "/a.xyz1": "application/octet-stream",
      "/README": "application/octet-stream",
    });
    const own = await open(folder, { types: { xyz1: "chemical/x-xyz" } });
    expect(own.file("/a.xyz1").type).toBe("chemical/x-xyz");
  });

  it("stores no variant that is not smaller, nor one of what is compressed already", async () => {
    const folder = folderOf({
      "noise.bin": incompressible(5000),
      "zeros.png": new Uint8Array(5000),
      "zeros.bin": new Uint8Array(5000),
    });
    const assets = await open(folder);
    expect(assets.file("/noise.bin").variants.length).toBe(1);
    expect(assets.file("/zeros.png").variants.length).toBe(1);
    expect(assets.file("/zeros.bin").variants.length).toBe(3);
    expect((await open(folder, { compress: false })).file("/zeros.bin").variants.length).toBe(1);
  });

  it("leaves out names with a dot in front, but for .well-known", async () => {
    const folder = folderOf({
      ".env": "SECRET=1",
      ".git/HEAD": "",
      ".well-known/security.txt": "",
      "a/.b": "",
      "a/c": "",
    });
    expect(await pathsOf(folder)).toEqual(["/.well-known/security.txt", "/a/c"]);
    expect(await pathsOf(folder, { dot: true })).toContain("/.env");
    expect(await pathsOf(folder, { filter: (path) => path !== "/a/" })).toEqual(["/.well-known/security.txt"]);
  });

  it("follows links inside the folder and refuses those that leave it", async () => {
    const folder = folderOf({ "real/a.txt": "a" });
    symlinkSync("real", join(folder, "alias"));
    symlinkSync("real/a.txt", join(folder, "b.txt"));
    expect(await pathsOf(folder)).toEqual(["/alias/a.txt", "/b.txt", "/real/a.txt"]);
    symlinkSync("/etc/passwd", join(folder, "c.txt"));
    await expect(crunch(folder)).rejects.toMatchObject({
      code: "ERR_CRUNCH_ESCAPE",
      path: expect.stringMatching(/c\.txt$/),
    });
  });

  it("refuses a link to a folder beside it whose name begins like its own", async () => {
    const outer = folderOf({ "site/a.txt": "", "site-private/b.txt": "" });
    symlinkSync("../site-private", join(outer, "site/link"));
    expect(await codeOf(() => crunch(join(outer, "site")))).toBe("ERR_CRUNCH_ESCAPE");
  });

  it("refuses links that go in circles", async () => {
    const folder = folderOf({ "a/b.txt": "" });
    symlinkSync("..", join(folder, "a/up"));
    expect(await codeOf(() => crunch(folder))).toBe("ERR_CRUNCH_LOOP");
  });

  it("names the file that cannot be read", async () => {
    const folder = folderOf({ "a.txt": "" });
    symlinkSync("absent", join(folder, "dangling"));
    await expect(crunch(folder)).rejects.toMatchObject({
      code: "ERR_CRUNCH_UNREADABLE",
      path: expect.stringMatching(/dangling$/),
      message: expect.stringMatching(/does not exist/),
    });
    expect(await codeOf(() => crunch(join(folder, "absent")))).toBe("ERR_CRUNCH_UNREADABLE");
    expect(await codeOf(() => crunch(join(folder, "a.txt")))).toBe("ERR_CRUNCH_UNREADABLE");
  });

  it("refuses two names that are one path", async () => {
    await expect(crunch(folderOf({ "a\u0301.txt": "1", "\u00e1.txt": "2" }))).rejects.toMatchObject({
      code: "ERR_CRUNCH_COLLISION",
    });
  });

  it("refuses names that paths cannot have", async () => {
    expect(await codeOf(() => crunch(folderOf({ "a\\b": "" })))).toBe("ERR_CRUNCH_NAME");
    expect(await codeOf(() => crunch(folderOf({ "a\nb": "" })))).toBe("ERR_CRUNCH_NAME");
    const folder = folderOf({ a: "" });
    renameSync(join(folder, "a"), Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]));
    expect(await codeOf(() => crunch(folder))).toBe("ERR_CRUNCH_NAME");
  });

  it("refuses more than it may, and names the largest file", async () => {
    const folder = folderOf({ small: "1", large: "x".repeat(100) });
    await expect(crunch(folder, { maxBytes: 100 })).rejects.toMatchObject({
      code: "ERR_CRUNCH_TOO_LARGE",
      message: expect.stringMatching(/101 bytes, 100 are allowed; the largest file, \/large, has 100/),
    });
  });

  it("says how far it is", async () => {
    const seen: Progress[] = [];
    const folder = folderOf({ a: "1", b: "22", c: "333" });
    await crunch(folder, { progress: (progress) => seen.push(progress) });
    expect(seen.map(({ files }) => files)).toEqual([1, 2, 3]);
    expect(seen.at(-1)).toEqual({ folder, files: 3, totalFiles: 3, bytes: 6, totalBytes: 6 });
  });

  it("makes an archive of an empty folder, and does not store empty folders", async () => {
    const folder = folderOf({});
    mkdirSync(join(folder, "nothing"));
    expect((await open(folder)).count).toBe(0);
  });

  it("takes the size of a file when it reads it", async () => {
    const folder = folderOf({ a: "1" });
    writeFileSync(join(folder, "b"), "longer");
    expect((await open(folder)).file("/b").size).toBe(6);
  });
});
