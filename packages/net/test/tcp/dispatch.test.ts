import { describe, expect, it } from "vitest";
import { closeSend, writableLength, writeBytes } from "../../src/tcp/calls.ts";
import { FIN_WAIT_2 } from "../../src/tcp/state.ts";
import { ACK } from "../../src/wire/tcp.ts";
import { established, type Machine, MSS } from "./machine.ts";

function queue(machine: Machine, length: number) {
  const data = Uint8Array.from({ length }, (_, index) => index);
  expect(writeBytes(machine.c, data, 0, length)).toBe(length);
}

function write(machine: Machine, length: number) {
  queue(machine, length);
  return machine.flush();
}

describe("sending", () => {
  it("cuts the stream into segments of the MSS; PSH is on the last", () => {
    const sent = write(established(), 4000);
    expect(sent.map(({ seq, length, flags }) => [seq, length, flags])).toEqual([
      [1, MSS, "ACK"],
      [1 + MSS, MSS, "ACK"],
      [1 + 2 * MSS, 1080, "PSH,ACK"],
    ]);
  });
  it("starts with ten segments (RFC 6928) and doubles in slow start", () => {
    const machine = established();
    expect(write(machine, 60_000).length).toBe(10);
    let more = 0;
    for (let segment = 2; segment <= 10; segment += 2) more += machine.receive(ACK, 1, 1 + segment * MSS).length;
    expect(more).toBe(20);
  });
  it("does not exceed the peer's window, and goes on when it opens", () => {
    const machine = established();
    machine.receive(ACK, 1, 1, { window: 2000 });
    expect(write(machine, 5000).map(({ length }) => length)).toEqual([MSS]);
    expect(machine.receive(ACK, 1, 1 + MSS, { window: 4000 }).map(({ length }) => length)).toEqual([MSS, MSS, 620]);
  });
  it("takes no more than the send buffer holds", () => {
    const machine = established();
    expect(writableLength(machine.c)).toBe(65_536);
    queue(machine, 65_536);
    expect(writableLength(machine.c)).toBe(0);
  });
  it("Nagle holds a small segment back while something is on its way, when asked to", () => {
    const machine = established();
    machine.c.noDelay = false;
    expect(write(machine, 10).length).toBe(1);
    expect(write(machine, 10).length).toBe(0);
    expect(machine.receive(ACK, 1, 11).length).toBe(1);
  });
  it("a device that is full loses nothing", () => {
    const machine = established();
    machine.full = true;
    expect(write(machine, 3000)).toEqual([]);
    machine.full = false;
    expect(machine.flush().length).toBe(3);
  });
  it("an idle connection restarts with the initial window", () => {
    const machine = established();
    write(machine, 30_000);
    for (let segment = 2; segment <= 20; segment += 2) machine.receive(ACK, 1, 1 + segment * MSS);
    machine.receive(ACK, 1, 30_001);
    expect(machine.c.cwnd).toBeGreaterThan(15 * MSS);
    machine.pass(10_000);
    expect(write(machine, 60_000).length).toBe(10);
  });
});

describe("retransmission", () => {
  it("a lost segment is sent again after the RTO, which doubles", () => {
    const machine = established();
    machine.now = 10;
    write(machine, 100);
    const times: number[] = [];
    for (let step = 0; step < 700; step++) if (machine.pass(10).length > 0) times.push(machine.now);
    expect(times.length).toBeGreaterThanOrEqual(3);
    const [first, second, third] = times as [number, number, number];
    expect(second - first).toBeCloseTo((first - 10) * 2, -2);
    expect(third - second).toBeCloseTo((second - first) * 2, -2);
  });
  it("a peer that is gone is given up after minutes, not before 100 s", () => {
    const machine = established();
    write(machine, 100);
    machine.pass(100_000);
    expect(machine.state).toBe("ESTABLISHED");
    machine.pass(1_200_000);
    expect(machine.c.error).toBe("ETIMEDOUT");
  });
  it("three duplicate ACKs send the first segment again at once", () => {
    const machine = established();
    write(machine, 10 * MSS);
    expect(machine.receive(ACK, 1, 1)).toEqual([]);
    expect(machine.receive(ACK, 1, 1)).toEqual([]);
    const sent = machine.receive(ACK, 1, 1);
    expect(sent[0]).toMatchObject({ seq: 1, length: MSS });
    expect(machine.c.recovering).toBe(true);
    expect(machine.c.ssthresh).toBe(5 * MSS);
  });
  it("the first two duplicate ACKs send a new segment each, beyond the congestion window (RFC 3042)", () => {
    const machine = established();
    write(machine, 20 * MSS);
    expect(machine.c.sndNxt - machine.c.sndUna).toBe(10 * MSS);
    expect(machine.receive(ACK, 1, 1)).toMatchObject([{ seq: 1 + 10 * MSS, length: MSS }]);
    expect(machine.receive(ACK, 1, 1)).toMatchObject([{ seq: 1 + 11 * MSS, length: MSS }]);
    expect(machine.c.cwnd).toBe(10 * MSS);
    expect(machine.receive(ACK, 1, 1)[0]).toMatchObject({ seq: 1, length: MSS });
  });
  it("a partial ACK in recovery sends the next hole (RFC 6582)", () => {
    const machine = established();
    write(machine, 10 * MSS);
    for (let count = 0; count < 3; count++) machine.receive(ACK, 1, 1);
    const sent = machine.receive(ACK, 1, 1 + 4 * MSS);
    expect(sent[0]).toMatchObject({ seq: 1 + 4 * MSS, length: MSS });
    machine.receive(ACK, 1, 1 + 10 * MSS);
    expect(machine.c.recovering).toBe(false);
    expect(machine.c.cwnd).toBeLessThanOrEqual(5 * MSS);
  });
  it("window updates are no duplicate ACKs", () => {
    const machine = established();
    write(machine, 10 * MSS);
    for (let count = 0; count < 5; count++) machine.receive(ACK, 1, 1, { window: 60_000 - count });
    expect(machine.c.recovering).toBe(false);
  });
  it("after a timeout the window is one segment, and all that is not acknowledged goes again", () => {
    const machine = established();
    write(machine, 10 * MSS);
    expect(machine.pass(machine.c.rto).map(({ seq }) => seq)).toEqual([1]);
    expect(machine.c.cwnd).toBe(MSS);
    expect(machine.receive(ACK, 1, 1 + MSS).map(({ seq }) => seq)).toEqual([1 + MSS, 1 + 2 * MSS]);
  });
  it("Karn: a segment that was sent twice is not measured", () => {
    const machine = established();
    const before = machine.c.srtt;
    write(machine, 100);
    machine.pass(machine.c.rto);
    const rto = machine.c.rto;
    machine.receive(ACK, 1, 101);
    expect(machine.c.srtt).toBe(before);
    expect(machine.c.rto).toBe(rto);
  });
  it("a FIN that was lost is sent again, with its data", () => {
    const machine = established();
    queue(machine, 10);
    closeSend(machine.c);
    machine.flush();
    expect(machine.pass(machine.c.rto)).toEqual([{ flags: "FIN,PSH,ACK", seq: 1, ack: 1, length: 10 }]);
  });
});

describe("user timeout", () => {
  it("fails a connection whose data stays unacknowledged for so long, and no sooner", () => {
    const machine = established();
    machine.c.userTimeout = 5000;
    machine.pass(100_000);
    write(machine, 100);
    machine.pass(5000);
    expect(machine.state).toBe("ESTABLISHED");
    machine.pass(2000);
    expect(machine.c.error).toBe("ETIMEDOUT");
  });
  it("progress starts it anew", () => {
    const machine = established();
    machine.c.userTimeout = 5000;
    for (let round = 1; round <= 4; round++) {
      write(machine, 100);
      machine.pass(3000);
      machine.receive(ACK, 1, 1 + 100 * round);
    }
    expect(machine.state).toBe("ESTABLISHED");
  });
});

describe("zero window", () => {
  function closed() {
    const machine = established();
    machine.receive(ACK, 1, 1, { window: 0 });
    expect(write(machine, 3000)).toEqual([]);
    return machine;
  }
  it("is probed with one byte, ever more rarely, for an hour and longer", () => {
    const machine = closed();
    let probes = 0;
    for (let second = 0; second < 3600; second++) {
      for (const probe of machine.pass(1000)) {
        expect(probe.length).toBe(1);
        probes++;
        machine.receive(ACK, 1, 1, { window: 0 });
      }
    }
    expect(machine.state).toBe("ESTABLISHED");
    expect(probes).toBeGreaterThan(50);
    expect(probes).toBeLessThan(100);
  });
  it("goes on at once when it opens, and the RTO is short again", () => {
    const machine = closed();
    machine.pass(100_000);
    const sent = machine.receive(ACK, 1, 1, { window: 65_535 });
    const bytes = sent.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeGreaterThanOrEqual(2999);
    expect(machine.c.rto).toBeLessThanOrEqual(1000);
  });
  it("a probed byte that was taken is not sent again", () => {
    const machine = closed();
    machine.pass(2000);
    const sent = machine.receive(ACK, 1, 2, { window: 65_535 });
    expect(sent[0]).toMatchObject({ seq: 2 });
  });
  it("a peer that does not even answer probes is given up", () => {
    const machine = closed();
    machine.pass(3_600_000);
    expect(machine.c.error).toBe("ETIMEDOUT");
  });
  it("a peer to which no probe can leave is given up, too", () => {
    const machine = closed();
    machine.full = true;
    machine.pass(3_600_000);
    expect(machine.c.error).toBe("ETIMEDOUT");
  });
  it("with a user timeout a peer that goes after a long time is given up soon, whether probes leave or not", () => {
    for (const full of [false, true]) {
      const machine = closed();
      machine.c.userTimeout = 2000;
      // Each probe is taken, and the window closes again behind it.
      for (let second = 0, taken = 1; second < 600; second++) {
        for (const { seq, length } of machine.pass(1000)) {
          taken = seq + length;
          machine.receive(ACK, 1, taken, { window: 0 });
        }
      }
      expect(machine.state).toBe("ESTABLISHED");
      machine.full = full;
      machine.pass(10_000);
      expect(machine.c.error).toBe("ETIMEDOUT");
    }
  });
});

describe("keep-alive", () => {
  it("probes a silent peer, and gives it up after nine probes", () => {
    const machine = established();
    machine.c.keepAlive = 60_000;
    machine.receive(ACK, 1, 1, { length: 1 });
    machine.c.rtoAt = machine.now + 60_000;
    const probes = machine.pass(60_100).filter(({ seq }) => seq === 0);
    expect(probes.length).toBe(1);
    machine.pass(900_000);
    expect(machine.c.error).toBe("ETIMEDOUT");
  });
  it("goes on behind our FIN: a peer that is gone in FIN-WAIT-2 is given up, too", () => {
    const machine = established();
    machine.c.keepAlive = 60_000;
    closeSend(machine.c);
    machine.flush();
    machine.receive(ACK, 1, 2);
    expect(machine.c.state).toBe(FIN_WAIT_2);
    machine.pass(1_000_000);
    expect(machine.c.error).toBe("ETIMEDOUT");
  });
});
