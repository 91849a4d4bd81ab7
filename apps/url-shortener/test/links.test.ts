import { createHash } from "node:crypto";
import { memoryStore } from "@soloist/kv";
import { describe, expect, it } from "vitest";
import { LinksFullError } from "../src/links.ts";
import { shortener } from "./fixture.ts";

const URL_A = "https://example.org/a";

describe("links", () => {
  it("xvw taken gives xvw-1, then xvw-2; a gap is filled", async () => {
    const { links } = await shortener();
    const made = [];
    for (let index = 0; index < 3; index++) made.push(await links.create(URL_A, "xvw"));
    expect(made.map(({ link }) => link.alias)).toEqual(["xvw", "xvw-1", "xvw-2"]);
    expect(await links.delete(made[1]!.link, made[1]!.key)).toBe(true);
    expect((await links.create(URL_A, "xvw")).link.alias).toBe("xvw-1");
  });

  it("those that are made at once get different aliases", async () => {
    const { links } = await shortener();
    const made = await Promise.all(Array.from({ length: 5 }, () => links.create(URL_A, "xvw")));
    expect(made.map(({ link }) => link.alias).sort()).toEqual(["xvw", "xvw-1", "xvw-2", "xvw-3", "xvw-4"]);
  });

  it("without a wish get a word of five characters that is free", async () => {
    const { links } = await shortener();
    const first = await links.create(URL_A);
    const second = await links.create(URL_A);
    expect(first.link.alias).toMatch(/^[a-z2-9]{5}$/);
    expect(second.link.alias).not.toBe(first.link.alias);
    expect(first.key).toMatch(/^[a-z2-9]{20}$/);
  });

  it("and their visits are there when the store is opened again", async () => {
    const kv = memoryStore();
    const before = await shortener(kv);
    const { link } = await before.links.create(URL_A, "xvw");
    let calls = 0;
    before.links.onVisit = () => calls++;
    before.links.visit(link);
    before.links.visit(link);
    expect(calls).toBe(1);
    await before.links.flush();
    const after = await shortener(kv);
    expect(after.links.get("XVW")).toEqual(link);
    expect(after.links.get("xvw")!.visits).toMatchObject({ total: 2, counts: [2] });
  });

  it("that were deleted are gone, also from the store, and visits do not bring them back", async () => {
    const kv = memoryStore();
    const { links } = await shortener(kv);
    const { link, key } = await links.create(URL_A, "xvw");
    links.visit(link);
    expect(await links.delete(link, "wrong")).toBe(false);
    expect(links.get("xvw")).toBe(link);
    expect(await links.delete(link, key)).toBe(true);
    links.visit(link);
    await links.flush();
    expect(links.get("xvw")).toBeUndefined();
    expect(kv.count).toBe(0);
  });

  it("their keys are not kept, only what tells whether a key is right", async () => {
    const kv = memoryStore();
    const { links } = await shortener(kv);
    const { link, key } = await links.create(URL_A, "xvw");
    const stored = new TextDecoder().decode(await kv.get("link/xvw"));
    expect(stored).not.toContain(key);
    expect(JSON.parse(stored).keyHash).toBe(createHash("sha256").update(key).digest("hex"));
    expect(JSON.stringify(link)).not.toContain(key);
  });

  it("that were visited often are written once", async () => {
    const kv = memoryStore();
    const { links } = await shortener(kv);
    const { link } = await links.create(URL_A, "xvw");
    let writes = 0;
    const update = kv.update.bind(kv);
    kv.update = (changes) => {
      writes++;
      return update(changes);
    };
    for (let index = 0; index < 1000; index++) links.visit(link);
    expect(writes).toBe(0);
    await links.flush();
    await links.flush();
    expect(writes).toBe(1);
  });

  it("that a full store has no room for are refused, and their alias stays free", async () => {
    const { links } = await shortener(memoryStore({ maxKeys: 1 }));
    await links.create(URL_A, "one");
    await expect(links.create(URL_A, "two")).rejects.toThrow(LinksFullError);
    expect(links.get("two")).toBeUndefined();
    expect(links.count).toBe(1);
  });

  it("are searched by alias and address, sorted and cut into pages", async () => {
    const { links } = await shortener();
    const { link: b } = await links.create("https://example.org/Apple", "b");
    await links.create("https://example.org/pear", "c");
    await links.create("https://example.org/pear", "a");
    links.visit(b);
    const names = (...args: Parameters<typeof links.find>) => links.find(...args).links.map((link) => link.alias);
    expect(names("", "newest", 1, 9)).toEqual(["a", "c", "b"]);
    expect(names("", "alias", 1, 9)).toEqual(["a", "b", "c"]);
    expect(names("", "visits", 1, 9)).toEqual(["b", "a", "c"]);
    expect(names("APPLE", "alias", 1, 9)).toEqual(["b"]);
    expect(names("", "alias", 2, 2)).toEqual(["c"]);
    expect(links.find("", "alias", 99, 2)).toMatchObject({ page: 2, pages: 2, total: 3 });
    expect(links.find("", "alias", Number.NaN, 2)).toMatchObject({ page: 1 });
    expect(links.find("zzz", "alias", 1, 2)).toEqual({ links: [], page: 1, pages: 1, total: 0 });
  });
});
