import { describe, expect, it } from "vitest";
import { writeBytes } from "../../src/tcp/calls.ts";
import { ACK } from "../../src/wire/tcp.ts";
import { IRS, ISS, type Machine, MSS, synReceived } from "./machine.ts";

/** A connection whose peer permits SACK, with a measured round trip of 100 ms. */
function permitted(): Machine {
  const machine = synReceived(ISS, IRS, 65_535, true);
  machine.now += 100;
  machine.receive(ACK, 1, 1);
  write(machine, 10);
  machine.now += 100;
  machine.receive(ACK, 1, 11);
  return machine;
}

function write(machine: Machine, length: number) {
  writeBytes(machine.c, new Uint8Array(length).fill(7), 0, length);
  return machine.flush();
}

/** Number of the first byte of segment `index` of those written after `permitted`. */
const at = (index: number) => 11 + index * MSS;
const block = (from: number, to: number): [number, number] => [at(from), at(to)];

describe("recovery with SACK", () => {
  it("three segments behind a hole: the hole is sent again at once, and only it", () => {
    const machine = permitted();
    write(machine, 10 * MSS);
    machine.now += 100;
    expect(machine.receive(ACK, 1, at(0), { sack: [block(1, 3)] })).toEqual([]);
    expect(machine.receive(ACK, 1, at(0), { sack: [block(1, 4)] })[0]).toMatchObject({ seq: at(0), length: MSS });
    expect(machine.c.env.counters.retransmitted).toBe(1);
    expect(machine.receive(ACK, 1, at(10))).toEqual([]);
    expect(machine.c.board).toBeUndefined();
    expect(machine.c.recovering).toBe(false);
  });
  it("one segment behind a hole: the hole is lost a quarter of a round trip later (RFC 8985 6.2)", () => {
    const machine = permitted();
    write(machine, 3 * MSS);
    machine.now += 100;
    machine.receive(ACK, 1, at(0), { sack: [block(1, 2)] });
    expect(machine.pass(24)).toEqual([]);
    expect(machine.pass(2)).toMatchObject([{ seq: at(0), length: MSS }]);
  });
  it("several holes are repaired in one recovery, which reduces the window once", () => {
    const machine = permitted();
    write(machine, 10 * MSS);
    machine.now += 100;
    const sent = machine.receive(ACK, 1, at(0), { sack: [block(1, 3), block(4, 6), block(7, 10)] });
    const more = machine.receive(ACK, 1, at(3), { sack: [block(4, 6), block(7, 10)] });
    expect([...sent, ...more].map(({ seq }) => seq)).toEqual([at(0), at(3), at(6)]);
    expect(machine.c.ssthresh).toBe(5 * MSS);
    machine.receive(ACK, 1, at(10));
    expect(machine.c.cwnd).toBeLessThanOrEqual(6 * MSS);
    expect(machine.c.env.counters.fastRetransmitted).toBe(1);
  });
  it("a retransmission that was lost is found out by what left after it, without a timeout", () => {
    const machine = permitted();
    write(machine, 10 * MSS);
    machine.now += 100;
    machine.receive(ACK, 1, at(0), { sack: [block(1, 10)] });
    write(machine, 2 * MSS);
    machine.now += 100;
    const again = machine.receive(ACK, 1, at(0), { sack: [block(1, 12)] });
    expect(again).toMatchObject([{ seq: at(0) }]);
    expect(machine.c.env.counters.timeouts).toBe(0);
  });
  it("a hole that turns out to have been overtaken makes the path one that reorders", () => {
    const machine = permitted();
    write(machine, 10 * MSS);
    machine.now += 100;
    machine.receive(ACK, 1, at(0), { sack: [block(1, 2)] });
    machine.receive(ACK, 1, at(2));
    expect(machine.c.reordered).toBe(true);
    machine.receive(ACK, 1, at(2), { sack: [block(3, 8)] });
    expect(machine.c.env.counters.retransmitted).toBe(0);
    expect(machine.pass(30)).toMatchObject([{ seq: at(2) }]);
  });
  it("blocks that make no sense change nothing", () => {
    const machine = permitted();
    write(machine, 4 * MSS);
    machine.now += 50;
    const senseless: [number, number][] = [
      [at(3), at(2)],
      [at(2), at(9)],
      [5, 9],
    ];
    machine.receive(ACK, 1, at(0), { sack: senseless });
    expect(machine.c.board).toBeUndefined();
    expect(machine.pass(100)).toEqual([]);
  });
  it("a lost tail is probed after two round trips, before the timeout (RFC 8985 7)", () => {
    const machine = permitted();
    write(machine, 3 * MSS);
    expect(machine.pass(2 * machine.c.srtt + 49)).toEqual([]);
    expect(machine.pass(2)).toMatchObject([{ seq: at(2), length: MSS }]);
    machine.now += 100;
    machine.receive(ACK, 1, at(0), { sack: [block(2, 3)] });
    const rest = machine.pass(60);
    expect(rest.map(({ seq }) => seq)).toContain(at(0));
    expect(machine.c.env.counters.timeouts).toBe(0);
  });
  it("after a timeout only what is missing goes again", () => {
    const machine = permitted();
    write(machine, 3 * MSS);
    machine.receive(ACK, 1, at(0), { sack: [block(1, 2)] });
    const sent = machine.pass(2000);
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.every(({ seq }) => seq !== at(1))).toBe(true);
    expect(machine.c.cwnd).toBe(MSS);
  });
  it("a peer that takes back what it had gets it again (RFC 2018 8)", () => {
    const machine = permitted();
    write(machine, 3 * MSS);
    machine.receive(ACK, 1, at(0), { sack: [block(1, 3)] });
    machine.receive(ACK, 1, at(1), { sack: [block(1, 3)] });
    // The first missing byte is one that was reported: only a timeout can tell.
    const sent = machine.pass(3000);
    expect(sent.map(({ seq }) => seq)).toContain(at(1));
  });
  it("Karn: what was sent twice is not measured, and the backoff ends with its timely answer", () => {
    const machine = permitted();
    const { srtt, rto } = machine.c;
    write(machine, MSS);
    machine.pass(rto * 4);
    expect(machine.c.rto).toBeGreaterThan(rto);
    machine.now = machine.c.rtoAt;
    machine.pass(0);
    machine.now += 100;
    machine.receive(ACK, 1, at(1));
    expect(machine.c.srtt).toBe(srtt);
    expect(machine.c.rto).toBe(rto);
  });
  it("a FIN that was lost is sent again with the last data", () => {
    const machine = permitted();
    machine.c.finQueued = true;
    machine.c.state = 5;
    write(machine, 0);
    const fins = machine.pass(5000).filter(({ flags }) => flags.includes("FIN"));
    expect(fins.length).toBeGreaterThan(1);
    expect(new Set(fins.map(({ seq }) => seq)).size).toBe(1);
  });
});
