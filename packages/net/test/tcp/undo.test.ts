import { pattern, Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { stack } from "../../src/index.ts";
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

describe("duplicates that we report (RFC 2883)", () => {
  it("data that is wholly known is reported with the ACK that answers it, once", () => {
    const machine = permitted();
    machine.receive(ACK, 1, 11, { length: 100 });
    machine.receive(ACK, 1, 11, { length: 100 });
    expect(machine.duplicates).toEqual([[1, 101]]);
    machine.receive(ACK, 101, 11, { length: 3000 });
    expect(machine.duplicates.length).toBe(1);
  });
  it("of data that is partly known, the known part is", () => {
    const machine = permitted();
    machine.receive(ACK, 1, 11, { length: 100 });
    machine.receive(ACK, 51, 11, { length: 100 });
    machine.pass(50);
    expect(machine.duplicates).toEqual([[51, 101]]);
  });
  it("data out of order that came before is, too", () => {
    const machine = permitted();
    machine.receive(ACK, 201, 11, { length: 100 });
    machine.receive(ACK, 221, 11, { length: 30 });
    expect(machine.duplicates).toEqual([[221, 251]]);
  });
  it("a peer without SACK hears nothing of it", () => {
    const machine = synReceived();
    machine.receive(ACK, 1, 1, { length: 100 });
    machine.receive(ACK, 1, 1, { length: 100 });
    expect(machine.duplicates).toEqual([]);
  });
});

describe("duplicates that the peer reports", () => {
  /** Segment 0 is sent again although it was only late. */
  function mistaken(): Machine {
    const machine = permitted();
    write(machine, 10 * MSS);
    machine.now += 100;
    machine.receive(ACK, 1, at(0), { sack: [block(1, 4)] });
    expect(machine.c.ssthresh).toBe(5 * MSS);
    return machine;
  }
  it("take a recovery back when all that was sent again was not needed", () => {
    const machine = mistaken();
    machine.receive(ACK, 1, at(4));
    machine.receive(ACK, 1, at(10), { sack: [block(0, 1)] });
    expect(machine.c.ssthresh).toBe(0x7fffffff);
    expect(machine.c.cwnd).toBeGreaterThanOrEqual(10 * MSS);
    expect(machine.c.env.counters).toMatchObject({ undone: 1, duplicatesReported: 1 });
    expect(write(machine, 10 * MSS).length).toBe(10);
  });
  it("take it back while it lasts", () => {
    const machine = mistaken();
    machine.receive(ACK, 1, at(4), { sack: [block(0, 1), block(6, 7)] });
    expect(machine.c.env.counters.undone).toBe(1);
    machine.receive(ACK, 1, at(10));
    expect(machine.c.board).toBeUndefined();
    expect(machine.c.sndUna).toBe(machine.c.sndMax);
  });
  it("of only some of it do not", () => {
    const machine = permitted();
    write(machine, 10 * MSS);
    machine.now += 100;
    machine.receive(ACK, 1, at(0), { sack: [block(1, 2), block(3, 8)] });
    machine.receive(ACK, 1, at(10), { sack: [block(0, 1)] });
    expect(machine.c.env.counters.undone).toBe(0);
    expect(machine.c.ssthresh).toBe(5 * MSS);
  });
  it("of what was never sent again is the network's doing and changes nothing", () => {
    const machine = permitted();
    write(machine, 10 * MSS);
    machine.now += 100;
    machine.receive(ACK, 1, at(2), { sack: [block(0, 1)] });
    expect(machine.c.env.counters.undone).toBe(0);
    expect(machine.c.reorderSteps).toBe(1);
  });
  it("make RACK wait a quarter of a round trip longer, for sixteen recoveries (RFC 8985 6.2 step 4)", () => {
    const machine = mistaken();
    machine.receive(ACK, 1, at(10), { sack: [block(0, 1)] });
    expect(machine.c.reorderSteps).toBe(2);
    write(machine, 4 * MSS);
    machine.now += 100;
    machine.receive(ACK, 1, at(10), { sack: [block(11, 12)] });
    expect(machine.pass(49)).toEqual([]);
    expect(machine.pass(3)).toMatchObject([{ seq: at(10) }]);
    machine.c.reorderLeft = 1;
    machine.receive(ACK, 1, at(14));
    expect(machine.c.reorderSteps).toBe(1);
  });
  it("reports that make no sense change nothing", () => {
    const machine = mistaken();
    for (const sack of [
      [[at(1), at(0)]],
      [[at(20), at(21)]],
      [
        [at(0), at(1)],
        [at(5), at(6)],
      ],
    ] as [number, number][][]) {
      machine.receive(ACK, 1, at(0), { sack });
    }
    expect(machine.c.env.counters.duplicatesReported).toBe(0);
  });
});

describe("a timeout for nothing (RFC 5682)", () => {
  /** Ten segments are late by more than the timeout. */
  function late(): Machine {
    const machine = permitted();
    write(machine, 10 * MSS);
    while (machine.c.env.counters.timeouts === 0) machine.pass(10);
    expect(machine.c.cwnd).toBe(MSS);
    machine.now += 10;
    return machine;
  }
  it("is taken back by two ACKs that come sooner than what was sent again can be answered", () => {
    const machine = late();
    const again = machine.c.env.counters.retransmitted;
    machine.receive(ACK, 1, at(2));
    expect(machine.c.env.counters.undone).toBe(0);
    machine.now += 1;
    expect(machine.receive(ACK, 1, at(4))).toEqual([]);
    expect(machine.c.env.counters).toMatchObject({ undone: 1, timeouts: 1 });
    expect(machine.c.cwnd).toBeGreaterThanOrEqual(10 * MSS);
    expect(machine.c.ssthresh).toBe(0x7fffffff);
    machine.now += 1;
    for (let index = 6; index <= 10; index += 2) machine.receive(ACK, 1, at(index));
    expect(machine.c.sndUna).toBe(machine.c.sndMax);
    // What the first of them let go, and no more.
    expect(machine.c.env.counters.retransmitted - again).toBeLessThanOrEqual(3);
  });
  it("is not when the ACK of what was sent again speaks of all that had arrived behind it", () => {
    const machine = late();
    machine.now += 100;
    machine.receive(ACK, 1, at(3), { sack: [block(4, 6)] });
    machine.now += 100;
    machine.receive(ACK, 1, at(6));
    expect(machine.c.env.counters.undone).toBe(0);
  });
  it("costs a simulated transfer no round trips of repair when the path becomes longer at once", async () => {
    const { retransmitted, undone, timeouts, wrong } = await delayed();
    expect(wrong).toBe(0);
    expect(timeouts).toBeGreaterThan(0);
    expect(undone).toBeGreaterThan(0);
    expect(retransmitted).toBeLessThan(40);
  });
});

/** 2 MiB at a round trip of 40 ms, which becomes 800 ms in the middle: nothing is lost. */
async function delayed() {
  const simulation = new Simulation({ seed: 4, delay: 20, rate: 2_500_000 });
  const data = pattern(2 * 1024 * 1024, 3);
  return simulation.run(
    (async () => {
      const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
      const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
      const listener = a.tcp.listen({ port: 7 });
      const received = (async () => {
        const flow = (await listener.accept())!;
        let at = 0;
        let wrong = 0;
        for (let bytes = await flow.read(); bytes; bytes = await flow.read()) {
          if (at < 500_000 && at + bytes.length >= 500_000) simulation.setLink({ delay: 400 });
          wrong += Buffer.compare(bytes, data.subarray(at, at + bytes.length));
          at += bytes.length;
        }
        return wrong + (data.length - at);
      })();
      const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7 });
      await flow.write(data);
      flow.shutdown();
      const wrong = await received;
      const { retransmitted, undone, timeouts } = b.counters.tcp;
      return { retransmitted, undone, timeouts, wrong };
    })(),
  );
}
