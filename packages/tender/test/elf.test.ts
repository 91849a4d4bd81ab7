import { truncateSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkingTender } from "./support/build.ts";
import {
  abiNote,
  crashNote,
  hostNote,
  type ImageOptions,
  image,
  manifestEntry,
  manifestNote,
  NOTES_OFFSET,
  note,
  PT_DYNAMIC,
  PT_INTERP,
  PT_LOAD,
  PT_NOTE,
  type Segment,
} from "./support/image.ts";
import { run, scratch } from "./support/run.ts";

const file = scratch();
const data: Segment = { flags: 6, address: 0x200000n };
/** A note written over the zeroes behind the standard ones. */
function withNote(content: Buffer, ...segments: readonly Segment[]): Buffer {
  const offset = 0xa00;
  const result = image({
    more: [
      ...segments,
      { type: PT_NOTE, flags: 4, offset: BigInt(offset), address: 0n, fileSize: BigInt(content.length) },
    ],
  });
  content.copy(result, offset);
  return result;
}

const broken: readonly (readonly [string, ImageOptions | Buffer, RegExp])[] = [
  ["an empty file", Buffer.alloc(0), /not an ELF file: only 0 bytes long$/],
  ["a file shorter than a header", image().subarray(0, 63), /not an ELF file: only 63 bytes/],
  ["text", Buffer.from("#!/bin/sh\n".padEnd(100, "#")), /not an ELF file$/],
  ["a 32-bit file", { patch: [[4, 1, 1]] }, /a 32-bit ELF file/],
  ["an unknown class", { patch: [[4, 9, 1]] }, /ELF class 9/],
  ["a big-endian file", { patch: [[5, 2, 1]] }, /big-endian/],
  ["another ELF version", { patch: [[20, 2, 4]] }, /ELF version 2/],
  ["another machine", { patch: [[18, 183, 2]] }, /for ELF machine 183: this tender runs x86-64 \(62\) images/],
  ["a shared object", { patch: [[16, 3, 2]] }, /position-independent or shared/],
  ["an object file", { patch: [[16, 1, 2]] }, /ELF type 1/],
  ["program headers of another size", { patch: [[54, 32, 2]] }, /ELF header sizes 64 and 32/],
  ["no program headers", { patch: [[56, 0, 2]] }, /no program headers/],
  ["too many program headers", { patch: [[56, 0xffff, 2]] }, /65535 program headers: at most 256/],
  ["program headers behind the end", { patch: [[32, 0x3000, 4]] }, /truncated: 3 program headers at offset 0x3000/],
  [
    "program headers at 2^64",
    {
      patch: [
        [32, -1 >>> 0, 4],
        [36, -1 >>> 0, 4],
      ],
    },
    /truncated: 3 program headers/,
  ],
  [
    "a truncated segment",
    image({ text: { fileSize: 0x2000n } }).subarray(0, 0x2fff),
    /truncated: program header 0 wants 8192 bytes at offset 0x1000, the file has 12287/,
  ],
  ["a segment at an offset of 2^64", { text: { offset: 0xffffffffffffff00n } }, /truncated: program header 0/],
  ["a segment larger in the file than in memory", { text: { memorySize: 0xfffn } }, /segment 0 is larger in the file/],
  ["a segment below 0x100000", { text: { address: 0xff000n } }, /segment 0 starts at 0xff000, below 0x100000/],
  ["a segment at address 0", { text: { address: 0n }, entry: 0n }, /segment 0 starts at 0x0, below/],
  [
    "a segment that its alignment puts below 0x100000",
    { text: { address: 0x180000n, align: 0x200000n } },
    /starts at 0x0, below 0x100000/,
  ],
  ["a segment aligned to less than a page", { text: { align: 16n } }, /segment 0 is aligned to 16/],
  ["a segment without alignment", { text: { align: 0n } }, /segment 0 is aligned to 0/],
  ["an alignment that is no power of two", { text: { align: 0x3000n } }, /segment 0 is aligned to 12288/],
  [
    "a segment beyond the memory",
    { text: { memorySize: 0x20000000n } },
    /segment 0 \(536870912 bytes at 0x100000\) ends beyond the guest's memory of 512 MB: see --mem/,
  ],
  ["a segment whose end overflows", { text: { memorySize: 0xffffffffffffffffn } }, /ends beyond the guest's memory/],
  [
    "a segment whose rounded end overflows",
    { more: [{ ...data, address: 0xfffffffffffff000n, memorySize: 0xfffn, fileSize: 0n }] },
    /ends beyond the guest's memory/,
  ],
  ["a writable and executable segment", { text: { flags: 7 } }, /segment 0 is writable and executable/],
  ["a second one of those", { more: [{ ...data, flags: 3 }] }, /segment 3 is writable and executable/],
  [
    "segments that overlap",
    { more: [{ ...data, address: 0x100800n }] },
    /segment 3, pages 0x100000 to 0x102000, overlaps/,
  ],
  [
    "segments that share a page",
    { text: { memorySize: 0x1001n }, more: [{ ...data, address: 0x101000n }] },
    /segment 3.* overlaps/,
  ],
  ["segments out of order", { text: { address: 0x300000n }, entry: 0x300000n, more: [data] }, /segments must ascend/],
  ["an entry in data", { entry: 0x200000n, more: [data] }, /its entry 0x200000 is not in an executable segment/],
  ["an entry outside of all segments", { entry: 0x180000n }, /its entry 0x180000 is not/],
  ["no segments", { patch: [[64, 0, 4]] }, /no segments: nothing to load/],
  ["a dynamic section", { more: [{ type: PT_DYNAMIC }] }, /dynamically linked \(program header 3\)/],
  [
    "a host's interpreter",
    { more: [{ type: PT_INTERP, offset: 0x1000n, fileSize: 28n }] },
    /dynamically linked, a program of the host/,
  ],
  ["no ABI note", { abi: note("Other", 1, Buffer.alloc(16)) }, /no Solo5 ABI note/],
  ["an image for hvt", { abi: abiNote(1) }, /built for target 1 \(hvt\): this tender runs spt \(2\)/],
  ["an image for an unknown target", { abi: abiNote(99) }, /built for target 99 \(unknown\)/],
  ["another version of the ABI", { abi: abiNote(2, 3) }, /wants version 3 of the spt ABI/],
  ["an ABI note of another size", { abi: note("Solo5", 0x31494241, Buffer.alloc(12)) }, /ABI note has 12 bytes/],
  ["no manifest", { manifest: note("Other", 1, Buffer.alloc(16)) }, /no Solo5 manifest note/],
  ["two ABI notes", withNote(abiNote()), /two Solo5 ABI notes/],
  ["two manifests", withNote(manifestNote()), /two Solo5 manifest notes/],
  [
    "a note that ends behind its segment",
    { patch: [[NOTES_OFFSET + 4, 17, 4]] },
    /bad note: it ends behind its segment of 36 bytes/,
  ],
  ["a note with a huge name", { patch: [[NOTES_OFFSET, -1 >>> 0, 4]] }, /bad note: it ends behind/],
  ["a note with a huge content", { patch: [[NOTES_OFFSET + 4, -1 >>> 0, 4]] }, /bad note: it ends behind/],
  [
    "a note segment that is too long",
    Buffer.concat([image({ more: [{ type: PT_NOTE, offset: 0n, fileSize: 70000n }] }), Buffer.alloc(70000)]),
    /program header 3 holds 70000 bytes of notes/,
  ],
  [
    "a manifest shorter than its header",
    { manifest: note("Solo5", 0x3154464d, Buffer.alloc(8)) },
    /bad manifest: only 4 bytes/,
  ],
  ["an empty manifest note", { manifest: note("Solo5", 0x3154464d, Buffer.alloc(4)) }, /manifest note has 4 bytes/],
  [
    "a manifest that is too long",
    { manifest: note("Solo5", 0x3154464d, Buffer.alloc(6669)) },
    /manifest note has 6669 bytes/,
  ],
  [
    "a manifest of another version",
    { manifest: note("Solo5", 0x3154464d, Buffer.alloc(116)) },
    /bad manifest: version 0/,
  ],
  ["a manifest without entries", { manifest: manifestNote([], undefined, 0) }, /bad manifest: 0 entries/],
  ["a manifest of 65 entries", { manifest: manifestNote([], undefined, 65) }, /bad manifest: 65 entries/],
  [
    "a manifest shorter than its count",
    { manifest: manifestNote([], undefined, 2) },
    /112 bytes for 2 entries, expected 216/,
  ],
  [
    "a manifest without the reserved entry",
    { manifest: manifestNote([], manifestEntry("a", 2)) },
    /first entry is not the reserved one/,
  ],
  ["a device of unknown type", { manifest: manifestNote([manifestEntry("a", 3)]) }, /device 1 has the unknown type 3/],
  ["a device without a name", { manifest: manifestNote([manifestEntry("", 2)]) }, /device 1 has no name/],
  [
    "a name that does not end",
    { manifest: manifestNote([manifestEntry("a".repeat(68), 2)]) },
    /device 1 is longer than 67/,
  ],
  [
    "a name with other characters",
    { manifest: manifestNote([manifestEntry("a\nb", 2)]) },
    /other characters than letters/,
  ],
  [
    "two devices of one name",
    { manifest: manifestNote([manifestEntry("a", 2), manifestEntry("a", 1)]) },
    /two devices are called 'a'/,
  ],
  [
    "a device that says it is attached",
    { manifest: manifestNote([manifestEntry("a", 2, 1)]) },
    /device 1 is marked as attached/,
  ],
  [
    "a crash entry outside of the text",
    withNote(crashNote(0x200000n, 0x300000n)),
    /its entry 0x200000 is not in an executable/,
  ],
  ["a crash stack beyond the memory", withNote(crashNote(0x100000n, 0x40000000n)), /its stack 0x40000000 is not/],
  [
    "a crash stack that is not aligned",
    withNote(crashNote(0x100000n, 0x300008n)),
    /its stack 0x300008 is not a multiple of 16/,
  ],
  ["a crash stack in the text", withNote(crashNote(0x100000n, 0x101000n)), /its stack 0x101000 is not writable/],
  [
    "a crash note of another size",
    withNote(note("Soloist", 0x48534352, Buffer.alloc(8))),
    /the crash note has 8 bytes/,
  ],
  ["a host note outside of the image", withNote(hostNote(0x200000n)), /host note: no room for 72 bytes at 0x200000/],
  ["a host note in the text", withNote(hostNote(0x100000n)), /host note: no room for 72 bytes at 0x100000/],
  ["a host note at the end of a segment", withNote(hostNote(0x200fc0n), data), /no room for 72 bytes at 0x200fc0/],
  ["a host note that is not aligned", withNote(hostNote(0x200004n), data), /no room for 72 bytes at 0x200004/],
  ["a host note of another size", withNote(note("Soloist", 0x54534f48, Buffer.alloc(8))), /the host note has 8 bytes/],
];

describe("broken images", () => {
  it.each(broken)("%s: refused with one line and exit code 1", (_, options, expected) => {
    const path = file("broken.spt", Buffer.isBuffer(options) ? options : image(options));
    for (const program of [undefined, checkingTender]) {
      const outcome = run([path], program);
      expect(outcome.stderr).toMatch(/^soloist-spt: [^\n]*\n$/);
      expect(outcome.stderr.slice(`soloist-spt: ${path}: `.length).trimEnd()).toMatch(expected);
      expect(outcome).toMatchObject({ status: 1, stdout: "" });
    }
  });

  it("a path that is no file: refused", () => {
    expect(run(["/nonexistent.spt"])).toMatchObject({
      status: 1,
      stderr: "soloist-spt: /nonexistent.spt: cannot open: No such file or directory\n",
    });
    expect(run(["/tmp"])).toMatchObject({ status: 1, stderr: "soloist-spt: /tmp: not a file\n" });
    expect(run(["/dev/null"])).toMatchObject({ status: 1, stderr: "soloist-spt: /dev/null: not a file\n" });
  });

  it("a path with control characters: still one line", () => {
    expect(run(["/no\nsuch\x1b[31m"]).stderr).toBe(
      "soloist-spt: /no?such?[31m: cannot open: No such file or directory\n",
    );
  });

  it("a program of the host: refused", () => {
    expect(run(["/bin/sh"]).stderr).toMatch(/^soloist-spt: \/bin\/sh: position-independent or shared .*\n$/);
  });
});

describe("images", () => {
  const exits = (options: ImageOptions): void => {
    const outcome = run([file("good.spt", image(options))]);
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
  };

  it("the smallest image runs", () => exits({}));

  it("empty segments, also one at address 0, are skipped", () => {
    exits({ more: [{ type: PT_LOAD, flags: 4, address: 0n, fileSize: 0n }] });
  });

  it("Solo5's interpreter is no interpreter", () => {
    const whole = image({ more: [{ type: PT_INTERP, offset: 0xf00n, fileSize: 24n }] });
    whole.write("/nonexistent/solo5/", 0xf00);
    expect(run([file("good.spt", whole)]).status).toBe(0);
  });

  it("zero-filled memory behind a segment, and segments that are nothing else", () => {
    exits({ more: [{ ...data, fileSize: 5n, memorySize: 0x5000n }] });
    exits({ more: [{ ...data, fileSize: 0n, memorySize: 0x5000n }] });
  });

  it("segments whose offset and address disagree within a page are copied", () => {
    const whole = image({ text: { offset: 0x1800n } });
    whole.copyWithin(0x1800, 0x1000, 0x1010);
    whole.fill(0xcc, 0x1000, 0x1010);
    expect(run([file("good.spt", whole)]).status).toBe(0);
  });

  it("other notes are skipped", () => {
    const found = withNote(note("GNU", 3, Buffer.alloc(20)));
    expect(run([file("good.spt", found)]).status).toBe(0);
  });

  it("notes that share a segment are found, with eight-byte alignment between them too", () => {
    const abi = Buffer.concat([abiNote(), Buffer.alloc(4), manifestNote()]);
    exits({ abi, manifest: note("GNU", 3, Buffer.alloc(4)) });
  });

  it("memory that just suffices is enough, one MB less is not", () => {
    const path = file("large.spt", image({ text: { memorySize: 0x300000n } }));
    expect(run(["--mem=4", path]).status).toBe(0);
    expect(run(["--mem=3", path]).stderr).toMatch(/ends beyond the guest's memory of 3 MB/);
  });

  it("a file that ends inside a page of a segment runs", () => {
    const path = file("short.spt", image({ text: { fileSize: 9n } }));
    truncateSync(path, 0x1009);
    expect(run([path]).status).toBe(0);
  });
});
