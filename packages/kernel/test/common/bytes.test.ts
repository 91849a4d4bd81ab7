import { execFileSync } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const RUNS = 2000;
const OPERATION = {
  checksum: 0,
  find: 1,
  equal: 2,
  ascii: 3,
  utf8: 4,
  repair: 5,
  encode64: 6,
  decode64: 7,
  move: 8,
  set: 9,
  compare: 10,
  chacha20: 11,
} as const;

interface Case {
  bytes: Uint8Array;
  a?: number;
  b?: number;
  c?: number;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-bytes-"));
  const common = join(ROOT, "src", "common");
  const flags = ["-O1", "-g", "-std=gnu11", "-march=x86-64-v2", "-ffreestanding", "-fno-builtin", `-I${common}`, "-w"];
  const rename = ["memmove", "memset", "memcmp", "memcpy"].map((name) => `-D${name}=kernel_${name}`);
  const object = join(folder, "libc.o");
  execFileSync("gcc", [...flags, ...rename, "-c", join(common, "libc.c"), "-o", object]);
  const sources = ["bytes.c", "chacha20.c", "segments.c"].map((file) => join(common, file));
  sources.push(join(import.meta.dirname, "harness.c"));
  execFileSync("gcc", [...flags, "-fsanitize=address,undefined", ...sources, object, "-o", join(folder, "harness")]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs all cases in one process. */
function run(operation: keyof typeof OPERATION, cases: readonly Case[]): { value: number; bytes: Buffer }[] {
  const input = cases.map(({ bytes, a = 0, b = 0, c = 0 }) => {
    const head = new Uint32Array([OPERATION[operation], a, b, c, bytes.length]);
    return Buffer.concat([new Uint8Array(head.buffer), bytes]);
  });
  const output = execFileSync(join(folder, "harness"), { input: Buffer.concat(input), maxBuffer: 1 << 28 });
  let at = 0;
  return cases.map(() => {
    const [value, size] = [output.readInt32LE(at), output.readUInt32LE(at + 4)];
    at += 8 + size;
    return { value, bytes: output.subarray(at - size, at) };
  });
}

/** Draws cases, runs them at once and compares each with what Node.js says. */
function compare(
  operation: keyof typeof OPERATION,
  cases: fc.Arbitrary<Case>,
  expected: (of: Case) => { value?: number; bytes?: Uint8Array },
): void {
  const drawn = fc.sample(cases, RUNS);
  const results = run(operation, drawn);
  drawn.forEach((of, n) => {
    const { value, bytes } = expected(of);
    const hint = `case ${n}: ${JSON.stringify({ ...of, bytes: Buffer.from(of.bytes).toString("hex") })}`;
    if (value !== undefined) expect(results[n]!.value, hint).toBe(value);
    if (bytes !== undefined) expect(results[n]!.bytes.equals(bytes), hint).toBe(true);
  });
}

const bytes = (maxLength = 200) => fc.uint8Array({ maxLength });

function plainChecksum(data: Uint8Array, initial: number): number {
  let sum = initial;
  for (let i = 0; i < data.length; i += 2) sum += (data[i]! << 8) | (data[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

describe("checksum", () => {
  it("the sum of RFC 1071 section 3's example is ddf2", () => {
    const example = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(run("checksum", [{ bytes: example }])[0]!.value).toBe(0xddf2);
  });

  it("any bytes at any alignment with any partial sum: as adding word by word", () => {
    const cases = fc.record({ bytes: bytes(1600), a: fc.nat(7), b: fc.nat(0xfffff) });
    const valid = cases.map((c) => ({ ...c, a: Math.min(c.a, c.bytes.length) }));
    compare("checksum", valid, ({ bytes, a, b }) => ({ value: plainChecksum(bytes.subarray(a), b!) }));
  });

  it("all ones do not overflow the sums", () => {
    const ones = { bytes: new Uint8Array(65535).fill(255), b: 0xffff };
    expect(run("checksum", [ones])[0]!.value).toBe(plainChecksum(ones.bytes, ones.b));
  });
});

it("find: the first place, or -1", () => {
  const few = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 100 }).map((list) => Uint8Array.from(list));
  compare("find", fc.record({ bytes: few, a: fc.nat(4) }), ({ bytes, a }) => ({ value: bytes.indexOf(a!) }));
});

it("equal: a difference anywhere counts", () => {
  const pairs = fc.tuple(bytes(60), fc.nat(), fc.boolean()).map(([data, at, change]) => {
    const copy = data.slice();
    if (change && copy.length > 0) copy[at % copy.length]! ^= 1 << (at % 8);
    return { bytes: Buffer.concat([data, copy]) };
  });
  compare("equal", pairs, ({ bytes }) => {
    const half = bytes.length / 2;
    return { value: Number(Buffer.compare(bytes.subarray(0, half), bytes.subarray(half)) === 0) };
  });
});

it("ascii: one byte above 127 is enough", () => {
  const mostly = fc.array(fc.oneof({ weight: 60, arbitrary: fc.nat(127) }, fc.nat(255)), { maxLength: 80 });
  const cases = mostly.map((list) => ({ bytes: Uint8Array.from(list) }));
  compare("ascii", cases, ({ bytes }) => ({ value: Number(bytes.every((b) => b < 128)) }));
});

describe("UTF-8", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const utf16 = (data: Uint8Array) => ({ bytes: Buffer.from(decoder.decode(data), "utf16le") });
  /** Bytes that begin, continue and spoil sequences. */
  const nasty = fc
    .array(
      fc.constantFrom(
        0x41,
        0x7f,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xbf,
        0xc1,
        0xc2,
        0xdf,
        0xe0,
        0xe1,
        0xed,
        0xef,
        0xf0,
        0xf1,
        0xf4,
        0xf5,
        0xff,
      ),
    )
    .map((list) => ({ bytes: Uint8Array.from(list) }));

  it("malformed bytes become U+FFFD exactly as TextDecoder's", () => {
    compare("utf8", nasty, ({ bytes }) => utf16(bytes));
  });

  it("text of all planes survives", () => {
    const texts = fc.string({ unit: "binary" }).map((text) => ({ bytes: new TextEncoder().encode(text) }));
    compare("utf8", texts, ({ bytes }) => utf16(bytes));
  });

  it("lone surrogates, spelt as three bytes, become U+FFFD, and nothing else changes", () => {
    const units = fc.array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 30 });
    /** As the engine spells strings: UTF-8, with lone surrogates as if they were characters. */
    const spell = (list: number[]) => {
      const out: number[] = [];
      for (const character of String.fromCharCode(...list)) {
        const code = character.codePointAt(0)!;
        if (code >= 0xd800 && code < 0xe000) out.push(0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
        else out.push(...new TextEncoder().encode(character));
      }
      return { bytes: Uint8Array.from(out), text: String.fromCharCode(...list) };
    };
    compare("repair", units.map(spell), (of) => ({
      bytes: new TextEncoder().encode((of as { text: string } & Case).text),
    }));
  });
});

describe("base64", () => {
  it("encodes as Node.js", () => {
    compare("encode64", fc.record({ bytes: bytes() }), ({ bytes }) => ({
      bytes: Buffer.from(Buffer.from(bytes).toString("base64")),
    }));
  });

  it("decodes what was encoded, padded or not, white space anywhere", () => {
    const cases = fc.tuple(bytes(60), fc.boolean(), fc.nat(80)).map(([data, padded, at]) => {
      const text = Buffer.from(data)
        .toString("base64")
        .replace(padded ? "" : /=+$/, "");
      const spaced = `${text.slice(0, at)} \t\n\f\r${text.slice(at)}`;
      return { bytes: new Uint8Array(Buffer.from(spaced)), a: data.length, data };
    });
    compare("decode64", cases, (of) => {
      const { data } = of as unknown as { data: Uint8Array };
      return { value: data.length, bytes: data };
    });
  });

  it("anything else is refused, as atob refuses it", () => {
    const characters = fc.constantFrom("A", "Z", "a", "/", "+", "=", " ", "-", "_", "\0");
    const cases = fc
      .array(characters, { maxLength: 10 })
      .map((list) => ({ bytes: new Uint8Array(Buffer.from(list.join(""))), a: 100 }));
    compare("decode64", cases, ({ bytes }) => {
      try {
        return { value: atob(Buffer.from(bytes).toString("latin1")).length };
      } catch {
        return { value: -1 };
      }
    });
  });

  it("never writes more than there is room for", () => {
    const cases = fc.tuple(bytes(30), fc.nat(40)).map(([data, room]) => ({
      bytes: new Uint8Array(Buffer.from(Buffer.from(data).toString("base64"))),
      a: room,
      size: data.length,
    }));
    compare("decode64", cases, (of) => {
      const { size, a } = of as unknown as { size: number; a: number };
      return { value: size <= a ? size : -1 };
    });
  });
});

describe("memory functions", () => {
  const ranges = fc.tuple(bytes(5000), fc.nat(), fc.nat(), fc.nat(), fc.nat(255));

  it("memmove: overlapping or not, any length", () => {
    const cases = ranges.map(([data, x, y, z]) => {
      const [a, b] = [x % (data.length + 1), y % (data.length + 1)];
      return { bytes: data, a, b, c: z % (data.length - Math.max(a, b) + 1) };
    });
    compare("move", cases, ({ bytes, a, b, c }) => ({ bytes: bytes.slice().copyWithin(a!, b!, b! + c!) }));
  });

  it("memset: exactly the range", () => {
    const cases = ranges.map(([data, x, , z, value]) => {
      const a = x % (data.length + 1);
      return { bytes: data, a, b: value, c: z % (data.length - a + 1) };
    });
    compare("set", cases, ({ bytes, a, b, c }) => ({ bytes: bytes.slice().fill(b!, a!, a! + c!) }));
  });

  it("memcmp: the sign of the first difference", () => {
    const pairs = fc.tuple(bytes(60), fc.nat(), fc.nat(255)).map(([data, at, value]) => {
      const copy = data.slice();
      if (copy.length > 0) copy[at % copy.length] = value;
      return { bytes: Buffer.concat([data, copy]) };
    });
    const drawn = fc.sample(pairs, RUNS);
    const results = run("compare", drawn);
    drawn.forEach(({ bytes }, n) => {
      const half = bytes.length / 2;
      expect(Math.sign(results[n]!.value)).toBe(Buffer.compare(bytes.subarray(0, half), bytes.subarray(half)));
    });
  });
});

describe("ChaCha20", () => {
  /** Key and nonce; a: the counter, b: the length. */
  const keystream = (key: string, nonce: string, counter: number, length: number): string =>
    run("chacha20", [{ bytes: Buffer.from(key + nonce, "hex"), a: counter, b: length }])[0]!.bytes.toString("hex");

  it("RFC 8439 A.1, test vectors 1, 2 and 5", () => {
    const zeros = "00".repeat(32);
    expect(keystream(zeros, "00".repeat(12), 0, 64)).toBe(
      "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
    );
    expect(keystream(zeros, "00".repeat(12), 1, 32)).toBe(
      "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed",
    );
    expect(keystream(zeros, `${"00".repeat(11)}02`, 0, 32)).toBe(
      "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7",
    );
  });

  it("any key, nonce, counter and length: as OpenSSL", () => {
    const cases = fc
      .tuple(fc.uint8Array({ minLength: 44, maxLength: 44 }), fc.nat(0xffff_0000), fc.nat(400))
      .map(([bytes, a, b]) => ({ bytes, a, b }));
    compare("chacha20", cases, ({ bytes, a, b }) => {
      const start = Buffer.alloc(16);
      start.writeUInt32LE(a!);
      start.set(bytes.subarray(32), 4);
      return { bytes: createCipheriv("chacha20", bytes.subarray(0, 32), start).update(new Uint8Array(b!)) };
    });
  });
});
