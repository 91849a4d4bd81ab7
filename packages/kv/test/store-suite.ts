import fc from "fast-check";
import { expect, it } from "vitest";
import type { KvStore } from "../src/index.ts";

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (value: Uint8Array | undefined) =>
  value === undefined ? undefined : new TextDecoder().decode(value);

/** The error's code. */
export async function codeOf(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

export async function contentOf(store: KvStore, prefix?: string): Promise<[string, string | undefined][]> {
  const content: [string, string | undefined][] = [];
  for await (const [key, value] of store.entries(prefix)) content.push([key, text(value)]);
  return content;
}

/** The contract of KvStore. `open` gives an empty store that takes at most `maxKeys` keys. */
export function storeSuite(open: (maxKeys?: number) => Promise<KvStore>): void {
  it("gives back what was set, the last value of each key", async () => {
    const store = await open();
    await store.set("a", bytes("1"));
    await store.set("b", bytes(""));
    await store.set("a", bytes("2"));
    expect(text(await store.get("a"))).toBe("2");
    expect(text(await store.get("b"))).toBe("");
    expect(await store.get("c")).toBeUndefined();
    expect([store.has("a"), store.has("c"), store.count]).toEqual([true, false, 2]);
  });

  it("delete says whether there was such a key, in the order of the calls", async () => {
    const store = await open();
    const results = [store.delete("a"), store.set("a", bytes("1")), store.delete("a"), store.delete("a")];
    expect(await Promise.all(results)).toEqual([false, undefined, true, false]);
    expect(store.count).toBe(0);
  });

  it("shows a change when it is durable, not before", async () => {
    const store = await open();
    const change = store.set("a", bytes("1"));
    expect(store.has("a")).toBe(false);
    await change;
    expect(store.has("a")).toBe(true);
  });

  it("an update is all or nothing", async () => {
    const store = await open(3);
    await store.update([
      ["a", bytes("1")],
      ["b", bytes("2")],
    ]);
    await store.update([
      ["a", undefined],
      ["b", bytes("3")],
      ["c", bytes("4")],
    ]);
    expect(await contentOf(store)).toEqual([
      ["b", "3"],
      ["c", "4"],
    ]);
    const tooMany = ["d", "e"].map((key) => [key, bytes("5")] as const);
    expect(await codeOf(() => store.update([["b", bytes("6")], ...tooMany]))).toBe("ENOSPC");
    expect((await contentOf(store)).length).toBe(2);
    expect(text(await store.get("b"))).toBe("3");
    await store.update([["b", undefined], ...tooMany]);
    expect([...store.keys()]).toEqual(["c", "d", "e"]);
  });

  it("values are copies: neither side sees what the other does to its own", async () => {
    const store = await open();
    const value = bytes("abc");
    await store.set("a", value);
    value.fill(0);
    const read = await store.get("a");
    expect(text(read)).toBe("abc");
    read!.fill(0);
    expect(text(await store.get("a"))).toBe("abc");
  });

  it("goes through the keys with a prefix in their order", async () => {
    const store = await open();
    for (const key of ["b", "a:2", "a:10", "a", "a;", "ä", "a:"]) await store.set(key, bytes(key));
    expect([...store.keys("a:")]).toEqual(["a:", "a:10", "a:2"]);
    expect([...store.keys()]).toEqual(["a", "a:", "a:10", "a:2", "a;", "b", "ä"]);
    expect(await contentOf(store, "a:1")).toEqual([["a:10", "a:10"]]);
    expect([...store.keys("c")]).toEqual([]);
  });

  it("may be changed while somebody goes through it", async () => {
    const store = await open();
    for (let index = 0; index < 300; index++) await store.set(`k${1000 + index}`, bytes("x"));
    const seen: string[] = [];
    for await (const [key] of store.entries("k")) {
      seen.push(key);
      await store.delete(key);
      if (key === "k1100") await store.set("k1050", bytes("behind"));
      if (key === "k1100") await store.set("k1100a", bytes("ahead"));
    }
    expect(seen.length).toBe(301);
    expect(new Set(seen).size).toBe(301);
    expect([...store.keys()]).toEqual(["k1050"]);
  });

  it("takes any key that is text, and refuses the others", async () => {
    const store = await open();
    for (const key of ["ß", "\u0000", "日本", "😀", "__proto__", "x".repeat(store.limits.maxKeyBytes)]) {
      await store.set(key, bytes(key));
      expect(text(await store.get(key))).toBe(key);
    }
    expect(await codeOf(() => store.set("", bytes("")))).toBe("EINVAL");
    expect(await codeOf(() => store.set("\ud800", bytes("")))).toBe("EINVAL");
    expect(await codeOf(() => store.set("é".repeat(store.limits.maxKeyBytes / 2 + 1), bytes("")))).toBe("ENAMETOOLONG");
    const twice = ["a", "a"].map((key) => [key, bytes("")] as const);
    expect(await codeOf(() => store.update(twice))).toBe("EINVAL");
  });

  it("takes updates up to the limit, not one byte more", async () => {
    const store = await open();
    const room = store.limits.maxUpdateBytes - 12 - 1;
    await store.set("a", new Uint8Array(room).fill(7));
    expect((await store.get("a"))!.length).toBe(room);
    expect(await codeOf(() => store.set("a", new Uint8Array(room + 1)))).toBe("EFBIG");
    expect(store.bytes).toBe(store.limits.maxUpdateBytes);
  });

  it("is full with an error, and goes on when something was deleted", async () => {
    const store = await open();
    const value = new Uint8Array(Math.min(store.limits.maxUpdateBytes - 20, 1900));
    let full: unknown;
    let keys = 0;
    for (; full === undefined; keys++) full = await codeOf(() => store.set(`k${keys}`, value));
    expect(full).toBe("ENOSPC");
    expect(store.bytes).toBeLessThanOrEqual(store.limits.maxBytes);
    expect(store.bytes).toBeGreaterThan(store.limits.maxBytes - 2000);
    await store.set("k0", value);
    await store.delete("k1");
    await store.set("again", value.subarray(8));
    expect(store.has("again")).toBe(true);
    expect(await codeOf(() => store.set("more", value))).toBe("ENOSPC");
  });

  it("refuses everything when it was closed, after all that was asked for before", async () => {
    const store = await open();
    const change = store.set("a", bytes("1"));
    await store.close();
    await change;
    await store.close();
    for (const action of [
      () => store.get("a"),
      () => store.has("a"),
      () => store.set("a", bytes("")),
      () => [...store.keys()],
    ]) {
      expect(await codeOf(action)).toBe("ERR_KV_CLOSED");
    }
  });

  it("does as a map does", async () => {
    const key = fc.constantFrom("a", "b", "c", "ab", "abc", "ä", "\u{1f600}");
    const operation = fc.oneof(
      fc.record({
        kind: fc.constant("set" as const),
        key,
        value: fc.uint8Array({ maxLength: 700 }),
        wait: fc.boolean(),
      }),
      fc.record({ kind: fc.constant("delete" as const), key, wait: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
        const store = await open();
        const model = new Map<string, Uint8Array>();
        const waiting: Promise<unknown>[] = [];
        for (const one of operations) {
          if (one.kind === "set") {
            waiting.push(store.set(one.key, one.value));
            model.set(one.key, one.value);
          } else {
            const existed = model.delete(one.key);
            waiting.push(store.delete(one.key).then((result) => expect(result).toBe(existed)));
          }
          if (one.wait) await Promise.all(waiting.splice(0));
        }
        await Promise.all(waiting);
        const found = new Map<string, number[]>();
        for await (const [name, value] of store.entries()) found.set(name, [...value]);
        const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, [...value]]);
        expect([...found]).toEqual(expected);
        expect(store.bytes).toBe(
          [...model].reduce((sum, [name, value]) => sum + 12 + bytes(name).length + value.length, 0),
        );
        await store.close();
      }),
      { numRuns: 60 },
    );
  });
}
