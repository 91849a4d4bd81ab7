import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { PAGE_SIZE, PT_LOAD } from "../src/elf/format.ts";
import { parseElf } from "../src/elf/read.ts";
import { emitManifest, HOST_NOTE, type ManifestDevice } from "../src/elf/solo5.ts";
import type { HeapSnapshot } from "../src/engine/evaluate.ts";
import { composeImage, emitProbe, MAX_SNAPSHOT_SEGMENTS, snapshotSegments } from "../src/image.ts";
import { describeImage } from "../src/inspect.ts";
import { prepareToyBase, toyBase } from "./toy-base.ts";

beforeAll(prepareToyBase);

function snapshot(pages: readonly number[]): HeapSnapshot {
  const memory = new Uint8Array(4 * 65536);
  for (const page of pages) memory[page * PAGE_SIZE + 17] = page + 1;
  return {
    memory,
    stackPointer: 0x1234,
    context: 0x5678,
    mathRandom: 0x9abc,
    source: 0,
    sourceLength: 0,
    handlers: [1n, 2n, 3n, 0xfffffff7deadbeefn],
  };
}

const SERVICE = [{ name: "service", type: "NET_BASIC" }] as const;

const compose = (modules: string[] = [], devices: readonly ManifestDevice[] = SERVICE, pages = [3, 4, 40]) =>
  composeImage({
    base: toyBase(),
    snapshot: snapshot(pages),
    devices,
    modules,
    app: "toy",
    hasSnapshot: true,
  });

/** Memory as a loader fills it. */
function load(image: Uint8Array): Uint8Array {
  const memory = new Uint8Array(0x600000);
  for (const { type, vaddr, offset, fileSize } of parseElf(image).programHeaders) {
    if (type === PT_LOAD) memory.set(image.subarray(offset, offset + fileSize), vaddr);
  }
  return memory;
}

describe("an image", () => {
  it("has the heap where linear memory lives", () => {
    const memory = load(compose());
    expect(memory.slice(0x500000, 0x500000 + 4 * 65536)).toEqual(snapshot([3, 4, 40]).memory);
  });

  it("has the boot record that the kernel reads", () => {
    const memory = load(compose());
    const view = new DataView(memory.buffer, 0x202000);
    expect(Buffer.from(memory.subarray(0x202000, 0x202004)).toString()).toBe("SOLT");
    const words = Array.from({ length: 7 }, (_, index) => view.getUint32(4 + index * 4, true));
    expect(words).toEqual([1, 4, 0x1234, 0x5678, 0x9abc, 0, 0]);
    const handlers = [0, 1, 2, 3].map((index) => view.getBigUint64(32 + index * 8, true));
    expect(handlers).toEqual([1n, 2n, 3n, 0xfffffff7deadbeefn]);
  });

  it("has the manifest in memory and in its note", () => {
    const image = compose();
    expect(new DataView(load(image).buffer).getUint32(0x203004, true)).toBe(2);
    expect(describeImage("toy", image).devices).toEqual([{ name: "service", type: "NET_BASIC" }]);
  });

  it("tells which disks the app does without; the manifest itself stays Solo5's", () => {
    const devices = [
      { name: "data", type: "BLOCK_BASIC" },
      { name: "links", type: "BLOCK_BASIC", optional: true },
    ] as const;
    expect(describeImage("toy", compose([], devices)).devices).toEqual(devices);
    expect(emitManifest(devices)).toEqual(emitManifest(devices.map(({ name, type }) => ({ name, type }))));
  });

  it("leaves out modules that nobody reaches: their text, and their slots of the function table", () => {
    const memory = load(compose(["encoding"]));
    const slots = (from: number, count: number) => memory.slice(0x200000 + from * 8, 0x200000 + (from + count) * 8);
    expect(slots(0, 550).every((byte) => byte === 0x11)).toBe(true);
    expect(slots(550, 12).every((byte) => byte === 0)).toBe(true);
    expect(slots(562, 38).every((byte) => byte === 0x11)).toBe(true);
    expect(memory[0x300000]).toBe(0xe1);
    expect(memory[0x301000]).toBe(0);
  });

  it("keeps the base's notes for others: the tender's crash entry, the host's gifts, and the PVH entry as the last", () => {
    const notes = parseElf(compose()).notes.map(({ name, type }) => `${name} ${type}`);
    expect(notes).toEqual([
      "OpenBSD 1",
      `Solo5 ${0x31494241}`,
      `Solo5 ${0x3154464d}`,
      `Soloist ${0x4154454d}`,
      `Soloist ${0x48534352}`,
      `Soloist ${HOST_NOTE}`,
      "Xen 18",
    ]);
  });

  it("says in the host's note which network devices take offloads", () => {
    const devices = [
      { name: "data", type: "BLOCK_BASIC" },
      { name: "service", type: "NET_BASIC", offloads: true },
    ] as const;
    const note = parseElf(compose([], devices)).notes.find(({ type }) => type === HOST_NOTE)!;
    expect(Buffer.from(note.desc).readBigUInt64LE(8)).toBe(4n);
    expect(Buffer.from(note.desc).readBigUInt64LE(0)).toBe(0x3000n);
  });

  it("tells inspect what it is", () => {
    const { app, modules, engine, snapshot, target, memory } = describeImage("toy", compose(["headers"]));
    expect({ app, modules, engine, snapshot, target, memory }).toEqual({
      app: "toy",
      modules: ["headers"],
      engine: "a toy",
      snapshot: true,
      target: "spt",
      memory: 0x500000 + 4 * 65536,
    });
  });

  it("is the same bytes for the same parts", () => expect(compose()).toEqual(compose()));

  it("a probe has an empty boot record", () => {
    expect(load(emitProbe(toyBase())).slice(0x202000, 0x202080)).toEqual(new Uint8Array(128));
  });
});

describe("snapshotSegments", () => {
  it("covers every byte that is not zero, in at most so many segments of whole pages, ascending", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: 63 }), { maxLength: 64 }),
        fc.integer({ min: 1, max: 20 }),
        (pages, limit) => {
          const { memory } = snapshot(pages);
          const segments = snapshotSegments(memory, 0x500000, limit);
          expect(segments.length).toBeLessThanOrEqual(limit);
          const copy = new Uint8Array(memory.length);
          let end = 0;
          for (const { vaddr, bytes, memorySize } of segments) {
            expect(vaddr % PAGE_SIZE).toBe(0);
            expect(vaddr).toBeGreaterThan(end);
            expect(bytes.length % PAGE_SIZE).toBe(0);
            expect(memorySize).toBe(bytes.length);
            copy.set(bytes, vaddr - 0x500000);
            end = vaddr + bytes.length;
          }
          expect(Buffer.compare(copy, memory)).toBe(0);
        },
      ),
    );
  });

  it("leaves larger gaps out of the file", () => {
    const segments = snapshotSegments(snapshot([0, 2, 10]).memory, 0, MAX_SNAPSHOT_SEGMENTS);
    expect(segments.map(({ vaddr, memorySize }) => [vaddr / PAGE_SIZE, memorySize / PAGE_SIZE])).toEqual([
      [0, 3],
      [10, 1],
    ]);
  });
});
