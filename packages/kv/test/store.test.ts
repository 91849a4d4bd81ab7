import { blockDeviceSuite, memoryBlockDevice, numbers, PowerDevice } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { memoryStore, openStore } from "../src/index.ts";
import { bytes, codeOf, contentOf, storeSuite, text } from "./store-suite.ts";

describe("the device of these tests", () => {
  for (const { name, run } of blockDeviceSuite((use) => use(new PowerDevice({ blocks: 16 })))) it(name, run);
});

describe("a store in memory", () => {
  storeSuite(async (maxKeys) =>
    memoryStore({ maxUpdateBytes: 1988, maxBytes: 60_000, ...(maxKeys === undefined ? {} : { maxKeys }) }),
  );
});

for (const blockSize of [512, 4096, 32768]) {
  describe(`a store on a device with blocks of ${blockSize} bytes`, () => {
    storeSuite((maxKeys) => openStore(new PowerDevice({ blockSize }), maxKeys === undefined ? {} : { maxKeys }));
  });
}

describe("a store on a device", () => {
  it("is there again when the device is opened again", async () => {
    const device = memoryBlockDevice({ blocks: 600 });
    const first = await openStore(device);
    expect(first.recovery).toMatchObject({ formatted: true, commits: 0 });
    await first.set("a", bytes("1"));
    await first.set("b", bytes("2"));
    await first.delete("a");
    await first.close();
    const second = await openStore(device);
    expect(second.recovery).toMatchObject({
      formatted: false,
      commits: 3,
      records: 3,
      cut: [],
      repairedSuperblock: false,
    });
    expect(await contentOf(second)).toEqual([["b", "2"]]);
  });

  it("writes updates that come together as one", async () => {
    const device = new PowerDevice();
    const store = await openStore(device);
    const before = device.writes;
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.set(`k${index}`, bytes("x"))));
    expect(device.writes - before).toBe(1);
    expect(store.statistics).toMatchObject({ commits: 1, updates: 20, blocksWritten: 1 });
  });

  it("writes nothing for a key that is deleted and was not there", async () => {
    const device = new PowerDevice();
    const store = await openStore(device);
    const before = device.writes;
    expect(await store.delete("a")).toBe(false);
    expect(device.writes).toBe(before);
  });

  it("has one writer: a device that is open is refused with EBUSY until it is closed", async () => {
    const device = memoryBlockDevice({ blocks: 600 });
    const store = await openStore(device);
    expect(await codeOf(() => openStore(device))).toBe("EBUSY");
    await store.close();
    await openStore(device);
  });

  it("takes no more writes when one failed, and still reads", async () => {
    const device = memoryBlockDevice({ blocks: 600 });
    let fails = false;
    const store = await openStore({
      ...device,
      write: (block, from) => (fails ? Promise.reject(new Error("no")) : device.write(block, from)),
    });
    await store.set("a", bytes("1"));
    fails = true;
    const [one, two] = [codeOf(() => store.set("b", bytes("2"))), codeOf(() => store.set("c", bytes("3")))];
    expect([await one, await two]).toEqual(["EIO", "EIO"]);
    fails = false;
    expect(await codeOf(() => store.set("b", bytes("2")))).toBe("EIO");
    expect(text(await store.get("a"))).toBe("1");
  });

  it("full to the limit it takes any number of overwrites, whatever the sizes", async () => {
    for (const [seed, size] of [
      [1, () => 1900],
      [2, () => 1017],
      [3, () => 20],
      [4, undefined],
    ] as const) {
      const random = numbers(seed);
      const sizeOf = size ?? (() => random(1950));
      const device = new PowerDevice();
      const store = await openStore(device);
      const model = new Map<string, number>();
      for (let index = 0; (await codeOf(() => put(`k${index}`, sizeOf()))) === undefined; index++);
      const keys = [...model.keys()];
      for (let index = 0; index < 3000; index++) {
        const key = keys[random(keys.length)]!;
        await put(key, Math.min(sizeOf(), model.get(key)!));
      }
      expect(store.statistics.segmentsCompacted).toBeGreaterThan(16);
      for (const [key, length] of model) expect((await store.get(key))?.length).toBe(length);
      await store.close();
      const again = await openStore(device);
      expect(again.count).toBe(model.size);

      async function put(key: string, length: number) {
        await store.set(key, new Uint8Array(length).fill(length));
        model.set(key, length);
      }
    }
  });

  it("full of what never changes, with one key that does, it copies segments that give nothing back", async () => {
    for (const size of [1988 - 20, 1500, 1017, 496]) {
      const store = await openStore(new PowerDevice());
      let keys = 0;
      while ((await codeOf(() => store.set(`k${1000 + keys}`, new Uint8Array(size)))) === undefined) keys++;
      for (let index = 0; index < 1500; index++) await store.set("k1000", new Uint8Array(size));
      expect(store.count).toBe(keys);
    }
  });

  it("full, and flooded while it compacts, it does not run out of segments", async () => {
    const device = new PowerDevice({ blockSize: 4096, blocks: 2 + 64 * 64 });
    const store = await openStore(device);
    const size = store.limits.maxUpdateBytes - 30;
    let keys = 0;
    while ((await codeOf(() => store.set(`k${keys}`, new Uint8Array(size)))) === undefined) keys++;
    const random = numbers(1);
    for (let round = 0; round < 60; round++) {
      // Large and small ones: of a segment that compaction begins, they would take all that is left.
      const flood = Array.from({ length: 40 }, (_, index) =>
        store.set(`k${random(keys)}`, new Uint8Array(index % 2 ? size : 2000)),
      );
      await Promise.all(flood);
    }
    expect(store.statistics.segmentsCompacted).toBeGreaterThan(64);
    expect(store.count).toBe(keys);
  });

  it("updates leave the reserve to compaction, which takes one segment of it", async () => {
    // Blocks so large that compaction writes a segment's copies in several commits, between which updates could slip in.
    const device = new PowerDevice({ blockSize: 16384, blocks: 2 + 16 * 32 });
    const reserve = 4;
    let fewestAtWrites = Number.POSITIVE_INFINITY;
    let isFull = false;
    const store = await openStore({
      name: device.name,
      blockSize: device.blockSize,
      blocks: device.blocks,
      readSync: (block, into) => device.readSync(block, into),
      writeSync: (block, from) => device.writeSync(block, from),
      read: (block, into) => device.read(block, into),
      write(block, from) {
        if (isFull) fewestAtWrites = Math.min(fewestAtWrites, store.statistics.freeSegments);
        return device.write(block, from);
      },
    });
    const size = store.limits.maxUpdateBytes - 30;
    let keys = 0;
    while ((await codeOf(() => store.set(`k${keys}`, new Uint8Array(size)))) === undefined) keys++;
    isFull = true;
    const random = numbers(1);
    let fewest = Number.POSITIVE_INFINITY;
    const put = async (length: number) => {
      await store.set(`k${random(keys)}`, new Uint8Array(length));
      fewest = Math.min(fewest, store.statistics.freeSegments);
    };
    for (let index = 0; index < 200; index++) await put(size);
    expect([fewest, fewestAtWrites]).toEqual([reserve, reserve - 1]);
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 60 }, (_, index) => put(index % 2 ? size : size >> 2)));
    }
    expect([fewest, fewestAtWrites]).toEqual([reserve, reserve - 1]);
  });

  it("a read whose place was given to others meanwhile is done again", async () => {
    const device = new PowerDevice();
    let gate: Promise<void> | undefined;
    const store = await openStore({
      name: device.name,
      blockSize: device.blockSize,
      blocks: device.blocks,
      readSync: (block, into) => device.readSync(block, into),
      writeSync: (block, from) => device.writeSync(block, from),
      write: (block, from) => device.write(block, from),
      async read(block, into) {
        const wait = gate;
        gate = undefined;
        await wait;
        await device.read(block, into);
      },
    });
    await store.set("a", bytes("the value"));
    let release!: () => void;
    gate = new Promise((resolve) => {
      release = resolve;
    });
    const read = store.get("a");
    for (let index = 0; store.statistics.blocksWritten < 2 * device.blocks; index++) {
      await store.set(`k${index % 7}`, new Uint8Array(1500));
    }
    release();
    expect(text(await read)).toBe("the value");
  });

  it("deletes what fills it, one by one, and is empty again after the next boot", async () => {
    const device = new PowerDevice();
    const store = await openStore(device);
    let keys = 0;
    while ((await codeOf(() => store.set(`k${keys}`, new Uint8Array(500)))) === undefined) keys++;
    for (let index = 0; index < keys; index++) expect(await store.delete(`k${index}`)).toBe(true);
    expect([store.count, store.bytes]).toEqual([0, 0]);
    await store.close();
    expect((await openStore(device)).count).toBe(0);
  });

  it("reads go on while compaction moves what they read", async () => {
    const device = new PowerDevice();
    const store = await openStore(device);
    for (let index = 0; index < 40; index++) await store.set(`k${index}`, bytes(`value ${index} ${"x".repeat(1000)}`));
    let reading = true;
    const reads = (async () => {
      for (let index = 0; reading; index = (index + 1) % 40) {
        expect(text(await store.get(`k${index}`))).toMatch(new RegExp(`^value ${index} x+$`));
      }
    })();
    for (let round = 0; round < 60; round++) {
      await store.set("other", new Uint8Array(1800));
      await store.compact();
    }
    reading = false;
    await reads;
    expect(store.statistics.segmentsCompacted).toBeGreaterThan(30);
  });
});
