import { byteHelpers, pattern, seededRng } from "@soloist/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FragmentOutcome,
  MAX_BYTES,
  MAX_DATAGRAMS,
  MAX_FRAGMENTS,
  REASSEMBLY_TIMEOUT,
  Reassembly,
} from "../../src/ipv4/reassembly.ts";
import { createIpv4Fields, emitIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";

interface Piece {
  readonly start: number;
  readonly data: Uint8Array;
  readonly more: boolean;
}

function feed(machine: Reassembly, piece: Piece, now = 0, identification = 7, source = 1): FragmentOutcome {
  const bytes = new Uint8Array(24 + piece.data.length).fill(0xa5);
  // With four bytes of options: they are skipped.
  emitIpv4(bytes, 0, {
    headerLength: 20,
    totalLength: bytes.length,
    identification,
    fragment: (piece.start >> 3) | (piece.more ? 0x2000 : 0),
    ttl: 9,
    protocol: 17,
    source,
    destination: 2,
  });
  bytes[0] = 0x46;
  bytes.set(piece.data, 24);
  const ip = createIpv4Fields();
  expect(parseIpv4(bytes, 0, bytes.length, ip)).toBe(true);
  return machine.process(bytes, 0, ip, now);
}

/** Cuts `data` behind the given multiples of 8. */
function cut(data: Uint8Array, ...at: number[]): Piece[] {
  const ends = [...at, data.length];
  return ends.map((end, index) => {
    const start = index === 0 ? 0 : ends[index - 1]!;
    return { start, data: data.subarray(start, end), more: end !== data.length };
  });
}

function payload(machine: Reassembly): Uint8Array {
  const { bytes, length } = machine.complete;
  expect(byteHelpers.checksum(bytes, 0, 20, 0)).toBe(0xffff);
  const ip = createIpv4Fields();
  expect(parseIpv4(bytes, 0, 20 + length, ip)).toBe(true);
  expect(ip).toMatchObject({ fragment: 0, headerLength: 20, totalLength: 20 + length, source: 1, destination: 2 });
  return bytes.slice(20, 20 + length);
}

const DATA = pattern(41);
const THREE = cut(DATA, 16, 32);

describe("reassembly", () => {
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    it(`puts three fragments together that come as ${order.map((index) => index + 1).join(", ")}`, () => {
      const machine = new Reassembly(byteHelpers);
      const outcomes = order.map((index) => feed(machine, THREE[index]!));
      expect(outcomes).toEqual(["kept", "kept", "complete"]);
      expect(payload(machine)).toEqual(DATA);
      expect([machine.size, machine.held, machine.pollAt()]).toEqual([0, 0, Number.POSITIVE_INFINITY]);
    });
  }
  it("any cut, any order, any duplicates: the same bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 9000 }), fc.integer(), fc.integer({ min: 1, max: 20 }), (size, seed, n) => {
        const rng = seededRng(seed);
        const data = pattern(size);
        const at = new Set<number>();
        for (let index = 0; index < n; index++) at.add(8 * (1 + (rng.uint32() % Math.floor((size - 1) / 8))));
        const pieces = cut(data, ...[...at].sort((a, b) => a - b));
        const arrivals = [...pieces, ...pieces.slice(1)];
        for (let index = arrivals.length - 1; index > 0; index--) {
          const other = rng.uint32() % (index + 1);
          [arrivals[index], arrivals[other]] = [arrivals[other]!, arrivals[index]!];
        }
        const machine = new Reassembly(byteHelpers);
        for (const piece of arrivals) {
          const outcome = feed(machine, piece);
          if (outcome === "complete") {
            expect(payload(machine)).toEqual(data);
            return;
          }
          expect(["kept", "duplicate"]).toContain(outcome);
        }
        expect.unreachable();
      }),
      { numRuns: 150 },
    );
  });
  it("datagrams of others, or with another identification, are not mixed", () => {
    const machine = new Reassembly(byteHelpers);
    feed(machine, THREE[0]!, 0, 7);
    feed(machine, THREE[1]!, 0, 8);
    expect(feed(machine, THREE[2]!, 0, 7)).toBe("kept");
    expect(feed(machine, THREE[1]!, 0, 7, 3)).toBe("kept");
    expect(feed(machine, THREE[1]!, 0, 7)).toBe("complete");
    expect(machine.size).toBe(2);
  });
  it("refuses a datagram with an overlap, and all that comes of it later", () => {
    const overlaps: Piece[] = [
      { start: 8, data: pattern(16), more: true },
      { start: 0, data: pattern(48), more: true },
      { start: 24, data: pattern(16), more: true },
      { start: 16, data: pattern(16).fill(1), more: true },
      { start: 16, data: pattern(8), more: true },
    ];
    for (const overlap of overlaps) {
      const machine = new Reassembly(byteHelpers);
      feed(machine, THREE[1]!);
      expect(feed(machine, overlap)).toBe("overlap");
      expect(machine.held).toBe(0);
      for (const piece of THREE) expect(feed(machine, piece)).toBe("refused");
      expect(machine.expire(REASSEMBLY_TIMEOUT)).toMatchObject({ length: 0 });
      expect(machine.size).toBe(0);
    }
  });
  it("refuses two ends that disagree", () => {
    const machine = new Reassembly(byteHelpers);
    feed(machine, THREE[2]!);
    expect(feed(machine, { start: 48, data: pattern(8), more: true })).toBe("overlap");
    const other = new Reassembly(byteHelpers);
    feed(other, { start: 48, data: pattern(8), more: true });
    expect(feed(other, THREE[2]!)).toBe("overlap");
    const third = new Reassembly(byteHelpers);
    feed(third, THREE[2]!);
    expect(feed(third, { start: 16, data: pattern(16), more: false })).toBe("overlap");
  });
  it("drops pieces that are empty, uneven, or end behind 65,535", () => {
    const machine = new Reassembly(byteHelpers);
    expect(feed(machine, { start: 8, data: new Uint8Array(0), more: false })).toBe("malformed");
    expect(feed(machine, { start: 0, data: new Uint8Array(9), more: true })).toBe("malformed");
    expect(feed(machine, { start: 65_528, data: new Uint8Array(8), more: false })).toBe("malformed");
    expect(machine.size).toBe(0);
  });
  it("takes the largest datagram there is", () => {
    const data = pattern(65_515);
    const machine = new Reassembly(byteHelpers);
    const outcomes = cut(data, ...Array.from({ length: 44 }, (_, index) => (index + 1) * 1480)).map((piece) =>
      feed(machine, piece),
    );
    expect(outcomes.at(-1)).toBe("complete");
    expect(payload(machine)).toEqual(data);
  });
  it("gives up after a minute, and quotes the first piece if that came", () => {
    const machine = new Reassembly(byteHelpers);
    feed(machine, THREE[0]!, 100);
    feed(machine, THREE[1]!, 200, 8);
    expect(machine.pollAt()).toBe(100 + REASSEMBLY_TIMEOUT);
    expect(machine.expire(99 + REASSEMBLY_TIMEOUT)).toBeUndefined();
    const lost = machine.expire(100 + REASSEMBLY_TIMEOUT)!;
    expect(lost.length).toBe(8);
    expect(lost.bytes.slice(20, 28)).toEqual(DATA.slice(0, 8));
    expect(machine.expire(200 + REASSEMBLY_TIMEOUT)!.length).toBe(0);
    expect(machine.held).toBe(0);
  });
  it("holds bounded memory whatever comes, and still serves who comes last", () => {
    const machine = new Reassembly(byteHelpers);
    const rng = seededRng(3);
    for (let index = 0; index < 20_000; index++) {
      const start = 8 * (rng.uint32() % 8000);
      feed(machine, { start, data: pattern(8), more: (index & 3) !== 0 }, 0, index, index);
      expect(machine.held).toBeLessThanOrEqual(MAX_BYTES);
      expect(machine.size).toBeLessThanOrEqual(MAX_DATAGRAMS);
    }
    expect(THREE.map((piece) => feed(machine, piece))).toEqual(["kept", "kept", "complete"]);
  });
  it("a datagram in too many pieces is refused", () => {
    const machine = new Reassembly(byteHelpers);
    for (let index = 0; index < MAX_FRAGMENTS; index++) {
      expect(feed(machine, { start: index * 8, data: pattern(8), more: true })).toBe("kept");
    }
    expect(feed(machine, { start: MAX_FRAGMENTS * 8, data: pattern(8), more: false })).toBe("overlap");
  });
});
