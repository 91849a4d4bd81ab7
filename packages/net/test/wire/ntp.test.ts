import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emitNtp, emitNtpRequest, HEADER_LENGTH, MODE_CLIENT, parseNtp } from "../../src/wire/ntp.ts";

const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
/** From 1970 to 2104, whole milliseconds. */
const time = fc.integer({ min: 0, max: 4_228_000_000_000 });

describe("NTP", () => {
  it("headers come back as they were written, to a microsecond, in both eras", () => {
    const fields = fc.record({
      leap: fc.integer({ min: 0, max: 3 }),
      version: fc.integer({ min: 0, max: 7 }),
      mode: fc.integer({ min: 0, max: 7 }),
      stratum: fc.integer({ min: 0, max: 255 }),
      rootDelay: fc.constant(0),
      rootDispersion: fc.constant(125),
      reference: i32,
      originHigh: i32,
      originLow: i32,
      receive: time,
      transmit: time,
    });
    fc.assert(
      fc.property(fields, fc.integer({ min: 0, max: 7 }), (value, at) => {
        const into = new Uint8Array(64).fill(0xa5);
        const length = emitNtp(into, at, value);
        const { receive, transmit, ...rest } = parseNtp(into, at, length)!;
        expect({
          ...rest,
          receive: Math.round(receive * 1000) / 1000,
          transmit: Math.round(transmit * 1000) / 1000,
        }).toEqual(value);
        expect(into[at + HEADER_LENGTH]).toBe(0xa5);
      }),
    );
  });
  it("knows the first second of 2036's era, and that zero is no time", () => {
    const bytes = new Uint8Array(HEADER_LENGTH);
    bytes[43] = 1;
    expect(parseNtp(bytes, 0, HEADER_LENGTH)!.transmit).toBe(Date.UTC(2036, 1, 7, 6, 28, 17));
    expect(parseNtp(bytes, 0, HEADER_LENGTH)!.receive).toBeNaN();
    bytes.set([0x83, 0xaa, 0x7e, 0x80], 40);
    expect(parseNtp(bytes, 0, HEADER_LENGTH)!.transmit).toBe(0);
  });
  it("requests say nothing but version, mode and the timestamp", () => {
    const into = new Uint8Array(HEADER_LENGTH).fill(0xa5);
    emitNtpRequest(into, 0, 0x01020304, 0x05060708);
    expect(into[0]).toBe((4 << 3) | MODE_CLIENT);
    expect([...into.subarray(40)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(into.subarray(1, 40).every((byte) => byte === 0)).toBe(true);
  });
  it("never throws for what is short", () => {
    for (let length = 0; length < HEADER_LENGTH; length++)
      expect(parseNtp(new Uint8Array(length), 0, length)).toBeUndefined();
  });
});
