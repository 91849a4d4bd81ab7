import { byteHelpers } from "@soloist/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createArpFields, emitArp, parseArp } from "../../src/wire/arp.ts";
import { createDhcpMessage, emitDhcp, parseDhcp } from "../../src/wire/dhcpv4.ts";
import { createEthernetFields, emitEthernet, parseEthernet } from "../../src/wire/ethernet.ts";
import { createIcmpv4Fields, emitIcmpv4, parseIcmpv4, patchIcmpv4Checksum } from "../../src/wire/icmpv4.ts";
import { createIpv4Fields, emitIpv4, parseIpv4, pseudoHeaderSum } from "../../src/wire/ipv4.ts";
import { formatAddress, maskPrefix, parseAddress, parseCidr, prefixMask } from "../../src/wire/ipv4-address.ts";
import { createTcpSegment, emitTcp, parseTcp, patchTcpChecksum, SYN, tcpHeaderLength } from "../../src/wire/tcp.ts";
import { createUdpFields, emitUdp, parseUdp, patchUdpChecksum } from "../../src/wire/udp.ts";

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const offset = fc.integer({ min: 0, max: 7 });

/** A buffer that shows writes outside the header. */
function dirty(length = 600): Uint8Array {
  return new Uint8Array(length).fill(0xa5);
}

function untouched(buffer: Uint8Array, at: number, length: number): boolean {
  return buffer.every((byte, index) => (index >= at && index < at + length) || byte === 0xa5);
}

describe("parse gives back what emit wrote", () => {
  it("Ethernet", () => {
    fc.assert(
      fc.property(offset, u16, i32, u16, i32, u16, (at, dh, dl, sh, sl, type) => {
        const fields = { destinationHigh: dh, destinationLow: dl, sourceHigh: sh, sourceLow: sl, type };
        const buffer = dirty();
        emitEthernet(buffer, at, fields);
        const parsed = createEthernetFields();
        expect(parseEthernet(buffer, at, 14, parsed)).toBe(true);
        expect(parsed).toEqual(fields);
        expect(untouched(buffer, at, 14)).toBe(true);
      }),
    );
  });

  it("ARP", () => {
    fc.assert(
      fc.property(
        offset,
        fc.constantFrom(1 as const, 2 as const),
        u16,
        i32,
        i32,
        u16,
        i32,
        i32,
        (at, operation, ...n) => {
          const fields = {
            operation,
            senderHigh: n[0] & 0xfeff,
            senderLow: n[1],
            senderAddress: n[2],
            targetHigh: n[3],
            targetLow: n[4],
            targetAddress: n[5],
          };
          const buffer = dirty();
          emitArp(buffer, at, fields);
          const parsed = createArpFields();
          expect(parseArp(buffer, at, 28, parsed)).toBe(true);
          expect(parsed).toEqual(fields);
          expect(untouched(buffer, at, 28)).toBe(true);
        },
      ),
    );
  });

  it("IPv4, with a header checksum that comes out right", () => {
    fc.assert(
      fc.property(
        offset,
        u16,
        u16,
        u8,
        u8,
        i32,
        i32,
        u16,
        (at, id, fragment, ttl, protocol, source, destination, n) => {
          const fields = {
            headerLength: 20,
            totalLength: 20 + (n % 500),
            identification: id,
            fragment,
            ttl,
            protocol,
            source,
            destination,
          };
          const buffer = dirty();
          emitIpv4(buffer, at, fields);
          const parsed = createIpv4Fields();
          expect(parseIpv4(buffer, at, fields.totalLength, parsed)).toBe(true);
          expect(parsed).toEqual(fields);
          expect(byteHelpers.checksum(buffer, at, 20, 0)).toBe(0xffff);
          expect(untouched(buffer, at, 20)).toBe(true);
        },
      ),
    );
  });

  it("UDP and ICMP, with checksums that come out right", () => {
    fc.assert(
      fc.property(offset, u16, u16, i32, fc.uint8Array({ maxLength: 64 }), (at, a, b, rest, data) => {
        const buffer = dirty();
        const length = 8 + data.length;
        emitUdp(buffer, at, { sourcePort: a, destinationPort: b, length, checksum: 0 });
        buffer.set(data, at + 8);
        const pseudo = pseudoHeaderSum(rest, 7, 17, length);
        patchUdpChecksum(buffer, at, byteHelpers.checksum(buffer, at, length, pseudo));
        const udp = createUdpFields();
        expect(parseUdp(buffer, at, length, udp)).toBe(true);
        expect([udp.sourcePort, udp.destinationPort, udp.length]).toEqual([a, b, length]);
        expect(udp.checksum).not.toBe(0);
        expect(byteHelpers.checksum(buffer, at, length, pseudo)).toBe(0xffff);

        emitIcmpv4(buffer, at, { type: a & 255, code: b & 255, rest });
        patchIcmpv4Checksum(buffer, at, byteHelpers.checksum(buffer, at, length, 0));
        const icmp = createIcmpv4Fields();
        expect(parseIcmpv4(buffer, at, length, icmp)).toBe(true);
        expect(icmp).toEqual({ type: a & 255, code: b & 255, rest });
        expect(byteHelpers.checksum(buffer, at, length, 0)).toBe(0xffff);
      }),
    );
  });

  it("TCP, options with SYN only", () => {
    const scale = fc.integer({ min: -1, max: 14 });
    fc.assert(
      fc.property(offset, u16, u16, i32, i32, u8, u16, u16, scale, (at, sp, dp, seq, ack, flags, window, mss, ws) => {
        const segment = createTcpSegment();
        const values = { sourcePort: sp, destinationPort: dp, seq, ack, flags, window };
        Object.assign(segment, values, { mss, windowScale: ws });
        const buffer = dirty();
        const length = tcpHeaderLength(segment);
        emitTcp(buffer, at, segment);
        patchTcpChecksum(buffer, at, byteHelpers.checksum(buffer, at, length, 6 + length));
        const parsed = createTcpSegment();
        expect(parseTcp(buffer, at, length, parsed)).toBe(true);
        expect(parsed).toMatchObject(values);
        if ((flags & SYN) !== 0) expect(parsed).toMatchObject({ mss, windowScale: ws });
        expect(parsed.dataLength).toBe(0);
        expect(byteHelpers.checksum(buffer, at, length, 6 + length)).toBe(0xffff);
        expect(untouched(buffer, at, length)).toBe(true);
      }),
    );
  });

  it("DHCP", () => {
    const addresses = fc.array(
      i32.filter((value) => value !== 0),
      { maxLength: 3 },
    );
    const time = fc.integer({ min: -1, max: 0xffffffff });
    fc.assert(
      fc.property(offset, i32, u16, i32, addresses, addresses, time, (at, xid, seconds, your, routers, dns, lease) => {
        const message = createDhcpMessage();
        Object.assign(message, { op: 2, type: 5, transaction: xid, seconds, yourAddress: your, routers, dns });
        Object.assign(message, {
          leaseTime: lease,
          mask: -256,
          server: 9,
          broadcast: true,
          mac: new Uint8Array(6).fill(3),
        });
        const buffer = dirty();
        const length = emitDhcp(buffer, at, message);
        expect(parseDhcp(buffer, at, length)).toEqual(message);
        expect(untouched(buffer, at, length)).toBe(true);
      }),
    );
  });

  it("IPv4 addresses as text", () => {
    fc.assert(
      fc.property(i32, (address) => {
        expect(parseAddress(formatAddress(address))).toBe(address);
      }),
    );
    for (let prefix = 0; prefix <= 32; prefix++) expect(maskPrefix(prefixMask(prefix))).toBe(prefix);
    expect(parseCidr("10.0.0.2/24")).toEqual({ address: 0x0a000002, prefix: 24 });
    for (const text of [
      "",
      "1.2.3",
      "1.2.3.4.5",
      "256.1.1.1",
      "01.2.3.4",
      "1.2.3.4 ",
      "a.b.c.d",
      "1..2.3",
      "-1.2.3.4",
    ]) {
      expect(parseAddress(text), text).toBeUndefined();
    }
    for (const text of ["10.0.0.1", "10.0.0.1/33", "10.0.0.1/", "/24", "10.0.0.1/24/1", "10.0.0.1/024"]) {
      expect(parseCidr(text), text).toBeUndefined();
    }
    expect(maskPrefix(0xff00ff00 | 0)).toBeUndefined();
  });
});

describe("parsers of arbitrary bytes", () => {
  it("neither throw nor read lengths that are not there", () => {
    const bytes = fc.uint8Array({ maxLength: 400 });
    fc.assert(
      fc.property(bytes, offset, (data, at) => {
        const length = Math.max(0, data.length - at);
        parseEthernet(data, at, length, createEthernetFields());
        parseArp(data, at, length, createArpFields());
        parseIcmpv4(data, at, length, createIcmpv4Fields());
        parseDhcp(data, at, length);
        const ip = createIpv4Fields();
        if (parseIpv4(data, at, length, ip)) {
          expect(ip.totalLength).toBeLessThanOrEqual(length);
          expect(ip.headerLength).toBeLessThanOrEqual(ip.totalLength);
        }
        const udp = createUdpFields();
        if (parseUdp(data, at, length, udp)) expect(udp.length).toBeLessThanOrEqual(length);
        const tcp = createTcpSegment();
        if (parseTcp(data, at, length, tcp)) {
          expect(tcp.dataAt + tcp.dataLength).toBe(at + length);
          expect(tcp.dataLength).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("TCP options with absurd lengths end the list", () => {
    const at = 20;
    for (const options of [
      [2, 0],
      [2, 1],
      [3, 40],
      [1, 1, 1, 1, 1, 2, 4, 5],
      [1, 1, 1, 1, 1, 1, 1, 2],
      [0, 2, 4, 5, 180],
      [8, 10, 1],
    ]) {
      const bytes = new Uint8Array(at + 8);
      bytes.set(options, at);
      bytes[12] = 7 << 4;
      bytes[13] = SYN;
      const segment = createTcpSegment();
      expect(parseTcp(bytes, 0, 28, segment)).toBe(true);
      expect(segment.mss, options.join()).toBe(0);
    }
  });
});
