import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emitInformationRequest, parseDhcpv6Reply, REQUEST_LENGTH } from "../../src/wire/dhcpv6.ts";
import {
  createIpv6Fields,
  DESTINATION_OPTIONS,
  emitIpv6Header,
  FRAGMENT,
  HOP_BY_HOP,
  parseIpv6Header,
  parseQuotedIpv6,
  ROUTING,
} from "../../src/wire/ipv6.ts";
import {
  CHAIN_DROP,
  CHAIN_FRAGMENT,
  CHAIN_PROBLEM,
  CHAIN_TRANSPORT,
  createExtensionChain,
  emitFragmentHeader,
  emitRouterAlert,
  MAX_EXTENSION_HEADERS,
  PROBLEM_CHAIN,
  PROBLEM_HEADER_FIELD,
  PROBLEM_NEXT_HEADER,
  PROBLEM_OPTION,
  walkExtensions,
} from "../../src/wire/ipv6-extension.ts";
import { responseDelay } from "../../src/wire/mld.ts";
import { emitLinkOption, optionsValid, parseRouterAdvertisement } from "../../src/wire/ndp.ts";

const u8 = fc.integer({ min: 0, max: 0xff });
const bytesOf = (maxLength: number) => fc.uint8Array({ maxLength });

describe("IPv6 header", () => {
  it("parse gives back what emit wrote, and nothing else is written", () => {
    fc.assert(
      fc.property(u8, fc.integer({ min: 0, max: 0xfffff }), fc.integer({ min: 0, max: 60 }), u8, u8, (...n) => {
        const [trafficClass, flowLabel, payloadLength, nextHeader, hopLimit] = n;
        const fields = { trafficClass, flowLabel, payloadLength, nextHeader, hopLimit };
        const buffer = new Uint8Array(120).fill(0xa5);
        emitIpv6Header(buffer, 3, fields);
        const parsed = createIpv6Fields();
        expect(parseIpv6Header(buffer, 3, 100, parsed)).toBe(true);
        expect(parsed).toEqual(fields);
        expect(buffer.every((byte, index) => (index >= 3 && index < 11) || byte === 0xa5)).toBe(true);
      }),
    );
  });
  it("refuses other versions, and packets that are shorter than they say", () => {
    const buffer = new Uint8Array(60);
    emitIpv6Header(buffer, 0, { ...createIpv6Fields(), payloadLength: 20 });
    expect(parseIpv6Header(buffer, 0, 60, createIpv6Fields())).toBe(true);
    expect(parseIpv6Header(buffer, 0, 59, createIpv6Fields())).toBe(false);
    expect(parseQuotedIpv6(buffer, 0, 40, createIpv6Fields())).toBe(true);
    expect(parseQuotedIpv6(buffer, 0, 39, createIpv6Fields())).toBe(false);
    buffer[0] = 0x45;
    expect(parseIpv6Header(buffer, 0, 60, createIpv6Fields())).toBe(false);
  });
});

/** Walks headers that lie behind each other, the first of which is `first`. */
function walk(first: number, ...headers: readonly (readonly number[])[]) {
  const bytes = new Uint8Array(headers.flat());
  const chain = createExtensionChain();
  return { outcome: walkExtensions(bytes, 0, bytes.length, first, -34, true, chain), chain };
}

describe("extension headers", () => {
  const padded = (next: number, ...options: number[]) => {
    const body = [...options, ...new Array<number>(6 - options.length).fill(0)];
    return [next, 0, ...body];
  };
  it("are walked to the transport", () => {
    const { outcome, chain } = walk(
      HOP_BY_HOP,
      padded(DESTINATION_OPTIONS),
      padded(ROUTING),
      [17, 0, 0, 0, 0, 0, 0, 0],
      [1, 2],
    );
    expect(outcome).toBe(CHAIN_TRANSPORT);
    expect(chain).toMatchObject({ protocol: 17, at: 24, namedAt: 16 });
  });
  it("hop-by-hop options come first or not at all", () => {
    const { outcome, chain } = walk(DESTINATION_OPTIONS, padded(HOP_BY_HOP), padded(6));
    expect(outcome).toBe(CHAIN_PROBLEM);
    expect(chain).toMatchObject({ code: PROBLEM_NEXT_HEADER, pointer: 0 });
  });
  it("options that are not known: skipped, dropped, answered, answered unless to a group", () => {
    expect(walk(HOP_BY_HOP, padded(6, 0x3e, 2, 0, 0), []).outcome).toBe(CHAIN_TRANSPORT);
    expect(walk(HOP_BY_HOP, padded(6, 0x7e, 2, 0, 0), []).outcome).toBe(CHAIN_DROP);
    const always = walk(HOP_BY_HOP, padded(6, 0xbe, 2, 0, 0), []);
    expect(always).toMatchObject({
      outcome: CHAIN_PROBLEM,
      chain: { code: PROBLEM_OPTION, pointer: 2, quietToGroups: false },
    });
    const sometimes = walk(HOP_BY_HOP, padded(6, 1, 0, 0xfe, 0), []);
    expect(sometimes).toMatchObject({ outcome: CHAIN_PROBLEM, chain: { pointer: 4, quietToGroups: true } });
  });
  it("routing headers with places left to visit are answered, whatever their type", () => {
    for (const type of [0, 2, 4]) {
      const { outcome, chain } = walk(ROUTING, [6, 0, type, 1, 0, 0, 0, 0]);
      expect(outcome).toBe(CHAIN_PROBLEM);
      expect(chain).toMatchObject({ code: PROBLEM_HEADER_FIELD, pointer: 2 });
    }
  });
  it("fragment headers stop the walk", () => {
    const bytes = new Uint8Array(8);
    emitFragmentHeader(bytes, 0, 17, 1448, true, -5);
    const { outcome, chain } = walk(FRAGMENT, [...bytes]);
    expect(outcome).toBe(CHAIN_FRAGMENT);
    expect(chain).toMatchObject({ at: 0, offset: 1448, more: true, identification: -5 });
  });
  it("a router alert is an option that everybody takes", () => {
    const bytes = new Uint8Array(8);
    emitRouterAlert(bytes, 0, 58);
    expect(walk(HOP_BY_HOP, [...bytes], [0])).toMatchObject({
      outcome: CHAIN_TRANSPORT,
      chain: { protocol: 58, at: 8 },
    });
  });
  it("more headers, options or bytes than a host looks at are dropped", () => {
    const many = new Array(MAX_EXTENSION_HEADERS).fill(padded(DESTINATION_OPTIONS));
    expect(walk(DESTINATION_OPTIONS, ...many, padded(6)).outcome).toBe(CHAIN_DROP);
    expect(walk(DESTINATION_OPTIONS, ...many.slice(1), padded(6), [1]).outcome).toBe(CHAIN_TRANSPORT);
    const long = [6, 200, ...new Array<number>(201 * 8 - 2).fill(0)];
    expect(walk(DESTINATION_OPTIONS, long).outcome).toBe(CHAIN_DROP);
    const options = [6, 4, ...new Array(9).fill([0x1e, 0]).flat(), ...new Array<number>(20).fill(0)];
    expect(walk(DESTINATION_OPTIONS, options).outcome).toBe(CHAIN_DROP);
  });
  it("chains that are cut off are a problem of their own", () => {
    expect(walk(DESTINATION_OPTIONS, [6, 1, 0, 0, 0, 0, 0, 0])).toMatchObject({
      outcome: CHAIN_PROBLEM,
      chain: { code: PROBLEM_CHAIN },
    });
  });
  it("any bytes: an outcome, and nothing is found behind the end", () => {
    fc.assert(
      fc.property(
        bytesOf(300),
        fc.constantFrom(HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS, 17),
        (bytes, first) => {
          const chain = createExtensionChain();
          const outcome = walkExtensions(bytes, 0, bytes.length, first, 0, true, chain);
          expect([CHAIN_TRANSPORT, CHAIN_FRAGMENT, CHAIN_DROP, CHAIN_PROBLEM]).toContain(outcome);
          expect(chain.at).toBeLessThanOrEqual(bytes.length);
          if (outcome === CHAIN_FRAGMENT) expect(chain.at + 8).toBeLessThanOrEqual(bytes.length);
          if (outcome === CHAIN_PROBLEM) expect(chain.pointer).toBeLessThan(Math.max(bytes.length, 1));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("Neighbor Discovery", () => {
  it("an option without length voids the message (RFC 4861 6.1.1)", () => {
    const option = new Uint8Array(16);
    emitLinkOption(option, 0, 1, new Uint8Array([2, 0, 0, 0, 0, 1]));
    expect(optionsValid(option, 0, 8)).toBe(true);
    expect(optionsValid(option, 0, 16)).toBe(false);
    expect(optionsValid(option, 0, 7)).toBe(false);
  });
  it("router advertisements: any bytes parse or do not, within their bounds", () => {
    fc.assert(
      fc.property(bytesOf(200), (bytes) => {
        const ra = parseRouterAdvertisement(bytes, 0, bytes.length);
        if (ra === undefined) return;
        for (const { at } of [...ra.prefixes, ...ra.servers]) expect(at + 16).toBeLessThanOrEqual(bytes.length);
        for (const { at, length } of ra.domains) expect(at + length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
  it("a router advertisement with all of its options", () => {
    const bytes = new Uint8Array(16 + 8 + 8 + 32 + 24);
    bytes.set([134, 0, 0, 0, 64, 0x48, 0x07, 0x08, 0, 0, 0x75, 0x30, 0, 0, 0x03, 0xe8]);
    bytes.set([1, 1, 2, 0, 0, 0, 0, 9], 16);
    bytes.set([5, 1, 0, 0, 0, 0, 5, 0xdc], 24);
    bytes.set([3, 4, 64, 0xc0, 255, 255, 255, 255, 0, 0, 0x0e, 0x10, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8], 32);
    bytes.set([25, 3, 0, 0, 0, 0, 0, 60], 64);
    expect(parseRouterAdvertisement(bytes, 0, bytes.length)).toEqual({
      hopLimit: 64,
      managed: false,
      other: true,
      preference: 1,
      lifetime: 1_800_000,
      reachableTime: 30_000,
      retransmitTime: 1000,
      mtu: 1500,
      linkAt: 18,
      prefixes: [
        {
          at: 48,
          length: 64,
          onLink: true,
          autonomous: true,
          validLifetime: Number.POSITIVE_INFINITY,
          preferredLifetime: 3_600_000,
        },
      ],
      servers: [{ at: 72, lifetime: 60_000 }],
      domains: [],
    });
    expect(parseRouterAdvertisement(bytes, 0, bytes.length - 8)).toBe(undefined);
  });
});

describe("listener queries", () => {
  it("delays beyond 32,767 ms are floating point (RFC 3810 5.1.3)", () => {
    expect(responseDelay(1000)).toBe(1000);
    expect(responseDelay(0x8000)).toBe(0x1000 << 3);
    expect(responseDelay(0xffff)).toBe(0x1fff << 10);
  });
});

describe("DHCPv6", () => {
  const mac = new Uint8Array([2, 0, 0, 0, 0, 1]);
  const reply = (...options: readonly number[][]) => new Uint8Array([7, 0x12, 0x34, 0x56, ...options.flat()]);
  const server = [0, 2, 0, 4, 0, 3, 0, 1];
  it("a request says who asks, how long already, and for what", () => {
    const into = new Uint8Array(100).fill(0xa5);
    const length = emitInformationRequest(into, 2, 0xabcdef, mac, 1230);
    expect(length).toBe(REQUEST_LENGTH);
    expect(Buffer.from(into.subarray(2, 2 + length)).toString("hex")).toBe(
      "0babcdef0001000a0003000102000000000100080002007b0006000800170018002000 53".replace(" ", ""),
    );
    expect(into[2 + length]).toBe(0xa5);
  });
  it("a reply tells of servers, domains and when to ask again", () => {
    const address = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53];
    const name = [3, 108, 97, 110, 0];
    const bytes = reply(server, [0, 23, 0, 16, ...address], [0, 24, 0, 5, ...name], [0, 32, 0, 4, 0, 0, 2, 88]);
    expect(parseDhcpv6Reply(bytes, 0, bytes.length, mac)).toEqual({
      transaction: 0x123456,
      servers: [new Uint8Array(address)],
      domains: ["lan"],
      refreshTime: 600_000,
    });
  });
  it("a reply without a server, for another client, or of failure is none", () => {
    const ours = [0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1];
    const parse = (bytes: Uint8Array) => parseDhcpv6Reply(bytes, 0, bytes.length, mac);
    expect(parse(reply(server, ours))).toBeDefined();
    expect(parse(reply(ours))).toBe(undefined);
    expect(parse(reply(server, [...ours.slice(0, -1), 2]))).toBe(undefined);
    expect(parse(reply(server, [0, 13, 0, 2, 0, 1]))).toBe(undefined);
    expect(parse(reply(server, [0, 23, 0, 17]))).toBe(undefined);
  });
  it("any bytes parse or do not", () => {
    fc.assert(
      fc.property(bytesOf(200), (bytes) => {
        if (bytes.length > 0) bytes[0] = 7;
        parseDhcpv6Reply(bytes, 0, bytes.length, mac);
      }),
      { numRuns: 2000 },
    );
  });
});
