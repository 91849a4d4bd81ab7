import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PF_R, PF_W, PF_X, PT_INTERP, PT_LOAD, PT_NOTE } from "../../src/elf/format.ts";
import { parseElf } from "../../src/elf/read.ts";
import { type ElfPlan, emitElf, type Segment } from "../../src/elf/write.ts";
import { ImageError } from "../../src/errors.ts";

const PAGE = 4096;
const TEXT: Segment = { vaddr: 0x100000, flags: PF_R | PF_X, bytes: new Uint8Array(100).fill(0x90), memorySize: PAGE };

/** Plans whose segments follow the text one, page-aligned, with gaps. */
const plans: fc.Arbitrary<ElfPlan> = fc
  .record({
    parts: fc.array(
      fc.record({
        gap: fc.nat({ max: 4 }),
        flags: fc.constantFrom(PF_R, PF_R | PF_W, PF_R | PF_X),
        bytes: fc.uint8Array({ maxLength: 9000 }),
        zeros: fc.nat({ max: 9000 }),
      }),
      { maxLength: 12 },
    ),
    notes: fc.array(
      fc.record({
        note: fc.record({
          name: fc.stringMatching(/^[A-Za-z0-9]{1,10}$/),
          type: fc.nat(),
          desc: fc.uint8Array({ maxLength: 50 }),
        }),
        align: fc.constantFrom(4 as const, 8 as const),
      }),
      { maxLength: 5 },
    ),
    interpreter: fc.boolean(),
  })
  .map(({ parts, notes, interpreter }) => {
    let end = TEXT.vaddr + PAGE;
    const segments = parts.map(({ gap, flags, bytes, zeros }) => {
      const vaddr = end + gap * PAGE;
      end = vaddr + Math.ceil((bytes.length + zeros) / PAGE) * PAGE;
      return { vaddr, flags, bytes, memorySize: bytes.length + zeros };
    });
    return {
      entry: TEXT.vaddr,
      notes,
      segments: [...segments.reverse(), TEXT],
      ...(interpreter ? { interpreter: "/nonexistent/solo5/" } : {}),
    };
  });

describe("emitElf and parseElf", () => {
  it("what is written is read: segments in order of address, notes in theirs, all bytes", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const file = emitElf(plan);
        const elf = parseElf(file);
        expect(elf.entry).toBe(plan.entry);
        expect(elf.notes).toEqual(plan.notes.map(({ note }) => note));
        const wanted = plan.segments.filter(({ memorySize }) => memorySize > 0).sort((a, b) => a.vaddr - b.vaddr);
        const loaded = elf.programHeaders.filter(({ type }) => type === PT_LOAD);
        expect(loaded.map(({ vaddr, flags, memorySize }) => ({ vaddr, flags, memorySize }))).toEqual(
          wanted.map(({ vaddr, flags, memorySize }) => ({ vaddr, flags, memorySize })),
        );
        loaded.forEach(({ offset, fileSize }, index) => {
          expect(file.slice(offset, offset + fileSize)).toEqual(wanted[index]!.bytes);
          expect(offset % PAGE).toBe(0);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("the same plan gives the same bytes", () => {
    fc.assert(
      fc.property(plans, (plan) => void expect(emitElf(plan)).toEqual(emitElf(plan))),
      { numRuns: 20 },
    );
  });

  it("nothing in the file overlaps: every part has its own bytes", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const parts = parseElf(emitElf(plan))
          .programHeaders.filter(({ fileSize }) => fileSize > 0)
          .map(({ offset, fileSize }) => [offset, offset + fileSize] as const)
          .sort(([a], [b]) => a - b);
        for (let index = 1; index < parts.length; index++)
          expect(parts[index]![0]).toBeGreaterThanOrEqual(parts[index - 1]![1]);
      }),
      { numRuns: 100 },
    );
  });

  it("each note has a segment of its own, aligned as it asks", () => {
    const note = { name: "Solo5", type: 1, desc: Uint8Array.of(1, 2, 3) };
    const elf = parseElf(
      emitElf({
        entry: TEXT.vaddr,
        notes: [
          { note, align: 8 },
          { note, align: 4 },
        ],
        segments: [TEXT],
      }),
    );
    const notes = elf.programHeaders.filter(({ type }) => type === PT_NOTE);
    expect(notes.map(({ align }) => align)).toEqual([8, 4]);
    for (const { offset, align } of notes) expect(offset % align).toBe(0);
  });

  it("the interpreter is a NUL-terminated path", () => {
    const file = emitElf({ entry: TEXT.vaddr, notes: [], segments: [TEXT], interpreter: "/nonexistent/solo5/" });
    const { offset, fileSize } = parseElf(file).programHeaders.find(({ type }) => type === PT_INTERP)!;
    expect(Buffer.from(file.subarray(offset, offset + fileSize)).toString()).toBe("/nonexistent/solo5/\0");
  });
});

describe("emitElf refuses", () => {
  const plan = (segment: Partial<Segment>): ElfPlan => ({
    entry: TEXT.vaddr,
    notes: [],
    segments: [TEXT, { vaddr: 0x200000, flags: PF_R, bytes: new Uint8Array(1), memorySize: 1, ...segment }],
  });
  it.each([
    ["a segment that is writable and executable", { flags: PF_W | PF_X }, /writable and executable/],
    ["one that is not page-aligned", { vaddr: 0x200010 }, /not page-aligned/],
    ["one that overlaps another", { vaddr: 0x100000 }, /overlaps/],
    ["one larger in the file than in memory", { bytes: new Uint8Array(2) }, /2 bytes in 1/],
  ])("%s", (_name, segment, message) => {
    expect(() => emitElf(plan(segment))).toThrow(message);
  });
});

describe("parseElf refuses, in one line", () => {
  const good = () => emitElf({ entry: TEXT.vaddr, notes: [], segments: [TEXT, { ...TEXT, vaddr: 0x200000 }] });
  const changed = (change: (view: DataView) => void) => {
    const file = good();
    change(new DataView(file.buffer));
    return file;
  };
  const PHDR = 64;
  it.each([
    ["an empty file", new Uint8Array(), /only 0 bytes/],
    ["a file of zeros", new Uint8Array(100), /magic number/],
    ["32 bits", changed((view) => view.setUint8(4, 1)), /not a 64-bit/],
    ["big endian", changed((view) => view.setUint8(5, 2)), /little-endian/],
    ["a shared object", changed((view) => view.setUint16(16, 3, true)), /not a static executable/],
    ["a foreign machine", changed((view) => view.setUint16(18, 183, true)), /foreign machine: 183/],
    ["no program headers", changed((view) => view.setUint16(56, 0, true)), /no program headers/],
    ["program headers beyond the end", changed((view) => view.setBigUint64(32, 1_000_000n, true)), /truncated/],
    ["program headers of another size", changed((view) => view.setUint16(54, 32, true)), /32 bytes/],
    ["a cut file", good().slice(0, 4100), /truncated: segment/],
    ["writable and executable", changed((view) => view.setUint32(PHDR + 4, 7, true)), /writable and executable/],
    ["overlap", changed((view) => view.setBigUint64(PHDR + 16, 0x200000n, true)), /overlaps|no executable segment/],
    ["an odd address", changed((view) => view.setBigUint64(PHDR + 16, 0x100001n, true)), /not page-aligned/],
    ["an address below 1 MiB", changed((view) => view.setBigUint64(PHDR + 16, 0x1000n, true)), /lies below 0x100000/],
    ["more file than memory", changed((view) => view.setBigUint64(PHDR + 40, 1n, true)), /larger in the file/],
    ["an entry nowhere", changed((view) => view.setBigUint64(24, 0x300000n, true)), /entry point/],
    ["a huge address", changed((view) => view.setBigUint64(PHDR + 16, 1n << 63n, true)), /impossible value/],
  ])("%s", (_name, file, message) => {
    let error: unknown;
    try {
      parseElf(file);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ImageError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain("\n");
  });

  it("anything at all: broken files end in an ImageError, never in another exception", () => {
    fc.assert(
      fc.property(
        plans,
        fc.array(fc.tuple(fc.nat({ max: 1200 }), fc.nat({ max: 255 })), { maxLength: 6 }),
        (plan, changes) => {
          const file = emitElf(plan);
          for (const [at, value] of changes) file[at % file.length] = value;
          try {
            parseElf(file);
          } catch (error) {
            expect(error).toBeInstanceOf(ImageError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
