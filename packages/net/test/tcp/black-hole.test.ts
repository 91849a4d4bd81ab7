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
    it("is tried again with one large segment, ever more rarely", () => {
      const machine = established(ISS, IRS, 65_535, sack);
      write(machine, 20_000);
      let next = carry(machine, 60, 1300, 1);
      for (let round = 0; round < 12; round++) {
        write(machine, 20_000);
        const before = next;
        next = carry(machine, 10, 1300, next);
        expect(next).toBe(before + 20_000);
      }
      expect(machine.c.mss).toBe(1220);
      expect(machine.c.narrow?.wait).toBeGreaterThanOrEqual(40_000);
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
  });
}
