import { describe, expect, it } from "vitest";
import { writeBytes } from "../../src/tcp/calls.ts";
import { ECN_ACCEPT, ECN_OFF, ECN_REQUEST } from "../../src/tcp/ecn.ts";
import { ECN } from "../../src/tcp/extras.ts";
import { ACK, CWR, ECE, SYN } from "../../src/wire/tcp.ts";
import { type Machine, MSS, opened, passive } from "./machine.ts";

function speaking(): Machine {
  return opened({ ecn: ECN_REQUEST }, SYN | ACK | ECE, {});
}

function write(machine: Machine, length: number) {
  writeBytes(machine.c, new Uint8Array(length).fill(7), 0, length);
  return machine.flush();
}

describe("explicit congestion notification (RFC 3168)", () => {
  it("a SYN asks for it, and the SYN again does not (6.1.1.1)", () => {
    const machine = opened({ ecn: ECN_REQUEST }, ACK, {});
    machine.sent = [];
    const other = opened({ ecn: ECN_REQUEST }, 0, {});
    expect(other.pass(1000).map(({ flags }) => flags)).toEqual(["SYN"]);
    expect(speaking().c.extras & ECN).toBeTruthy();
  });
  it("is not used when the SYN-ACK does not agree, or says what no SYN-ACK may", () => {
    expect(opened({ ecn: ECN_REQUEST }, SYN | ACK, {}).c.extras).toBe(0);
    expect(opened({ ecn: ECN_REQUEST }, SYN | ACK | ECE | CWR, {}).c.extras).toBe(0);
    expect(opened({ ecn: ECN_ACCEPT }, SYN | ACK | ECE, {}).c.extras).toBe(0);
  });
  it("who is asked agrees, unless told not to", () => {
    expect(passive({ ecn: ECN_ACCEPT }, SYN | ECE | CWR).sent).toMatchObject([{ flags: "SYN,ACK,ECE" }]);
    expect(passive({ ecn: ECN_OFF }, SYN | ECE | CWR).sent).toMatchObject([{ flags: "SYN,ACK" }]);
    expect(passive({ ecn: ECN_ACCEPT }, SYN).sent).toMatchObject([{ flags: "SYN,ACK" }]);
  });
  it("new data may be marked; ACKs and what is sent again may not (6.1.4, 6.1.5)", () => {
    const machine = speaking();
    expect(write(machine, 10)).toMatchObject([{ flags: "PSH,ACK,ECT" }]);
    expect(machine.pass(2000).every(({ flags }) => !flags.includes("ECT"))).toBe(true);
    const [answer] = machine.receive(ACK, 2, 11, { length: 10 });
    expect(answer?.flags).toBe("ACK");
  });
  it("a zero-window probe may not be marked (6.1.6)", () => {
    const machine = speaking();
    machine.receive(ACK, 1, 1, { window: 0 });
    write(machine, 10);
    const probes = machine.pass(3000);
    expect(probes.length).toBeGreaterThan(0);
    expect(probes.every(({ flags }) => !flags.includes("ECT"))).toBe(true);
  });
  it("a mark is said with every ACK until the peer has slowed down (6.1.3)", () => {
    const machine = speaking();
    expect(machine.receive(ACK, 1, 1, { length: 10, marked: true })).toMatchObject([{ flags: "ACK,ECE" }]);
    machine.receive(ACK, 11, 1, { length: 10 });
    expect(machine.pass(50)).toMatchObject([{ flags: "ACK,ECE" }]);
    machine.receive(ACK | CWR, 21, 1, { length: 10 });
    expect(machine.pass(50)).toMatchObject([{ flags: "ACK" }]);
  });
  it("a peer's report halves the window once a round trip, and the next new data says so (6.1.2)", () => {
    const machine = speaking();
    write(machine, 10 * MSS);
    machine.receive(ACK | ECE, 1, 1 + MSS);
    const { cwnd } = machine.c;
    expect(cwnd).toBe(5 * MSS);
    machine.receive(ACK | ECE, 1, 1 + 2 * MSS);
    expect(machine.c.cwnd).toBe(cwnd);
    expect(machine.c.env.counters.congestionMarks).toBe(1);
    machine.receive(ACK | ECE, 1, 1 + 10 * MSS);
    const sent = write(machine, 3 * MSS);
    expect(sent.map(({ flags }) => flags.includes("CWR"))).toEqual([true, false, false]);
    expect(machine.c.env.counters.congestionMarks).toBe(2);
    expect(machine.c.env.counters.retransmitted).toBe(0);
  });
  it("a peer with whom it was not agreed on says nothing by those bits", () => {
    const machine = opened({}, SYN | ACK, {});
    write(machine, 10 * MSS);
    machine.receive(ACK | ECE, 1, 1 + MSS, { marked: true });
    expect(machine.c.cwnd).toBeGreaterThanOrEqual(10 * MSS);
    expect(machine.receive(ACK, 2, 1 + MSS, { length: 1, marked: true })).toMatchObject([{ flags: "ACK" }]);
  });
});
