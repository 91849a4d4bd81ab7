import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  abiNote,
  emitManifest,
  HOST_NOTE,
  hostNote,
  type ManifestDevice,
  manifestNote,
  parseAbiNote,
  parseManifestJson,
  parseManifestNote,
} from "../../src/elf/solo5.ts";
import { emitNote } from "../../src/elf/write.ts";
import { ImageError } from "../../src/errors.ts";

const devices: fc.Arbitrary<ManifestDevice[]> = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[A-Za-z0-9]{1,67}$/),
    type: fc.constantFrom("NET_BASIC" as const, "BLOCK_BASIC" as const),
  }),
  { maxLength: 63, selector: ({ name }) => name },
);

const json = (list: readonly unknown[]) => JSON.stringify({ type: "solo5.manifest", version: 1, devices: list });

describe("the manifest", () => {
  it("marks optional disks, and nothing else as optional", () => {
    const text = json([
      { name: "a", type: "BLOCK_BASIC", optional: true },
      { name: "b", type: "BLOCK_BASIC", optional: "yes" },
      { name: "c", type: "NET_BASIC", optional: true },
    ]);
    expect(parseManifestJson(text).map(({ optional }) => optional)).toEqual([true, undefined, undefined]);
  });

  it("marks network devices that take offloads, for the host's note of a base", () => {
    const list = parseManifestJson(
      json([
        { name: "a", type: "NET_BASIC" },
        { name: "b", type: "NET_BASIC", offloads: true },
        { name: "c", type: "BLOCK_BASIC", offloads: true },
        { name: "d", type: "NET_BASIC", offloads: 1 },
      ]),
    );
    expect(list.map(({ offloads }) => offloads)).toEqual([undefined, true, undefined, undefined]);
    // A view of a larger buffer, as a base's notes are.
    const desc = Buffer.alloc(40, 0xa5).subarray(8, 24);
    const filled = hostNote({ name: "Soloist", type: HOST_NOTE, desc }, list).desc;
    expect(Buffer.from(filled).toString("hex")).toBe(`${"a5".repeat(8)}0400000000000000`);
    expect(desc).toEqual(Buffer.alloc(16, 0xa5));
    const last = Array.from({ length: 63 }, (_, n) => ({ name: `n${n}`, type: "NET_BASIC", offloads: true }) as const);
    expect(Buffer.from(hostNote({ name: "Soloist", type: HOST_NOTE, desc }, last).desc).readBigUInt64LE(8)).toBe(
      0xfffffffffffffffen,
    );
  });

  it("from JSON to the note and back, any devices", () => {
    fc.assert(
      fc.property(devices, (list) => {
        expect(parseManifestNote(manifestNote(parseManifestJson(json(list))))).toEqual(list);
      }),
    );
  });

  it("without devices is 112 bytes, its note's descriptor 116; each device adds 104", () => {
    expect(emitManifest([]).length).toBe(112);
    expect(manifestNote([]).desc.length).toBe(116);
    expect(manifestNote([{ name: "service", type: "NET_BASIC" }]).desc.length).toBe(220);
  });

  it("struct mft starts 24 bytes into its note, where Solo5's tenders look for it", () => {
    const bytes = emitNote(manifestNote([{ name: "disk", type: "BLOCK_BASIC" }]));
    const view = new DataView(bytes.buffer);
    expect(view.getUint32(0, true)).toBe(6);
    expect(view.getUint32(8, true)).toBe(0x3154464d);
    expect(view.getUint32(24, true)).toBe(1);
    expect(view.getUint32(28, true)).toBe(2);
    expect(view.getUint32(32 + 68, true)).toBe(1 << 30);
    expect(Buffer.from(bytes.subarray(32 + 104, 32 + 108)).toString()).toBe("disk");
    expect(view.getUint32(32 + 104 + 68, true)).toBe(1);
  });

  it.each([
    ["another type", '{"type":"x","version":1,"devices":[]}', /not a solo5.manifest/],
    ["another version", '{"type":"solo5.manifest","version":2,"devices":[]}', /version 1/],
    ["a name with a dash", json([{ name: "a-b", type: "NET_BASIC" }]), /bad device name "a-b"/],
    ["a long name", json([{ name: "a".repeat(68), type: "NET_BASIC" }]), /bad device name/],
    [
      "a name twice",
      json([
        { name: "a", type: "NET_BASIC" },
        { name: "a", type: "BLOCK_BASIC" },
      ]),
      /two devices/,
    ],
    ["an unknown type", json([{ name: "a", type: "GPU" }]), /unknown type "GPU"/],
    [
      "64 devices",
      json(Array.from({ length: 64 }, (_, n) => ({ name: `d${n}`, type: "NET_BASIC" }))),
      /too many devices: 64/,
    ],
  ])("%s is refused", (_name, text, message) => {
    expect(() => parseManifestJson(text)).toThrow(message);
  });

  it("a damaged note ends in an ImageError, never in another exception", () => {
    fc.assert(
      fc.property(devices, fc.nat({ max: 300 }), fc.nat({ max: 255 }), fc.nat({ max: 40 }), (list, at, value, cut) => {
        const note = manifestNote(list);
        const desc = note.desc.slice(0, note.desc.length - cut);
        desc[at % desc.length] = value;
        try {
          parseManifestNote({ ...note, desc });
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
      }),
    );
  });
});

it("the ABI note is 36 bytes: target and version behind the header", () => {
  const note = abiNote(2, 2);
  const bytes = emitNote(note);
  expect(bytes.length).toBe(36);
  expect([...bytes.subarray(20, 28)]).toEqual([2, 0, 0, 0, 2, 0, 0, 0]);
  expect(parseAbiNote(note)).toEqual({ target: 2, version: 2 });
});
