import { describe, expect, it } from "vitest";
import { ACK, createTcpSegment, emitTcp, parseTcp, SYN, tcpHeaderLength } from "../../src/wire/tcp.ts";
import { emitTcpOptions, parseTcpOptions, tcpOptionsLength } from "../../src/wire/tcp-options.ts";

function parse(bytes: number[]) {
  const options = createTcpSegment();
  parseTcpOptions(Uint8Array.from(bytes), 0, bytes.length, options);
  return options;
}

describe("TCP options", () => {
  it("are read wherever they begin, on a word or not, in any order", () => {
    const timestamps = [8, 10, 0x80, 0, 0, 1, 0, 0, 1, 0];
    for (let padding = 0; padding < 4; padding++) {
      const nops = Array.from({ length: padding }, () => 1);
      const options = parse([...nops, 3, 3, 7, ...nops, ...timestamps, 4, 2, ...nops, 2, 4, 5, 180]);
      expect(options).toMatchObject({ mss: 1460, windowScale: 7, sackPermitted: true, timestamps: true });
      expect(options).toMatchObject({ tsVal: -0x7fffffff, tsEcr: 256 });
    }
  });
  it("that nobody knows are skipped by their length", () => {
    expect(parse([253, 6, 1, 2, 3, 4, 30, 2, 2, 4, 5, 180])).toMatchObject({ mss: 1460 });
  });
  it("end at the end of the list, or where a length makes no sense", () => {
    expect(parse([0, 2, 4, 5, 180]).mss).toBe(0);
    expect(parse([9, 0, 2, 4, 5, 180]).mss).toBe(0);
    expect(parse([9, 1, 2, 4, 5, 180]).mss).toBe(0);
    expect(parse([9, 40, 2, 4, 5, 180]).mss).toBe(0);
    expect(parse([8, 9, 0, 0, 0, 0, 0, 0, 0]).timestamps).toBe(false);
  });
  it("are left from no segment before: each begins anew", () => {
    const segment = createTcpSegment();
    const options = { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: true, tsVal: -5, tsEcr: 6 };
    Object.assign(segment, options, { flags: SYN });
    const buffer = new Uint8Array(64).fill(0xa5);
    emitTcp(buffer, 0, segment);
    const length = tcpHeaderLength(segment);
    const parsed = createTcpSegment();
    expect(parseTcp(buffer, 0, length, parsed)).toBe(true);
    expect(parsed).toMatchObject(options);
    Object.assign(segment, { flags: ACK });
    emitTcp(buffer, 0, segment);
    expect(parseTcp(buffer, 0, 20, parsed)).toBe(true);
    expect(parsed.timestamps).toBe(false);
    expect(parsed.sackCount).toBe(0);
  });
  it("fill whole words, and have no byte beside them", () => {
    const buffer = new Uint8Array(64).fill(0xa5);
    const options = { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: true, tsVal: 1, tsEcr: 2 };
    emitTcpOptions(buffer, 4, options);
    const length = tcpOptionsLength(options);
    expect(length % 4).toBe(0);
    expect([...buffer.subarray(0, 4), ...buffer.subarray(4 + length)].every((byte) => byte === 0xa5)).toBe(true);
    expect(parse([...buffer.subarray(4, 4 + length)])).toMatchObject(options);
  });
  it("a window scale above 14 is taken for 14 (RFC 7323 2.3)", () => {
    expect(parse([3, 3, 200]).windowScale).toBe(14);
  });
});
