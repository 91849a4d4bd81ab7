import { seededRng } from "@soloist/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createDnsMessage,
  type DnsMessage,
  emitDns,
  HEADER_LENGTH,
  MAX_RECORDS,
  parseDns,
} from "../../src/wire/dns.ts";
import { emitName, encodeName, readName } from "../../src/wire/dns-name.ts";
import type { DnsRecord, RecordData } from "../../src/wire/dns-records.ts";
import { formatIpv6, parseIpv6 } from "../../src/wire/ipv6-address.ts";

const u16 = fc.integer({ min: 0, max: 0xffff });
const u31 = fc.integer({ min: 0, max: 0x7fffffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/);
const name = fc.array(label, { minLength: 0, maxLength: 5 }).map((labels) => labels.join("."));
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const data: fc.Arbitrary<RecordData> = fc.oneof(
  fc.record({ type: fc.constant("A" as const), address: fc.integer({ min: -0x80000000, max: 0x7fffffff }) }),
  fc.record({ type: fc.constant("AAAA" as const), address: fc.uint8Array({ minLength: 16, maxLength: 16 }) }),
  fc.record({ type: fc.constantFrom("NS" as const, "CNAME" as const, "PTR" as const), target: name }),
  fc.record({ type: fc.constant("TXT" as const), texts: fc.array(bytes(40), { minLength: 1, maxLength: 3 }) }),
  fc.record({ type: fc.constant("SRV" as const), priority: u16, weight: u16, port: u16, target: name }),
  fc.record({
    type: fc.constant("SOA" as const),
    server: name,
    mailbox: name,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  fc.record({ type: fc.constant("OTHER" as const), code: fc.constant(65_280), bytes: bytes(20) }),
);
const record: fc.Arbitrary<DnsRecord> = fc
  .tuple(fc.record({ name, class: u16, ttl: u31 }), data)
  .map(([head, tail]) => ({ ...head, ...tail }));
const records = fc.array(record, { maxLength: 4 });
const message: fc.Arbitrary<DnsMessage> = fc.record({
  id: u16,
  response: fc.boolean(),
  opcode: fc.integer({ min: 0, max: 15 }),
  authoritative: fc.boolean(),
  truncated: fc.boolean(),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  rcode: fc.integer({ min: 0, max: 15 }),
  questions: fc.array(fc.record({ name, type: u16, class: u16 }), { maxLength: 2 }),
  answers: records,
  authorities: records,
  additionals: records,
  udpSize: fc.constantFrom(0, 512, 1232),
});

function emitted(value: DnsMessage): Uint8Array {
  const into = new Uint8Array(8192).fill(0xa5);
  const length = emitDns(into, 0, value);
  expect(length).toBeGreaterThan(0);
  return into.slice(0, length);
}

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

describe("DNS messages", () => {
  it("come back as they were written, wherever they start", () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 0, max: 7 }), (value, at) => {
        const into = new Uint8Array(8192).fill(0xa5);
        const length = emitDns(into, at, value);
        expect(parseDns(into, at, length)).toEqual(value);
        if (at > 0) expect(into[at - 1]).toBe(0xa5);
        expect(into[at + length]).toBe(0xa5);
      }),
    );
  });
  it("do not overrun a buffer that is too short: -1", () => {
    fc.assert(
      fc.property(message, fc.nat(), (value, cut) => {
        const whole = emitted(value).length;
        const room = cut % whole;
        const into = new Uint8Array(room);
        expect(emitDns(into, 0, value)).toBe(-1);
      }),
    );
  });
  it("never throw when they are mutated, cut, or noise", () => {
    const rng = seededRng(1);
    fc.assert(
      fc.property(message, fc.integer(), (value, seed) => {
        const frame = emitted(value);
        const local = seededRng(seed);
        for (let round = 0; round < 20; round++) {
          const bad = frame.slice(0, local.below(frame.length + 1));
          for (let count = 0; count < 4 && bad.length > 0; count++) bad[local.below(bad.length)] = local.below(256);
          parseDns(bad, 0, bad.length);
        }
      }),
    );
    for (let round = 0; round < 2000; round++) {
      const noise = new Uint8Array(rng.below(300));
      rng.fill(noise);
      parseDns(noise, 0, noise.length);
    }
  });
  it("reads a reply as a server sent it, with compression", () => {
    // Made by hand after RFC 1035 4.1.4: a question, a CNAME that points into it, an A record at the CNAME's target.
    const reply = hex(
      "1234 8180 0001 0002 0000 0001" +
        "03777777 076578616d706c65 03636f6d 00 0001 0001" +
        "c00c 0005 0001 0000003c 0006 03636a6e c010" +
        "c02d 0001 0001 0000012c 0004 c0000201" +
        "00 0029 04d0 00000000 0000",
    );
    expect(parseDns(reply, 0, reply.length)).toMatchObject({
      id: 0x1234,
      response: true,
      recursionAvailable: true,
      questions: [{ name: "www.example.com", type: 1, class: 1 }],
      answers: [
        { name: "www.example.com", type: "CNAME", ttl: 60, target: "cjn.example.com" },
        { name: "cjn.example.com", type: "A", ttl: 300, address: 0xc0000201 | 0 },
      ],
      udpSize: 1232,
    });
  });
  it("puts the upper bits of RCODE into EDNS0", () => {
    const value = Object.assign(createDnsMessage(), { rcode: 16, udpSize: 512 });
    expect(parseDns(emitted(value), 0, emitted(value).length)!.rcode).toBe(16);
  });
  it("takes a size below 512 for 512, and two OPT records for none", () => {
    const one = hex("0000 8000 0000 0000 0000 0001 00 0029 0010 00000000 0000");
    expect(parseDns(one, 0, one.length)!.udpSize).toBe(512);
    const two = hex("0000 8000 0000 0000 0000 0002 00 0029 0010 00000000 0000 00 0029 0010 00000000 0000");
    expect(parseDns(two, 0, two.length)).toBeUndefined();
  });
  it("takes a TTL with the top bit set for 0", () => {
    const reply = hex("0000 8000 0000 0001 0000 0000 00 0001 0001 80000001 0004 01020304");
    expect(parseDns(reply, 0, reply.length)!.answers[0]!.ttl).toBe(0);
  });
  it("keeps what stands before the cut of a truncated message, and refuses any other that ends early", () => {
    const whole = hex("0000 8200 0000 0002 0000 0000 00 0001 0001 00000001 0004 01020304 00 0001");
    expect(parseDns(whole, 0, whole.length)!.answers).toHaveLength(1);
    whole[2] = 0x80;
    expect(parseDns(whole, 0, whole.length)).toBeUndefined();
  });
  it(`refuses more than ${MAX_RECORDS} records`, () => {
    const many = new Uint8Array(HEADER_LENGTH + 11 * (MAX_RECORDS + 1));
    many[2] = 0x80;
    many[6] = (MAX_RECORDS + 1) >> 8;
    many[7] = (MAX_RECORDS + 1) & 255;
    for (let index = 0; index <= MAX_RECORDS; index++) many[HEADER_LENGTH + index * 11 + 2] = 99;
    expect(parseDns(many, 0, many.length)).toBeUndefined();
    many[7] = MAX_RECORDS & 255;
    expect(parseDns(many, 0, many.length)!.answers).toHaveLength(MAX_RECORDS);
  });
});

describe("domain names", () => {
  const read = (text: string, at = 0) => readName(hex(text), 0, hex(text).length, { at });

  it("escape dots, backslashes and bytes that are not printable", () => {
    expect(read("03 612e62 02 5c20 01 ff 00")).toBe("a\\.b.\\\\\\032.\\255");
  });
  it("come back from their text, whatever bytes they hold", () => {
    const labels = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 6 });
    fc.assert(
      fc.property(labels, (parts) => {
        const wire = new Uint8Array([...parts.flatMap((part) => [part.length, ...part]), 0]);
        const text = readName(wire, 0, wire.length, { at: 0 })!;
        expect(encodeName(text)).toEqual(wire);
      }),
    );
  });
  it("with pointers to themselves, forwards, or in a circle are refused", () => {
    expect(read("c000")).toBeUndefined();
    expect(read("c002 00")).toBeUndefined();
    expect(read("01 61 c000")).toBeUndefined();
    expect(read("c002 c000", 2)).toBeUndefined();
  });
  it("with a chain of pointers backwards are read in bounded steps", () => {
    const chain = new Uint8Array(2000);
    for (let at = 2; at < 2000; at += 2) {
      chain[at] = 0xc0 | ((at - 2) >> 8);
      chain[at + 1] = at - 2;
    }
    expect(readName(chain, 0, 2000, { at: 1998 })).toBe("");
  });
  it("longer than 255 bytes, or with a label above 63 or of an unknown kind, are refused", () => {
    const label63 = `3f${"61".repeat(63)}`;
    expect(read(`${label63.repeat(3)}3d${"61".repeat(61)}00`)).toHaveLength(253);
    expect(read(`${label63.repeat(3)}3e${"61".repeat(62)}00`)).toBeUndefined();
    expect(read(`40${"61".repeat(64)}00`)).toBeUndefined();
    expect(encodeName(`${`${"a".repeat(63)}.`.repeat(3)}${"a".repeat(61)}`)).toHaveLength(255);
    expect(encodeName(`${`${"a".repeat(63)}.`.repeat(3)}${"a".repeat(62)}`)).toBeUndefined();
    expect(encodeName("a".repeat(64))).toBeUndefined();
  });
  it("may end in a dot; empty labels, blanks and letters beyond ASCII are none", () => {
    expect(encodeName("a.b.")).toEqual(encodeName("a.b"));
    for (const text of ["..", ".a", "a..b", "a b", "bücher.example", "a\\"]) expect(encodeName(text)).toBeUndefined();
  });
  it("that end alike share their end", () => {
    const into = new Uint8Array(64);
    const offsets = new Map();
    const first = emitName(into, 0, 0, "a.example", offsets);
    expect(emitName(into, first, 0, "b.example", offsets)).toBe(first + 4);
  });
});

describe("IPv6 addresses", () => {
  it.each([
    ["::", "::"],
    ["::1", "::1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["fe80::192.0.2.33", "fe80::c000:221"],
    ["1::", "1::"],
  ])("%s is written %s", (text, canonical) => {
    expect(formatIpv6(parseIpv6(text)!)).toBe(canonical);
  });
  it("come back from their text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (address) => {
        expect(parseIpv6(formatIpv6(address))).toEqual(address);
      }),
    );
  });
  it.each([
    "",
    ":",
    "1:2:3",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "12345::",
    "::1%eth0",
    "1.2.3.4::",
  ])("%j is none", (text) => {
    expect(parseIpv6(text)).toBeUndefined();
  });
});
