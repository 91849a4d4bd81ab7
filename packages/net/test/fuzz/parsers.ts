import { deepStrictEqual, ok } from "node:assert/strict";
import type { FuzzTarget } from "@soloist/testing";
import { describeFrame } from "../../src/devices/describe.ts";
import { type HostAddress, MdnsResponder } from "../../src/mdns/responder.ts";
import { createDhcpMessage, emitDhcp, OFFER, OP_REPLY, parseDhcp } from "../../src/wire/dhcpv4.ts";
import { parseDhcpv6Reply } from "../../src/wire/dhcpv6.ts";
import { createDnsMessage, type DnsMessage, emitDns, parseDns } from "../../src/wire/dns.ts";
import { encodeName } from "../../src/wire/dns-name.ts";
import { createIpv4Fields, parseIpv4, parseQuotedIpv4 } from "../../src/wire/ipv4.ts";
import { parseAddress, parseCidr } from "../../src/wire/ipv4-address.ts";
import { createIpv6Fields, parseIpv6Header } from "../../src/wire/ipv6.ts";
import { formatIpv6, parseIpv6 } from "../../src/wire/ipv6-address.ts";
import { createExtensionChain, walkExtensions } from "../../src/wire/ipv6-extension.ts";
import { parseRouterAdvertisement } from "../../src/wire/ndp.ts";
import { parseNtp } from "../../src/wire/ntp.ts";
import { createTcpSegment, parseTcp } from "../../src/wire/tcp.ts";
import { conversations } from "./packets.ts";

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
/** Around the input, where a parser has no business. */
const NOISE = 8;

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

/** The input between other bytes: what is found must not depend on them. */
function twice<T>(input: Uint8Array, parse: (bytes: Uint8Array, at: number, length: number) => T): T {
  const results = [0xff, 0x01].map((noise) => {
    const bytes = new Uint8Array(input.length + 2 * NOISE).fill(noise);
    bytes.set(input, NOISE);
    return parse(bytes, NOISE, input.length);
  });
  deepStrictEqual(results[1], results[0], "it looks outside of the packet");
  return results[0]!;
}

export function emitted(change: Partial<DnsMessage>): Uint8Array {
  const into = new Uint8Array(4096);
  return into.slice(0, emitDns(into, 0, Object.assign(createDnsMessage(), change)));
}

const question = { name: "www.example.org", type: 1, class: 1 };
const record = { name: "www.example.org", class: 1, ttl: 60 };
export const dnsSeeds: readonly Uint8Array[] = [
  emitted({ id: 1, recursionDesired: true, questions: [question], udpSize: 1232 }),
  emitted({
    id: 2,
    response: true,
    questions: [question],
    answers: [
      { ...record, type: "CNAME", target: "host.example.org" },
      { ...record, name: "host.example.org", type: "A", address: 0x0a000001 },
      { ...record, type: "AAAA", address: new Uint8Array(16).fill(7) },
      { ...record, type: "TXT", texts: [latin1("hello"), latin1("")] },
      { ...record, type: "SRV", priority: 1, weight: 2, port: 80, target: "host.example.org" },
      { ...record, type: "OTHER", code: 257, bytes: latin1("issue") },
    ],
  }),
  emitted({
    id: 3,
    response: true,
    rcode: 3,
    questions: [question],
    authorities: [
      {
        ...record,
        type: "SOA",
        server: "ns.example.org",
        mailbox: "admin.example.org",
        serial: 1,
        refresh: 2,
        retry: 3,
        expire: 4,
        minimum: 5,
      },
    ],
  }),
];
const claim = { ...record, name: "printer.local", type: "A" as const, address: 0x0a000009 };
const dns: FuzzTarget = {
  seeds: dnsSeeds,
  words: [Uint8Array.of(0xc0, 12), Uint8Array.of(0, 1, 0, 1), Uint8Array.of(0, 41, 16, 0), Uint8Array.of(63)],
  run(input) {
    const message = twice(input, parseDns);
    if (message === undefined) return undefined;
    const into = new Uint8Array(70_000);
    const length = emitDns(into, 0, message);
    if (length > 0) deepStrictEqual(parseDns(into, 0, length), message, "it reads what it wrote as something else");
    return undefined;
  },
};

export function dhcpMessage(change: object = {}): Uint8Array {
  const into = new Uint8Array(1024);
  const message = Object.assign(createDhcpMessage(), {
    op: OP_REPLY,
    type: OFFER,
    mac: MAC,
    yourAddress: 0x0a000005,
    server: 0x0a000001,
    mask: -256,
    routers: [0x0a000001],
    dns: [8, 9],
    leaseTime: 1000,
    ...change,
  });
  return into.slice(0, emitDhcp(into, 0, message));
}
const dhcp: FuzzTarget = {
  seeds: [
    dhcpMessage(),
    // Option 52: more options in the fields of names; 121, 26, 42, 12: routes, MTU, NTP, host name.
    Uint8Array.from([
      ...dhcpMessage().subarray(0, -1),
      ...[52, 1, 3, 121, 8, 16, 10, 9, 10, 0, 0, 3, 0, 26, 2, 5, 220, 42, 4, 10, 0, 0, 1, 12, 2, 97, 98, 255],
    ]),
  ],
  words: [Uint8Array.of(52, 1, 1), Uint8Array.of(53, 1, 5), Uint8Array.of(99, 130, 83, 99), Uint8Array.of(255)],
  run(input) {
    const message = twice(input, parseDhcp);
    if (message !== undefined) emitDhcp(new Uint8Array(2048), 0, message);
    return undefined;
  },
};

const dhcpv6: FuzzTarget = {
  seeds: [
    bytesOf(
      "07 000001 0002 0004 01020304 0001 000a 00030001020000000001 0017 0010 20010db8000000000000000000000053 0018 0005 036c616e00 0020 0004 00000258",
    ),
    bytesOf("07 000001 0002 0004 01020304 000d 0002 0000"),
  ],
  run(input) {
    twice(input, (bytes, at, length) => parseDhcpv6Reply(bytes, at, length, MAC));
    return undefined;
  },
};

const ipv4: FuzzTarget = {
  seeds: [
    bytesOf("45000014 00010000 40060000 0a000002 0a000001"),
    bytesOf("48000024 00012000 40110000 0a000002 0a000001 0101830704000000 00000000 0102030405060708"),
  ],
  limit: 128,
  run(input) {
    const fields = createIpv4Fields();
    for (const parse of [parseIpv4, parseQuotedIpv4]) {
      const taken = twice(input, (bytes, at, length) => {
        const mine = parse(bytes, at, length, fields);
        return mine ? { ...fields } : undefined;
      });
      if (taken === undefined) continue;
      ok(taken.headerLength >= 20 && taken.headerLength <= input.length, "a header beyond the packet");
      if (parse === parseIpv4) ok(taken.totalLength >= taken.headerLength && taken.totalLength <= input.length);
    }
    return undefined;
  },
};

const ipv6: FuzzTarget = {
  seeds: [
    bytesOf(
      `60000000 0010 00 40 ${"fe800000000000000000000000000001".repeat(2)} 3c00 0104 00000000 2b00 0502 00000100`,
    ),
    bytesOf(`60000000 0018 2b 40 ${"fe800000000000000000000000000001".repeat(2)} 2c000000 00000000 1100 0001 00000009`),
  ],
  limit: 512,
  run(input) {
    const fields = createIpv6Fields();
    const outcome = twice(input, (bytes, at, length) => {
      if (!parseIpv6Header(bytes, at, length, fields)) return undefined;
      const chain = createExtensionChain();
      const end = at + Math.min(length, 40 + fields.payloadLength);
      const found = walkExtensions(bytes, at + 40, end, fields.nextHeader, at + 6, true, chain);
      return { found, ...chain };
    });
    return outcome === undefined ? undefined : [outcome.found * 4 + outcome.code];
  },
};

const tcp: FuzzTarget = {
  seeds: [
    bytesOf("0fa00050 00000001 00000000 a0 02 ffff 0000 0000 020405b4 0402 080a 00000001 00000000 01 030307"),
    bytesOf("0fa00050 00000001 00000002 b0 10 ffff 0000 0000 0101 0512 00000010 00000020 00000030 00000040 00000000"),
    bytesOf("0fa00050 00000001 00000002 50 18 ffff 0000 0000 68656c6c6f"),
  ],
  limit: 128,
  run(input) {
    const segment = createTcpSegment();
    const taken = twice(input, (bytes, at, length) => {
      if (!parseTcp(bytes, at, length, segment)) return undefined;
      const { bytes: _bytes, ...rest } = segment;
      // Where blocks of absent options lie is left from an earlier segment.
      return { ...rest, sackAt: rest.sackCount > 0 ? rest.sackAt : 0 };
    });
    if (taken === undefined) return undefined;
    const end = NOISE + input.length;
    ok(taken.dataAt >= NOISE + 20 && taken.dataLength >= 0 && taken.dataAt + taken.dataLength === end);
    ok(taken.sackCount === 0 || (taken.sackCount <= 4 && taken.sackAt + 8 * taken.sackCount <= taken.dataAt));
    return undefined;
  },
};

const ndp: FuzzTarget = {
  seeds: [
    bytesOf(
      `8600 0000 40 40 0708 00000000 00000000 0101 020000000002 0501 0000 000005dc 0304 40 c0 00007080 00007080 00000000 ${"20010db8000500000000000000000000"} 1903 0000 0000003c ${"20010db8000000000000000000000053"} 1f02 0000 0000003c 036c616e00000000`,
    ),
  ],
  run(input) {
    const ra = twice(input, parseRouterAdvertisement);
    for (const { at, length } of [
      ...(ra?.domains ?? []),
      ...(ra?.prefixes ?? []).map((each) => ({ ...each, length: 16 })),
    ])
      ok(at + length <= NOISE + input.length, "an option beyond the packet");
    return undefined;
  },
};

const ntp: FuzzTarget = {
  seeds: [bytesOf(`24 02 06 ec 00000000 00000000 0a000001 ${"eb000000 00000000".repeat(4)}`)],
  limit: 96,
  run(input) {
    twice(input, parseNtp);
    return undefined;
  },
};

const OURS: readonly HostAddress[] = [
  { type: "A", address: 0x0a000002 },
  { type: "AAAA", address: parseIpv6("fe80::1")! },
];
/** Whoever has our name on the link, says so, or asks for it: what we say to that can be sent. */
const mdns: FuzzTarget = {
  seeds: [
    emitted({ questions: [{ name: "printer.local", type: 1, class: 1 }] }),
    emitted({ questions: [{ name: "printer.local", type: 255, class: 0x8001 }], authorities: [claim] }),
    emitted({ response: true, answers: [claim] }),
  ],
  words: dns.words!,
  run(input) {
    const message = parseDns(input, 0, input.length);
    if (message === undefined) return undefined;
    const states: number[] = [];
    for (const age of [100, 900, 20_000]) {
      const responder = new MdnsResponder({ name: "printer", addresses: OURS, random: () => 7, now: 0 });
      let now = 0;
      const pass = (until: number) => {
        while (responder.pollAt() <= until) {
          now = Math.max(now, responder.pollAt());
          responder.dispatch(now, (said) => {
            ok(emitDns(new Uint8Array(1500), 0, said) > 0, "it says what cannot be sent");
          });
        }
        now = until;
      };
      pass(age);
      for (const port of [5353, 40_000]) responder.process(message, { address: 0x0a000009, port }, now);
      pass(age + 60_000);
      states.push(responder.conflicts * 16 + age / 100);
      responder.close();
      pass(age + 61_000);
    }
    return states;
  },
};

/** The tracer says something about any frame. */
const describe: FuzzTarget = {
  seeds: conversations.flat().map((record) => record.subarray(1)),
  run(input) {
    const frame = Uint8Array.from([
      ...new Uint8Array(12),
      input[0]! >> 4 === 6 ? 0x86 : 8,
      input[0]! >> 4 === 6 ? 0xdd : 0,
      ...input,
    ]);
    ok(twice(frame, describeFrame).length < 4096);
    return undefined;
  },
};

/** Addresses and names as people write them. */
const text: FuzzTarget = {
  seeds: ["2001:db8::1", "::ffff:10.0.0.1", "fe80::1%service", "10.0.0.1/24", "www.example.org.", "::"].map(latin1),
  words: [latin1("::"), latin1(":"), latin1("."), latin1("/24"), latin1("255"), latin1("ffff")],
  limit: 300,
  run(input) {
    const written = Buffer.from(input).toString("latin1");
    const address = parseIpv6(written);
    if (address !== undefined) deepStrictEqual(parseIpv6(formatIpv6(address)), address);
    parseAddress(written);
    parseCidr(written);
    const name = encodeName(written);
    ok(name === undefined || name.length <= 255);
    return undefined;
  },
};

export const parsers: Readonly<Record<string, FuzzTarget>> = {
  ipv4,
  ipv6,
  tcp,
  ndp,
  dns,
  dhcp,
  dhcpv6,
  ntp,
  mdns,
  describe,
  text,
};
