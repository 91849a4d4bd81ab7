import { describe, expect, it } from "vitest";
import { readBytes } from "../../src/tcp/calls.ts";
import { avoid, noteRate, reduceThreshold } from "../../src/tcp/congestion.ts";
import { grow } from "../../src/tcp/new-reno.ts";
import { ACK } from "../../src/wire/tcp.ts";
import { established, type Machine, MSS } from "./machine.ts";

describe("congestion control", () => {
  it("newReno halves at a loss, and grows by a segment a window", () => {
    const { c } = established();
    reduceThreshold(c, 100 * MSS);
    expect(c.ssthresh).toBe(50 * MSS);
    c.cwnd = 50 * MSS;
    for (let segment = 0; segment < 50; segment++) avoid(c, MSS, 0);
    expect(c.cwnd).toBe(51 * MSS);
  });
  it("slow start grows by what an ACK acknowledges, eight segments at most, and by two while something is sent again", () => {
    const { c } = established();
    const growth = (acked: number) => {
      const before = c.cwnd;
      grow(c, acked, c.cwnd, 0);
      return c.cwnd - before;
    };
    expect(growth(MSS)).toBe(MSS);
    expect(growth(5 * MSS)).toBe(5 * MSS);
    expect(growth(20 * MSS)).toBe(8 * MSS);
    // After a timeout sndNxt goes back.
    c.sndMax = (c.sndNxt + 30 * MSS) | 0;
    expect(growth(20 * MSS)).toBe(2 * MSS);
  });
  it("cubic goes down to seven tenths, and is back after K seconds (RFC 9438 4.2)", () => {
    const { c } = established();
    c.congestion = "cubic";
    c.srtt = 100;
    reduceThreshold(c, 1000 * MSS);
    expect(c.ssthresh / MSS).toBeCloseTo(700, 0);
    c.cwnd = c.ssthresh;
    const seconds = Math.cbrt((1000 * 0.3) / 0.4);
    let now = 0;
    for (; now < seconds * 1000; now += 100) {
      const window = Math.floor(c.cwnd / MSS);
      for (let segment = 0; segment < window; segment++) avoid(c, MSS, now);
    }
    expect(c.cwnd / MSS).toBeGreaterThan(960);
    expect(c.cwnd / MSS).toBeLessThan(1010);
  });
  it("cubic gives way when its peak has become smaller (RFC 9438 4.7)", () => {
    const { c } = established();
    c.congestion = "cubic";
    reduceThreshold(c, 1000 * MSS);
    reduceThreshold(c, 800 * MSS);
    expect(c.cubic?.wMax).toBeCloseTo(800 * 0.85, 5);
  });
  it("westwood goes down to what a round trip without queue delivers, and never below a half", () => {
    const { c } = established();
    c.congestion = "westwood";
    c.minRtt = 100;
    noteRate(c, 80 * MSS, 200);
    reduceThreshold(c, 60 * MSS);
    expect(c.ssthresh).toBe(40 * MSS);
    reduceThreshold(c, 100 * MSS);
    expect(c.ssthresh).toBe(50 * MSS);
  });
  it("westwood is not misled by an ACK that came within the poll that sent the data", () => {
    const { c } = established();
    c.congestion = "westwood";
    noteRate(c, 80 * MSS, 100);
    noteRate(c, MSS, 0);
    expect(c.minRtt).toBe(100);
    reduceThreshold(c, 90 * MSS);
    expect(c.ssthresh).toBe(80 * MSS);
  });
  it("westwood hardly counts one round trip whose ACKs came in a bunch", () => {
    const { c } = established();
    c.congestion = "westwood";
    c.minRtt = 100;
    for (let round = 0; round < 20; round++) noteRate(c, 10 * MSS, 100);
    noteRate(c, 80 * MSS, 100);
    reduceThreshold(c, 60 * MSS);
    expect(c.ssthresh).toBe(30 * MSS);
  });
  it("westwood forgets a rate after some twenty round trips", () => {
    const { c } = established();
    c.congestion = "westwood";
    c.minRtt = 100;
    noteRate(c, 80 * MSS, 100);
    for (let round = 0; round < 40; round++) noteRate(c, 10 * MSS, 100);
    reduceThreshold(c, 60 * MSS);
    expect(c.ssthresh).toBe(30 * MSS);
  });
});

describe("the receive window", () => {
  /** Takes and reads `windows` windows of data, one each `milliseconds`. */
  function take(machine: Machine, windows: number, milliseconds: number) {
    const into = new Uint8Array(MSS);
    let at = (machine.c.rcvNxt - machine.irs) | 0;
    for (let window = 0; window < windows; window++) {
      const end = at + machine.c.rcvOffer;
      machine.now += milliseconds;
      for (; at < end; at += MSS) {
        machine.receive(ACK, at, 1, { length: MSS });
        readBytes(machine.c, into, 0, MSS);
        machine.flush();
      }
    }
  }
  function growing(): Machine {
    const machine = established();
    machine.c.srtt = 100;
    machine.c.rcvLimitMax = 1 << 20;
    return machine;
  }
  it("doubles while the sender fills it in each round trip, up to its limit", () => {
    const machine = growing();
    take(machine, 12, 100);
    expect(machine.c.rcvLimit).toBe(1 << 20);
  });
  it("stays as it is while the sender is slower", () => {
    const machine = growing();
    take(machine, 6, 300);
    expect(machine.c.rcvLimit).toBe(65_535);
  });
  it("does not grow into the last half of the memory", () => {
    const machine = growing();
    machine.c.env.pool.acquire(9 << 20);
    take(machine, 6, 100);
    expect(machine.c.rcvLimit).toBe(65_535);
  });
  it("shrinks on a short path whose queues are long, and grows back to what it was when they are gone", () => {
    const machine = growing();
    machine.c.srtt = 0.2;
    take(machine, 8, 20);
    expect(machine.c.rcvOffer).toBe(32 * 1024);
    take(machine, 8, 0.5);
    expect(machine.c.rcvOffer).toBe(65_535);
    expect(machine.c.rcvLimit).toBe(65_535);
  });
  it("does not shrink where the device joins segments: its queue is long in bytes, and small windows leave little to join", () => {
    const machine = growing();
    machine.c.srtt = 0.2;
    machine.large = 65_000;
    take(machine, 8, 20);
    expect(machine.c.rcvOffer).toBe(65_535);
  });
  it("takes what a larger window had allowed before it shrank", () => {
    const machine = growing();
    machine.c.srtt = 0.2;
    take(machine, 3, 20);
    const { rcvOffer, rcvAdv, rcvNxt } = machine.c;
    expect(rcvOffer).toBeLessThan(65_535);
    for (let left = (rcvAdv - rcvNxt) | 0; left >= MSS; left -= MSS) {
      machine.receive(ACK, (machine.c.rcvNxt - machine.irs) | 0, 1, { length: MSS });
    }
    expect((rcvAdv - machine.c.rcvNxt) | 0).toBeLessThan(MSS);
  });
});
