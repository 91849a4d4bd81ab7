import { describe, expect, it } from "vitest";
import { closeSend, discardReceived, readableLength, readBytes, writeBytes } from "../../src/tcp/calls.ts";
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_READABLE, EVENT_RESET_REPLY } from "../../src/tcp/state.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../src/wire/tcp.ts";
import { established, type Machine, synReceived, synSent } from "./machine.ts";

const ack = (seq: number, number: number) => ({ flags: "ACK", seq, ack: number, length: 0 });

function write(machine: Machine, length: number) {
  writeBytes(machine.c, new Uint8Array(length).fill(7), 0, length);
  return machine.flush();
}

function close(machine: Machine) {
  closeSend(machine.c);
  return machine.flush();
}

function finWait1() {
  const machine = established();
  close(machine);
  return machine;
}

function finWait2() {
  const machine = finWait1();
  machine.receive(ACK, 1, 2);
  return machine;
}

function closeWait() {
  const machine = established();
  machine.receive(FIN | ACK, 1, 1);
  return machine;
}

function lastAck() {
  const machine = closeWait();
  close(machine);
  return machine;
}

function closing() {
  const machine = finWait1();
  machine.receive(FIN | ACK, 1, 1);
  return machine;
}

function timeWait() {
  const machine = finWait2();
  machine.receive(FIN | ACK, 1, 2);
  return machine;
}

describe("SYN-SENT", () => {
  it("syn-sent: a SYN-ACK of our SYN establishes and is acknowledged", () => {
    const machine = synSent();
    expect(machine.receive(SYN | ACK, 0, 1, { mss: 1000, scale: 3 })).toEqual([ack(1, 1)]);
    expect(machine.state).toBe("ESTABLISHED");
    expect(machine.events & EVENT_CONNECTED).toBeTruthy();
    expect(machine.c.mss).toBe(1000);
    expect(machine.c.sndShift).toBe(3);
  });
  it("syn-sent: an ACK of something else is answered with RST", () => {
    const machine = synSent();
    machine.receive(ACK, 0, 5);
    expect(machine.events).toBe(EVENT_RESET_REPLY);
    expect(machine.state).toBe("SYN-SENT");
  });
  it("syn-sent: RST with our ACK refuses the connection", () => {
    const machine = synSent();
    machine.receive(RST | ACK, 0, 1);
    expect(machine.state).toBe("CLOSED");
    expect(machine.c.error).toBe("ECONNREFUSED");
  });
  it("syn-sent: RST without ACK, or with a wrong one, is ignored", () => {
    const machine = synSent();
    machine.receive(RST, 0, 0);
    machine.receive(RST | ACK, 0, 7);
    expect(machine.events).toBe(0);
    expect(machine.state).toBe("SYN-SENT");
  });
  it("syn-sent: simultaneous open goes through SYN-RECEIVED", () => {
    const machine = synSent();
    expect(machine.receive(SYN, 0, 0)).toEqual([{ flags: "SYN,ACK", seq: 0, ack: 1, length: 0 }]);
    expect(machine.state).toBe("SYN-RECEIVED");
    machine.receive(SYN | ACK, 0, 1);
    expect(machine.state).toBe("ESTABLISHED");
  });
  it("syn-sent: the SYN is sent again with growing pauses, and in the end given up", () => {
    const machine = synSent();
    expect(machine.pass(200_000).length).toBe(7);
    machine.pass(100_000);
    expect(machine.state).toBe("CLOSED");
    expect(machine.c.error).toBe("ETIMEDOUT");
  });
  it("syn-sent: without a window scale from the peer ours is not used either", () => {
    const machine = synSent();
    machine.receive(SYN | ACK, 0, 1);
    expect(machine.c.rcvShift).toBe(0);
    expect(machine.c.sndShift).toBe(0);
    expect(machine.c.mss).toBe(536);
  });
});

describe("SYN-RECEIVED", () => {
  it("syn-received: the ACK of our SYN establishes", () => {
    const machine = synReceived();
    machine.receive(ACK, 1, 1);
    expect(machine.state).toBe("ESTABLISHED");
    expect(machine.events & EVENT_CONNECTED).toBeTruthy();
  });
  it("syn-received: data on the handshake ACK is taken", () => {
    const machine = synReceived();
    machine.receive(ACK | PSH, 1, 1, { length: 10 });
    expect(machine.state).toBe("ESTABLISHED");
    expect(readableLength(machine.c)).toBe(10);
  });
  it("syn-received: with the handshake ACK lost, data that follows does its work", () => {
    const machine = synReceived();
    machine.receive(ACK | PSH, 11, 1, { length: 10 });
    expect(machine.state).toBe("ESTABLISHED");
    expect(readableLength(machine.c)).toBe(0);
    machine.receive(ACK | PSH, 1, 1, { length: 10 });
    expect(readableLength(machine.c)).toBe(20);
  });
  it("syn-received: a bad ACK is answered with RST", () => {
    const machine = synReceived();
    machine.receive(ACK, 1, 2);
    expect(machine.events).toBe(EVENT_RESET_REPLY);
    machine.receive(ACK, 1, 0);
    expect(machine.events).toBe(EVENT_RESET_REPLY);
    expect(machine.state).toBe("SYN-RECEIVED");
  });
  it("syn-received: the SYN again is answered with the SYN-ACK again", () => {
    const machine = synReceived();
    expect(machine.receive(SYN, 0, 0)).toEqual([{ flags: "SYN,ACK", seq: 0, ack: 1, length: 0 }]);
  });
  it("syn-received: a lost SYN-ACK is sent again, and a silent peer forgotten", () => {
    const machine = synReceived();
    expect(machine.pass(1000).map((segment) => segment.flags)).toEqual(["SYN,ACK"]);
    machine.pass(70_000);
    expect(machine.state).toBe("CLOSED");
  });
  it("syn-received: RST ends it", () => {
    const machine = synReceived();
    machine.receive(RST, 1, 0);
    expect(machine.events & EVENT_CLOSED).toBeTruthy();
  });
});

describe("ESTABLISHED", () => {
  it("established: data in order is readable, and acknowledged within 40 ms", () => {
    const machine = established();
    expect(machine.receive(ACK | PSH, 1, 1, { length: 100 })).toEqual([]);
    expect(machine.events & EVENT_READABLE).toBeTruthy();
    expect(machine.pass(39)).toEqual([]);
    expect(machine.pass(1)).toEqual([ack(1, 101)]);
  });
  it("established: every second full segment is acknowledged at once", () => {
    const machine = established();
    machine.receive(ACK, 1, 1, { length: 1460 });
    expect(machine.receive(ACK, 1461, 1, { length: 1460 })).toEqual([ack(1, 2921)]);
  });
  it("established: an answer carries the ACK", () => {
    const machine = established();
    machine.receive(ACK | PSH, 1, 1, { length: 100 });
    expect(write(machine, 5)).toEqual([{ flags: "PSH,ACK", seq: 1, ack: 101, length: 5 }]);
    expect(machine.pass(100)).toEqual([]);
  });
  it("established: each segment out of order makes one duplicate ACK, and what fills the gap is acknowledged at once", () => {
    const machine = established();
    expect(machine.receive(ACK, 101, 1, { length: 100, fill: 2 })).toEqual([ack(1, 1)]);
    expect(machine.receive(ACK, 301, 1, { length: 100, fill: 4 })).toEqual([ack(1, 1)]);
    expect(machine.receive(ACK, 201, 1, { length: 100, fill: 3 })).toEqual([ack(1, 1)]);
    expect(machine.receive(ACK, 1, 1, { length: 100, fill: 1 })).toEqual([ack(1, 401)]);
    const into = new Uint8Array(400);
    expect(readBytes(machine.c, into, 0, 400)).toBe(400);
    expect([into[0], into[100], into[200], into[300], into[399]]).toEqual([1, 2, 3, 4, 4]);
  });
  it("established: data partly known is trimmed at the front", () => {
    const machine = established();
    machine.receive(ACK, 1, 1, { length: 100 });
    machine.receive(ACK, 51, 1, { length: 100, fill: 9 });
    const into = new Uint8Array(200);
    expect(readBytes(machine.c, into, 0, 200)).toBe(150);
    expect([into[99], into[100]]).toEqual([1, 9]);
  });
  it("established: data wholly known is acknowledged again and not delivered", () => {
    const machine = established();
    machine.receive(ACK, 1, 1, { length: 100 });
    expect(machine.receive(ACK, 1, 1, { length: 100 })).toEqual([ack(1, 101)]);
    expect(readableLength(machine.c)).toBe(100);
  });
  it("established: data beyond the window is refused", () => {
    const machine = established(1000, 5000, 4096);
    machine.receive(ACK, 1, 1, { length: 4000 });
    machine.receive(ACK, 4001, 1, { length: 1000 });
    expect(readableLength(machine.c)).toBe(4096);
    expect(machine.receive(ACK, 4097, 1, { length: 1000 })).toEqual([ack(1, 4097)]);
    expect(machine.windows.at(-1)).toBe(0);
    expect(machine.receive(ACK, 9000, 1, { length: 10 })).toEqual([ack(1, 4097)]);
    expect(readableLength(machine.c)).toBe(4096);
  });
  it("established: reading opens a closed window with an ACK", () => {
    const machine = established(1000, 5000, 4096);
    machine.receive(ACK, 1, 1, { length: 4096 });
    machine.flush();
    readBytes(machine.c, new Uint8Array(100), 0, 100);
    expect(machine.flush()).toEqual([]);
    readBytes(machine.c, new Uint8Array(2000), 0, 2000);
    expect(machine.flush()).toEqual([ack(1, 4097)]);
    expect(machine.windows.at(-1)).toBe(2100);
  });
  it("established: sequence numbers may wrap", () => {
    const machine = established(0x7ffffff0, -20);
    let total = 0;
    for (let at = 1; at < 4000; at += 100) {
      machine.receive(ACK, at, 1, { length: 100 });
      total += 100;
    }
    expect(readableLength(machine.c)).toBe(total);
    for (const segment of write(machine, 3000)) machine.receive(ACK, 4001, segment.seq + segment.length);
    expect(machine.c.sndUna).toBe((0x7ffffff0 + 3001) | 0);
  });
  it("established: RST at exactly the next number resets; elsewhere in the window it is challenged", () => {
    const machine = established();
    expect(machine.receive(RST, 2, 0)).toEqual([ack(1, 1)]);
    expect(machine.receive(RST, 70_000, 0)).toEqual([]);
    expect(machine.state).toBe("ESTABLISHED");
    machine.receive(RST, 1, 0);
    expect(machine.state).toBe("CLOSED");
    expect(machine.c.error).toBe("ECONNRESET");
  });
  it("established: a SYN is challenged, wherever it is", () => {
    const machine = established();
    expect(machine.receive(SYN, 1, 0)).toEqual([ack(1, 1)]);
    expect(machine.receive(SYN | ACK, 0, 1)).toEqual([ack(1, 1)]);
    expect(machine.receive(SYN, 99_999, 0)).toEqual([ack(1, 1)]);
    expect(machine.state).toBe("ESTABLISHED");
  });
  it("established: challenges are limited", () => {
    const machine = established();
    machine.challenges = 1;
    expect(machine.receive(SYN, 1, 0).length).toBe(1);
    expect(machine.receive(SYN, 1, 0).length).toBe(0);
  });
  it("established: an ACK of what was never sent is challenged and changes nothing", () => {
    const machine = established();
    write(machine, 10);
    expect(machine.receive(ACK, 1, 12, { length: 5 })).toEqual([ack(11, 1)]);
    expect(machine.c.sndUna).toBe(1001);
    expect(readableLength(machine.c)).toBe(0);
  });
  it("established: a segment without ACK is dropped", () => {
    const machine = established();
    machine.receive(PSH, 1, 0, { length: 5 });
    expect(readableLength(machine.c)).toBe(0);
  });
  it("established: with our window closed, ACKs and resets still count", () => {
    const machine = established(1000, 5000, 4096);
    machine.receive(ACK, 1, 1, { length: 4096 });
    write(machine, 10);
    machine.receive(ACK, 4097, 11, { length: 100 });
    expect(machine.c.sndUna).toBe(1011);
    expect(readableLength(machine.c)).toBe(4096);
    machine.receive(RST, 4097, 0);
    expect(machine.state).toBe("CLOSED");
  });
  it("established: with both windows closed, an ACK behind the peer's probe still opens its window", () => {
    const machine = established(1000, 5000, 4096);
    machine.receive(ACK, 1, 1, { length: 4096, window: 0 });
    machine.flush();
    expect(write(machine, 10)).toEqual([]);
    // Its probe used the number 4097, which we did not take: what it sends next is numbered behind it.
    expect(machine.receive(ACK, 4098, 1)).toEqual([{ flags: "PSH,ACK", seq: 1, ack: 4097, length: 10 }]);
    // Nothing that a peer can have sent is numbered beyond that.
    expect(machine.receive(ACK, 4099, 11)).toEqual([ack(11, 4097)]);
    expect(machine.c.sndUna).toBe(1001);
  });
  it("established: an ACK older than the largest window explains is challenged (RFC 5961 5.2)", () => {
    const machine = established();
    write(machine, 10);
    machine.receive(ACK, 1, 11);
    expect(machine.receive(ACK, 1, 11 - 65_536 - 1, { length: 5 })).toEqual([ack(11, 1)]);
    expect(readableLength(machine.c)).toBe(0);
  });
  it("established: a reset may carry data, which is ignored", () => {
    const machine = established();
    machine.receive(RST | ACK, 1, 1, { length: 20 });
    expect(machine.c.error).toBe("ECONNRESET");
    expect(readableLength(machine.c)).toBe(0);
  });
  it("established: urgent data stays in the stream (RFC 6093)", () => {
    const machine = established();
    machine.receive(ACK | 0x20, 1, 1, { length: 20 });
    expect(readableLength(machine.c)).toBe(20);
  });
  it("established: a window of 65,535 is large, not negative, scaled or not", () => {
    const machine = established();
    machine.receive(ACK, 1, 1, { window: 65_535 });
    expect(machine.c.sndWnd).toBe(65_535);
    const scaled = synSent();
    scaled.receive(SYN | ACK, 0, 1, { scale: 14 });
    scaled.receive(ACK, 1, 1, { window: 65_535 });
    expect(scaled.c.sndWnd).toBe(65_535 * 2 ** 14);
  });
  it("established: a keep-alive probe of the peer is answered", () => {
    expect(established().receive(ACK, 0, 1)).toEqual([ack(1, 1)]);
  });
  it("established: FIN with data is taken once all before it has come", () => {
    const machine = established();
    machine.receive(FIN | ACK, 101, 1, { length: 100 });
    expect(machine.state).toBe("ESTABLISHED");
    expect(machine.receive(ACK, 1, 1, { length: 100 })).toEqual([ack(1, 202)]);
    expect(machine.state).toBe("CLOSE-WAIT");
    expect(readableLength(machine.c)).toBe(200);
  });
  it("established: out-of-order ranges are bounded", () => {
    const machine = established();
    for (let index = 0; index < 100; index++) machine.receive(ACK, 100 + index * 20, 1, { length: 10 });
    expect(machine.c.ranges?.count).toBe(32);
  });
});

describe("closing", () => {
  it("fin-wait-1: the ACK of our FIN leads to FIN-WAIT-2", () => {
    expect(finWait2().state).toBe("FIN-WAIT-2");
  });
  it("fin-wait-1: the FIN rides on the last data", () => {
    const machine = established();
    writeBytes(machine.c, new Uint8Array(10), 0, 10);
    expect(close(machine)).toEqual([{ flags: "FIN,PSH,ACK", seq: 1, ack: 1, length: 10 }]);
    machine.receive(ACK, 1, 11);
    expect(machine.state).toBe("FIN-WAIT-1");
    machine.receive(ACK, 1, 12);
    expect(machine.state).toBe("FIN-WAIT-2");
  });
  it("fin-wait-1: FIN of the peer with the ACK of ours leads to TIME-WAIT at once", () => {
    const machine = finWait1();
    expect(machine.receive(FIN | ACK, 1, 2)).toEqual([ack(2, 2)]);
    expect(machine.state).toBe("TIME-WAIT");
  });
  it("fin-wait-1: FIN of the peer alone leads to CLOSING, and its ACK to TIME-WAIT", () => {
    const machine = closing();
    expect(machine.state).toBe("CLOSING");
    machine.receive(ACK, 2, 2);
    expect(machine.state).toBe("TIME-WAIT");
  });
  it("fin-wait-2: data still arrives", () => {
    const machine = finWait2();
    machine.receive(ACK, 1, 2, { length: 50 });
    expect(readableLength(machine.c)).toBe(50);
  });
  it("fin-wait-2: FIN leads to TIME-WAIT, which ends after 60 s", () => {
    const machine = timeWait();
    expect(machine.state).toBe("TIME-WAIT");
    machine.pass(59_999);
    expect(machine.state).toBe("TIME-WAIT");
    machine.pass(2);
    expect(machine.state).toBe("CLOSED");
    expect(machine.c.error).toBeUndefined();
  });
  it("fin-wait-2: nobody reads and the peer never closes: given up after 60 s", () => {
    const machine = finWait2();
    discardReceived(machine.c, machine.now, 60_000);
    machine.pass(60_001);
    expect(machine.state).toBe("CLOSED");
  });
  it("time-wait: the FIN again is acknowledged again, and the wait starts anew", () => {
    const machine = timeWait();
    machine.pass(50_000);
    expect(machine.receive(FIN | ACK, 1, 2)).toEqual([ack(2, 2)]);
    machine.pass(50_000);
    expect(machine.state).toBe("TIME-WAIT");
  });
  it("time-wait: RST does not end it (RFC 1337)", () => {
    const machine = timeWait();
    machine.receive(RST, 2, 0);
    expect(machine.state).toBe("TIME-WAIT");
  });
  it("close-wait: we may still send, and our FIN leads to LAST-ACK", () => {
    const machine = closeWait();
    expect(write(machine, 10).length).toBe(1);
    close(machine);
    expect(machine.state).toBe("LAST-ACK");
    machine.receive(ACK, 2, 12);
    expect(machine.state).toBe("CLOSED");
    expect(machine.c.error).toBeUndefined();
  });
  it("last-ack: a lost FIN is sent again", () => {
    const machine = lastAck();
    expect(machine.pass(1000).map((segment) => segment.flags)).toContain("FIN,ACK");
  });
  for (const [name, make] of Object.entries({ finWait1, finWait2, closeWait })) {
    it(`${name}: RST resets`, () => {
      const machine = make();
      machine.receive(RST, name === "closeWait" ? 2 : 1, 0);
      expect(machine.c.error).toBe("ECONNRESET");
    });
  }
  for (const [name, make] of Object.entries({ closing, lastAck })) {
    it(`${name}: RST closes without an error, for nothing was lost`, () => {
      const machine = make();
      machine.receive(RST, 2, 0);
      expect(machine.state).toBe("CLOSED");
      expect(machine.c.error).toBeUndefined();
    });
  }
  for (const [name, make] of Object.entries({ closeWait, closing, lastAck, timeWait })) {
    it(`${name}: data behind the FIN is acknowledged and thrown away`, () => {
      const machine = make();
      machine.receive(ACK, 2, machine.c.finQueued ? 1 : 1, { length: 10 });
      expect(readableLength(machine.c)).toBe(0);
    });
  }
});
