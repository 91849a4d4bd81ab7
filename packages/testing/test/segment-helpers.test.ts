import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { segmentHelpers } from "../src/segment-helpers.ts";

const KERNEL = join(import.meta.dirname, "..", "..", "kernel");
const PARSE = 12;
const EMIT = 13;
const FIELDS = 16;
const MAC = [2, 0, 0, 0, 0, 1];
const ADDRESS = 0x0a000001;
/** As a stack fills them in: our MAC and address. The rest is what a call must leave as it is, or write. */
const fieldsBefore = () => Int32Array.of(0x02000000, 1, ADDRESS, ...Array.from({ length: FIELDS - 3 }, (_, n) => -n));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-segments-"));
  const common = join(KERNEL, "src", "common");
  const flags = ["-O1", "-g", "-std=gnu11", "-march=x86-64-v2", "-fsanitize=address,undefined", `-I${common}`, "-w"];
  const rename = ["memmove", "memset", "memcmp", "memcpy"].map((name) => `-D${name}=kernel_${name}`);
  const object = join(folder, "libc.o");
  execFileSync("gcc", [
    "-O1",
    "-std=gnu11",
    "-ffreestanding",
    "-fno-builtin",
    `-I${common}`,
    "-w",
    ...rename,
    "-c",
    join(common, "libc.c"),
    "-o",
    object,
  ]);
  const sources = ["bytes.c", "chacha20.c", "segments.c"].map((file) => join(common, file));
  const harness = join(KERNEL, "test", "common", "harness.c");
  execFileSync("gcc", [...flags, ...sources, harness, object, "-o", join(folder, "harness")]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs all cases in one process. */
function run(
  operation: number,
  cases: readonly { a: number; bytes: Uint8Array }[],
): { value: number; bytes: Buffer }[] {
  const input = cases.map(({ a, bytes }) =>
    Buffer.concat([new Uint8Array(Uint32Array.of(operation, a, 0, 0, bytes.length).buffer), bytes]),
  );
  const output = execFileSync(join(folder, "harness"), {
    input: Buffer.concat(input),
    maxBuffer: 1 << 28,
    env: { ...process.env, ASAN_OPTIONS: "detect_leaks=0" },
  });
  let at = 0;
  return cases.map(() => {
    const [value, size] = [output.readInt32LE(at), output.readUInt32LE(at + 4)];
    at += 8 + size;
    return { value, bytes: output.subarray(at - size, at) };
  });
}

interface Sent {
  version: 4 | 6;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  options: Uint8Array;
  ring: Uint8Array;
  length: number;
  partial: boolean;
}

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const timestamps = fc.tuple(word, word).map(([value, echo]) => {
  const option = new Uint8Array(12);
  new DataView(option.buffer).setInt32(0, 0x0101080a);
  new DataView(option.buffer).setInt32(4, value);
  new DataView(option.buffer).setInt32(8, echo);
  return option;
});
const options = fc.oneof(
  fc.constant(new Uint8Array(0)),
  timestamps,
  fc.nat(10).chain((words) => fc.uint8Array({ minLength: 4 * words, maxLength: 4 * words })),
);
const sent: fc.Arbitrary<Sent> = fc.nat(11).chain((power) =>
  fc.record({
    version: fc.constantFrom(4 as const, 6 as const),
    seq: word,
    ack: word,
    flags: fc.nat(0xfff),
    window: fc.nat(0xffff),
    options,
    ring: fc.uint8Array({ minLength: 2 ** power, maxLength: 2 ** power }),
    length: fc.nat(2 ** power),
    partial: fc.boolean(),
  }),
);

const control = ({ options, flags, window }: Sent) =>
  ((20 + options.length) << 26) | ((flags & 0xfff) << 16) | window | 0;

/** Headers as a stack prepares them, towards us; what is filled in later is 0. */
function headersOf(version: 4 | 6): Uint8Array {
  const headers = new Uint8Array(version === 4 ? 54 : 74);
  const view = new DataView(headers.buffer);
  headers.set([...MAC, 2, 0, 0, 0, 0, 2]);
  view.setUint16(12, version === 4 ? 0x0800 : 0x86dd);
  if (version === 4) {
    headers.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 2], 14);
    view.setInt32(30, ADDRESS);
  } else {
    headers.set([0x60, 0, 0, 0, 0, 0, 6, 64], 14);
    headers.fill(0x35, 22, 54);
  }
  view.setInt32(headers.length - 20, (40_000 << 16) | 80);
  return headers;
}

/** The frame that the TypeScript helper makes. */
function emitted(segment: Sent): Uint8Array {
  const headers = headersOf(segment.version);
  const into = new Uint8Array(headers.length + segment.options.length + segment.length).fill(0xa5);
  into.set(segment.options, headers.length);
  const { ring, seq, ack, length, partial } = segment;
  const size = segmentHelpers.emitSegment(into, 0, headers, 0, ring, seq, ack, control(segment), length, partial);
  expect(size).toBe(into.length);
  return into;
}

/** Five bytes of data, as plain as a segment can be. */
const segment = {
  seq: 1,
  ack: 2,
  flags: 0x10,
  window: 3,
  options: new Uint8Array(0),
  ring: new Uint8Array(8),
  length: 5,
};

describe("segmentHelpers: what the kernel's C does, under a sanitizer", () => {
  it("emit: every byte, whatever the place in the ring, options and version", () => {
    const drawn = fc.sample(sent, 2000);
    const results = run(
      EMIT,
      drawn.map((segment) => {
        const { seq, ack, length, ring, options } = segment;
        const words = Int32Array.of(seq, ack, control(segment), length, ring.length);
        const bytes = Buffer.concat([new Uint8Array(words.buffer), headersOf(segment.version), options, ring]);
        return { a: Number(segment.partial), bytes };
      }),
    );
    drawn.forEach((segment, n) => {
      expect(
        results[n]!.bytes.equals(emitted(segment)),
        JSON.stringify({ ...segment, ring: segment.ring.length }),
      ).toBe(true);
    });
  });

  /** Frames with what the wire does to them: cut, with bytes behind, with bytes that changed, or all of it random. */
  const frames = fc.oneof(
    fc.record({ frame: sent.map((segment) => emitted({ ...segment, partial: false })), trusted: fc.boolean() }),
    fc.record({
      frame: fc
        .tuple(sent, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(8), fc.nat(20))
        .map(([segment, changes, cut, more]) => {
          const whole = emitted({ ...segment, partial: false });
          // Most of what parsing looks at lies in front.
          for (const [at, value] of changes) whole[at % Math.min(whole.length, 90)] = value;
          return Buffer.concat([whole.subarray(0, whole.length - (more === 0 ? cut : 0)), new Uint8Array(more)]);
        }),
      trusted: fc.boolean(),
    }),
    fc.record({ frame: fc.uint8Array({ maxLength: 120 }), trusted: fc.boolean() }),
  );

  it("parse: the verdict and every field, of whole and broken frames", () => {
    const drawn = fc.sample(frames, 4000);
    const results = run(
      PARSE,
      drawn.map(({ frame, trusted }) => ({
        a: Number(trusted),
        bytes: Buffer.concat([new Uint8Array(fieldsBefore().buffer), frame]),
      })),
    );
    const verdicts = new Map<number, number>();
    drawn.forEach(({ frame, trusted }, n) => {
      const fields = fieldsBefore();
      const version = segmentHelpers.parseSegment(frame, 0, frame.length, trusted, fields);
      const hint = `${trusted} ${Buffer.from(frame).toString("hex")}`;
      expect(results[n]!.value, hint).toBe(version);
      expect(results[n]!.bytes.equals(new Uint8Array(fields.buffer)), hint).toBe(true);
      verdicts.set(version, (verdicts.get(version) ?? 0) + 1);
    });
    for (const version of [0, 4, 6]) expect(verdicts.get(version), `${version}`).toBeGreaterThan(200);
  });

  it("parse: each bit of the headers and data that is wrong is found", () => {
    for (const version of [4, 6] as const) {
      const whole = emitted({ ...segment, version, partial: false });
      const cases = Array.from({ length: whole.length * 8 }, (_, bit) => {
        const frame = whole.slice();
        frame[bit >> 3]! ^= 1 << (bit & 7);
        return frame;
      });
      const verdicts = run(
        PARSE,
        cases.map((frame) => ({ a: 0, bytes: Buffer.concat([new Uint8Array(fieldsBefore().buffer), frame]) })),
      ).map(({ value }, bit) => (value === 0 ? -1 : bit >> 3));
      // Nothing sums up the sender's MAC; of IPv6 neither traffic class, flow label nor hop limit.
      const unsummed = [6, 7, 8, 9, 10, 11, ...(version === 6 ? [14, 15, 16, 17, 21] : [])];
      expect([...new Set(verdicts)].sort((a, b) => a - b)).toEqual([-1, ...unsummed]);
    }
  });
});

describe("segmentHelpers: what a caller may not ask for", () => {
  const headers = headersOf(4);
  const emit = (into: Uint8Array, at: number, ring: Uint8Array, length: number, offset = 5) =>
    segmentHelpers.emitSegment(into, at, headers, 0, ring, 1, 2, offset << 28, length, false);

  it("a frame outside of its view, and fields of another length", () => {
    const frame = emitted({ ...segment, version: 4, partial: false });
    expect(() => segmentHelpers.parseSegment(frame, 1, frame.length, false, fieldsBefore())).toThrow(RangeError);
    expect(() => segmentHelpers.parseSegment(frame, 0, frame.length, false, new Int32Array(4))).toThrow(TypeError);
  });

  it("no room, a ring that does not hold the data or is of no power of two, a header of four words", () => {
    expect(() => emit(new Uint8Array(58), 0, segment.ring, 5)).toThrow(RangeError);
    expect(() => emit(new Uint8Array(59), 1, segment.ring, 5)).toThrow(RangeError);
    expect(() => emit(new Uint8Array(100), 0, segment.ring, 9)).toThrow(RangeError);
    expect(() => emit(new Uint8Array(100), 0, new Uint8Array(7), 5)).toThrow(RangeError);
    expect(() => emit(new Uint8Array(100), 0, segment.ring, 5, 4)).toThrow(RangeError);
    expect(emit(new Uint8Array(59), 0, segment.ring, 5)).toBe(59);
  });
});
