import { describe, expect, it } from "vitest";
import { readableLength, writeBytes } from "../../src/tcp/calls.ts";
import { TIMESTAMPS } from "../../src/tcp/extras.ts";
import { echoedRoundTrip, isOld, RECENT_LENGTH } from "../../src/tcp/timestamps.ts";
import { ACK, FIN, RST, SYN } from "../../src/wire/tcp.ts";
import { type Machine, MSS, OFFSET, opened } from "./machine.ts";

/** Of the peer, when the handshake ended; ours were 100 ms and the offset. */
const PEER = 900_000;

function stamped(): Machine {
  return opened({ timestamps: true }, SYN | ACK, { stamp: [PEER, OFFSET + 100], sackPermitted: true });
}

function write(machine: Machine, length: number) {
  writeBytes(machine.c, new Uint8Array(length).fill(7), 0, length);
  return machine.flush();
}

describe("timestamps (RFC 7323)", () => {
  it("are used when both SYNs had them, and take their place from the segments", () => {
    const { c } = stamped();
    expect(c.extras & TIMESTAMPS).toBeTruthy();
    expect(c.mss).toBe(MSS - 12);
    expect(c.ts?.recent).toBe(PEER);
  });
  it("are not used when the peer's SYN had none, or when we did not offer them", () => {
    const { c } = opened({ timestamps: true }, SYN | ACK, {});
    expect([c.extras, c.ts, c.mss]).toEqual([0, undefined, MSS]);
    const other = opened({}, SYN | ACK, { stamp: [PEER, 0] });
    expect([other.c.extras, other.c.ts]).toEqual([0, undefined]);
  });
  it("PAWS: an older segment is answered with an ACK and dropped; a reset is not", () => {
    const machine = stamped();
    machine.receive(ACK, 1, 1, { length: 10, stamp: [PEER + 50, OFFSET + 100] });
    expect(readableLength(machine.c)).toBe(10);
    const answer = machine.receive(ACK, 11, 1, { length: 10, stamp: [PEER + 20, OFFSET + 100] });
    expect(answer).toMatchObject([{ flags: "ACK", ack: 11 }]);
    expect(readableLength(machine.c)).toBe(10);
    expect(machine.c.env.counters.oldTimestamps).toBe(1);
    machine.receive(RST, 11, 0, { stamp: [PEER, 0] });
    expect(machine.state).toBe("CLOSED");
  });
  it("PAWS: after 24 days of silence an older timestamp is believed, for the clock may have wrapped", () => {
    const ts = { offset: 0, recent: 100, recentAt: 0 };
    expect(isOld(ts, 99, 1000)).toBe(true);
    expect(isOld(ts, 99, RECENT_LENGTH)).toBe(false);
    expect(isOld({ ...ts, recent: 0x7fffffff }, -0x80000000, 1000)).toBe(false);
  });
  it("a segment without one is dropped, unless it is a reset", () => {
    const machine = stamped();
    expect(machine.receive(ACK, 1, 1, { length: 10 })).toEqual([]);
    expect(readableLength(machine.c)).toBe(0);
    machine.receive(RST, 1, 0);
    expect(machine.state).toBe("CLOSED");
  });
  it("the echo is of the segment that made the ACK necessary, not of those behind it or out of order (4.3)", () => {
    const machine = stamped();
    machine.receive(ACK, 1, 1, { length: 10, stamp: [PEER + 10, OFFSET] });
    expect(machine.c.ts?.recent).toBe(PEER + 10);
    machine.receive(ACK, 11, 1, { length: 10, stamp: [PEER + 20, OFFSET] });
    expect(machine.c.ts?.recent).toBe(PEER + 10);
    machine.pass(50);
    machine.receive(ACK, 41, 1, { length: 10, stamp: [PEER + 70, OFFSET] });
    expect(machine.c.ts?.recent).toBe(PEER + 10);
    machine.receive(ACK, 21, 1, { length: 20, stamp: [PEER + 80, OFFSET] });
    expect(machine.c.ts?.recent).toBe(PEER + 80);
  });
  it("a round trip is measured although the segment was sent twice, and ends the backoff", () => {
    const machine = stamped();
    write(machine, 100);
    machine.pass(machine.c.rtoAt - machine.now);
    machine.pass(machine.c.rtoAt - machine.now);
    const { rto } = machine.c;
    machine.now += 30;
    machine.receive(ACK, 1, 101, { stamp: [PEER + 2000, OFFSET + machine.now - 30] });
    expect(machine.c.rto).toBeLessThan(rto);
    expect(machine.c.srtt).toBeGreaterThan(0);
  });
  it("an echo that cannot be true measures nothing", () => {
    const ts = { offset: OFFSET, recent: 0, recentAt: 0 };
    expect(echoedRoundTrip(ts, OFFSET + 90, 100)).toBe(10);
    expect(echoedRoundTrip(ts, 0, 100)).toBe(-1);
    expect(echoedRoundTrip(ts, OFFSET + 101, 100)).toBe(-1);
    expect(echoedRoundTrip(ts, OFFSET + 100 - 700_000, 100)).toBe(-1);
  });
  it("Eifel: an ACK that echoes a time before the retransmission takes a timeout back (RFC 3522)", () => {
    const machine = stamped();
    write(machine, 10 * (MSS - 12));
    const { cwnd } = machine.c;
    const sentAt = machine.now;
    machine.pass(2500);
    expect(machine.c.cwnd).toBeLessThan(cwnd);
    machine.receive(ACK, 1, 1 + MSS - 12, { stamp: [PEER + 2500, OFFSET + sentAt] });
    expect(machine.c.cwnd).toBeGreaterThanOrEqual(cwnd);
    expect(machine.c.env.counters.undone).toBe(1);
  });
  it("a FIN and its ACK carry them, too: the connection ends as any other", () => {
    const machine = stamped();
    machine.receive(FIN | ACK, 1, 1, { stamp: [PEER + 1, OFFSET] });
    expect(machine.state).toBe("CLOSE-WAIT");
  });
});
