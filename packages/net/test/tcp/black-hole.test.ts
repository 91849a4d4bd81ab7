import { describe, expect, it } from "vitest";
import { writeBytes } from "../../src/tcp/calls.ts";
import { onSmallerPath } from "../../src/tcp/recovery.ts";
import { ACK } from "../../src/wire/tcp.ts";
import { established, IRS, ISS, type Machine, MSS } from "./machine.ts";

function write(machine: Machine, length: number) {
  writeBytes(machine.c, new Uint8Array(length).fill(7), 0, length);
}

/** Lets `seconds` pass on a path that carries segments of `most` bytes; the peer acknowledges what is next in order. */
function carry(machine: Machine, seconds: number, most: number, from: number): number {
  let next = from;
  const end = machine.now + seconds * 1000;
  let sent = machine.flush();
  while (machine.now < end) {
    const arrived = sent.filter(({ length }) => length > 0 && length <= most);
    sent = [];
    machine.now += 10;
    for (const { seq, length } of arrived) {
      if (seq <= next && seq + length > next) next = seq + length;
      sent.push(...machine.receive(ACK, 1, next));
    }
    if (sent.length === 0) sent = machine.pass(100);
  }
  return next;
}

for (const sack of [false, true]) {
  describe(`a path that swallows large segments without a word, ${sack ? "with" : "without"} SACK`, () => {
    it("gets smaller ones after three timeouts in a row, and the transfer goes on (RFC 4821 7.7)", () => {
      const machine = established(ISS, IRS, 65_535, sack);
      write(machine, 20_000);
      expect(carry(machine, 60, 1300, 1)).toBe(20_001);
      expect(machine.c.mss).toBe(1220);
      expect(machine.c.env.counters.blackHoles).toBe(1);
    });
    it("is searched for the largest segment that gets through, and then left alone for ten minutes (RFC 4821 7.3)", () => {
      const machine = established(ISS, IRS, 65_535, sack);
      write(machine, 20_000);
      let next = carry(machine, 60, 1300, 1);
      const sizes: number[] = [];
      for (let round = 0; round < 60; round++) {
        write(machine, 20_000);
        const before = next;
        next = carry(machine, 10, 1300, next);
        expect(next).toBe(before + 20_000);
        sizes.push(machine.c.mss);
      }
      expect(machine.c.mss).toBeGreaterThan(1300 - 16);
      expect(machine.c.mss).toBeLessThanOrEqual(1300);
      expect(sizes).toEqual(sizes.toSorted((one, other) => one - other));
      expect(sizes[12]).toBe(machine.c.mss);
      expect(machine.c.env.counters.blackHoles).toBe(1);
    });
    it("that takes larger ones at last gets them with the next search", () => {
      const machine = established(ISS, IRS, 65_535, sack);
      write(machine, 20_000);
      let next = carry(machine, 60, 1300, 1);
      for (let round = 0; round < 20; round++) {
        write(machine, 20_000);
        next = carry(machine, 10, 1300, next);
      }
      expect(machine.c.narrow).toBeDefined();
      for (let round = 0; round < 70; round++) {
        write(machine, 20_000);
        next = carry(machine, 10, 9000, next);
      }
      expect(machine.c.mss).toBe(MSS);
      expect(machine.c.narrow).toBeUndefined();
    });
    it("gets large ones again once it takes them", () => {
      const machine = established(ISS, IRS, 65_535, sack);
      write(machine, 20_000);
      let next = carry(machine, 60, 1300, 1);
      for (let round = 0; round < 10; round++) {
        write(machine, 20_000);
        next = carry(machine, 30, 9000, next);
      }
      expect(machine.c.mss).toBe(MSS);
      expect(machine.c.narrow).toBeUndefined();
    });
  });

  describe(`a router that says how large segments may be, ${sack ? "with" : "without"} SACK`, () => {
    it("what is on its way goes again at once, in smaller pieces, and the threshold stays (RFC 1191 6.4)", () => {
      const machine = established(ISS, IRS, 65_535, sack);
      write(machine, 10 * MSS);
      machine.flush();
      onSmallerPath(machine.c, 1000);
      const sent = machine.flush();
      expect(sent.length).toBeGreaterThanOrEqual(10);
      expect(sent[0]).toMatchObject({ seq: 1, length: 1000 });
      expect(sent.every(({ length }) => length <= 1000)).toBe(true);
      expect(machine.c.ssthresh).toBe(0x7fffffff);
      expect(machine.c.env.counters.timeouts).toBe(0);
      expect(carry(machine, 30, 1000, 1)).toBe(10 * MSS + 1);
    });
    it("is tried with larger ones after ten minutes, as nobody says when a path has become wider", () => {
      const machine = established(ISS, IRS, 65_535, sack);
      write(machine, 10 * MSS);
      machine.flush();
      onSmallerPath(machine.c, 1000);
      let next = carry(machine, 590, 9000, 1);
      write(machine, 20_000);
      next = carry(machine, 5, 9000, next);
      expect(machine.c.mss).toBe(1000);
      next = carry(machine, 10, 9000, next);
      write(machine, 20_000);
      next = carry(machine, 10, 9000, next);
      expect(machine.c.mss).toBe(MSS);
      expect(machine.c.narrow).toBeUndefined();
    });
  });
}

describe("a larger segment that is tried in vain", () => {
  it("is sent again in pieces at once, and takes nothing of the window: its size was to blame (RFC 4821 7.5)", () => {
    const machine = established(ISS, IRS, 65_535, true);
    onSmallerPath(machine.c, 1000);
    machine.now += 700_000;
    write(machine, 10_000);
    const [probe, ...others] = machine.flush();
    expect(probe).toMatchObject({ seq: 1, length: MSS });
    expect(others.every(({ length }) => length <= 1000)).toBe(true);
    const { cwnd } = machine.c;
    machine.now += 100;
    const again = machine.receive(ACK, 1, 1, { sack: [[MSS + 1, MSS + 4001]] });
    expect(again.slice(0, 2)).toMatchObject([
      { seq: 1, length: 1000 },
      { seq: 1001, length: MSS - 1000 },
    ]);
    expect(machine.c.ssthresh).toBe(0x7fffffff);
    expect(machine.c.cwnd).toBeGreaterThanOrEqual(cwnd);
    expect(machine.c.env.counters.fastRetransmitted).toBe(0);
  });
});
