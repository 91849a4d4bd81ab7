import { numbers, PowerDevice } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { crc32c } from "../src/crc32c.ts";
import { openStore } from "../src/index.ts";
import { bytes, codeOf, contentOf } from "./store-suite.ts";

const BLOCKS = 2 + 16 * 32;

/** A device with one key for each commit, each in a block of its own from block 2 on. */
async function deviceWith(commits: number): Promise<Uint8Array> {
  const device = new PowerDevice();
  const store = await openStore(device);
  for (let index = 0; index < commits; index++) await store.set(`k${index}`, bytes(`v${index}`));
  await store.close();
  return device.content;
}

const boot = (content: Uint8Array, options?: Parameters<typeof openStore>[1]) =>
  openStore(new PowerDevice({ content }), options);
const damage = (content: Uint8Array, block: number, at = 40) => {
  content[block * 512 + at]! ^= 1;
};

describe("damage", () => {
  it("of the last commit is cut and reported: it cannot be told from an interrupted write", async () => {
    const content = await deviceWith(5);
    damage(content, 2 + 4);
    const store = await boot(content);
    expect(store.recovery.cut).toEqual([{ block: 6, reason: "an unfinished commit" }]);
    expect([...store.keys()]).toEqual(["k0", "k1", "k2", "k3"]);
    await store.set("new", bytes("x"));
    await store.close();
    const again = await boot(content);
    expect(again.recovery.cut).toEqual([]);
    expect([...again.keys()]).toEqual(["k0", "k1", "k2", "k3", "new"]);
  });

  it("of any block that a sound commit follows is refused, never silently wrong", async () => {
    const content = await deviceWith(70);
    for (let block = 2; block < 2 + 69; block++) {
      for (const at of [0, 4, 8, 12, 16, 20, 24, 28, 32, 38, 50]) {
        const copy = content.slice();
        damage(copy, block, at);
        expect(await codeOf(() => boot(copy)), `block ${block}, byte ${at}`).toBe("ERR_KV_CORRUPT");
      }
    }
  });

  it("by zeros in place of a block is refused as well", async () => {
    const content = await deviceWith(70);
    for (let block = 2; block < 2 + 69; block++) {
      const copy = content.slice();
      copy.fill(0, block * 512, (block + 1) * 512);
      expect(await codeOf(() => boot(copy)), `block ${block}`).toBe("ERR_KV_CORRUPT");
    }
  });

  it("of a value is noticed when it is read", async () => {
    const content = await deviceWith(3);
    const store = await boot(content);
    damage(content, 3, 4 + 32 + 12);
    expect(await codeOf(() => store.get("k1"))).toBe("ERR_KV_CORRUPT");
    expect(await store.get("k2")).toEqual(bytes("v2"));
  });

  it("leaves the rest to be read by those who ask to salvage, with what is missing, and no writes", async () => {
    const content = await deviceWith(70);
    damage(content, 2 + 40);
    const before = content.slice();
    const store = await boot(content, { salvage: true });
    expect(store.count).toBe(69);
    expect(store.has("k40")).toBe(false);
    expect(store.recovery.damage.length).toBe(1);
    expect((await contentOf(store)).length).toBe(69);
    expect(await codeOf(() => store.set("a", bytes("1")))).toBe("EROFS");
    await store.close();
    expect(content).toEqual(before);
  });

  it("of a random kind anywhere never makes up a value", async () => {
    const whole = await deviceWith(200);
    const random = numbers(9);
    for (let round = 0; round < 150; round++) {
      const content = whole.slice();
      for (let hits = 1 + random(3); hits > 0; hits--) {
        const at = (2 + random(200)) * 512 + random(80);
        content[at] = random(256);
      }
      try {
        const store = await boot(content);
        for await (const [key, value] of store.entries()) expect(value).toEqual(bytes(`v${key.slice(1)}`));
        // Nothing but a tail may be gone.
        expect([...store.keys()].length === 200 || store.recovery.cut.length > 0).toBe(true);
      } catch (error) {
        expect((error as { code?: string }).code).toBe("ERR_KV_CORRUPT");
      }
    }
  });
});

describe("superblocks", () => {
  it("one that is damaged is repaired from the other", async () => {
    for (const broken of [0, 1]) {
      const content = await deviceWith(3);
      damage(content, broken, 17);
      const store = await boot(content);
      expect(store.recovery).toMatchObject({ repairedSuperblock: true, formatted: false });
      expect(store.count).toBe(3);
      await store.close();
      damage(content, 1 - broken, 17);
      expect((await boot(content)).count).toBe(3);
    }
  });

  it("both damaged: that is no store, and is not taken for a blank device", async () => {
    const content = await deviceWith(3);
    damage(content, 0, 17);
    damage(content, 1, 17);
    expect(await codeOf(() => boot(content))).toBe("ERR_KV_FOREIGN");
    content.fill(0, 0, 1024);
    expect(await codeOf(() => boot(content))).toBe("ERR_KV_FOREIGN");
  });

  it("somebody else's disk is not touched, unless it is to be formatted; then nothing of it is left", async () => {
    const content = new Uint8Array(512 * BLOCKS);
    content[512 * BLOCKS - 1] = 1;
    const before = content.slice();
    expect(await codeOf(() => boot(content))).toBe("ERR_KV_FOREIGN");
    expect(content).toEqual(before);
    const store = await boot(content, { format: true });
    expect(store.recovery.formatted).toBe(true);
    expect(content[512 * BLOCKS - 1]).toBe(0);
  });

  it.each([
    ["a bit", [0x80]],
    ["a byte order mark", [0xef, 0xbb, 0xbf]],
    ["an overlong zero", [0xc0, 0x80]],
  ])("%s among zeros makes a disk somebody else's", async (_name, odd) => {
    for (const at of [512, 512 * 3 + 7, 512 * BLOCKS - odd.length]) {
      const content = new Uint8Array(512 * BLOCKS);
      content.set(odd, at);
      expect(await codeOf(() => boot(content))).toBe("ERR_KV_FOREIGN");
    }
  });

  it("formatting forgets the store that was there", async () => {
    const content = await deviceWith(50);
    const store = await boot(content, { format: true });
    expect(store.count).toBe(0);
    await store.set("k0", bytes("v0"));
    await store.close();
    expect([...(await boot(content)).keys()]).toEqual(["k0"]);
  });

  it("a device that grew keeps its store, one that shrank is refused", async () => {
    const content = await deviceWith(5);
    const larger = new Uint8Array(content.length + 512 * 100);
    larger.set(content);
    const device = new PowerDevice({ content: larger, blocks: BLOCKS + 100 });
    expect((await openStore(device)).count).toBe(5);
    expect(
      await codeOf(() => openStore(new PowerDevice({ content: content.slice(0, -512), blocks: BLOCKS - 1 }))),
    ).toBe("ERR_KV_CORRUPT");
  });

  it("a device that is too small is refused with the size that is needed", async () => {
    await expect(openStore(new PowerDevice({ blocks: BLOCKS - 1 }))).rejects.toMatchObject({
      code: "ENOSPC",
      message: expect.stringContaining(`${BLOCKS * 512} bytes`),
    });
  });
});

describe("crc32c", () => {
  it("gives the values of RFC 3720 B.4", () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
    expect(crc32c(new Uint8Array(32), 0, 32) >>> 0).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255), 0, 32) >>> 0).toBe(0x62a8ab43);
    expect(crc32c(ascending, 0, 32) >>> 0).toBe(0x46dd794e);
    expect(crc32c(ascending, 7, 32, crc32c(ascending, 0, 7)) >>> 0).toBe(0x46dd794e);
  });
});
