import { describe, expect, test } from "vitest";
import {
  DONE,
  FRAMES_DUE,
  LOST,
  NEED_MORE,
  NOTHING_DUE,
  RECEIVED,
  WebSocketMachine,
} from "../../src/websocket/machine.ts";
import { close, frame, join } from "./frames.ts";

const OPTIONS = { maxMessage: 100, maxFrame: 100, pingTicks: 10, closeTicks: 3 };

function open(): WebSocketMachine {
  const machine = new WebSocketMachine(OPTIONS);
  machine.begin(100);
  return machine;
}
const feed = (machine: WebSocketMachine, now: number, ...frames: Uint8Array[]) => {
  const input = join(frames);
  return machine.process(now, input, 0, input.length);
};
const sent = (machine: WebSocketMachine, messagesWait = false) => {
  const bytes = machine.nextFrame(messagesWait);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");
};

describe("open", () => {
  test("pings are answered, of several only the last", () => {
    const machine = open();
    expect(feed(machine, 101, frame("a", { opcode: 9 }), frame("b", { opcode: 9 }))).toBe(NEED_MORE);
    expect([sent(machine), sent(machine)]).toEqual(["\x8a\x01b", undefined]);
  });

  test("silence is pinged once, a pong or a message starts anew, none loses the connection", () => {
    const machine = open();
    expect(machine.tick(109, true)).toBe(NOTHING_DUE);
    expect(machine.tick(110, true)).toBe(FRAMES_DUE);
    expect(sent(machine)).toBe("\x89\x00");
    expect(machine.tick(111, true)).toBe(NOTHING_DUE);
    feed(machine, 112, frame("", { opcode: 10 }));
    expect(machine.tick(121, true)).toBe(NOTHING_DUE);
    expect(machine.tick(122, true)).toBe(FRAMES_DUE);
    expect(machine.tick(131, true)).toBe(NOTHING_DUE);
    expect(machine.tick(132, true)).toBe(LOST);
  });

  test("silence proves nothing while nobody listens", () => {
    const machine = open();
    for (let now = 101; now < 200; now++) expect(machine.tick(now, false)).toBe(NOTHING_DUE);
    expect(machine.tick(205, true)).toBe(NOTHING_DUE);
  });
});

describe("closing", () => {
  test("our close comes behind messages that wait, and messages are dropped from then on", () => {
    const machine = open();
    machine.close(100, 1000, "bye");
    expect(machine.state).toBe("closing");
    expect(sent(machine, true)).toBeUndefined();
    expect(sent(machine)).toBe("\x88\x05\x03\xe8bye");
    expect(feed(machine, 101, frame("late"), frame("x", { opcode: 9 }))).toBe(NEED_MORE);
    expect(sent(machine)).toBeUndefined();
    expect(feed(machine, 102, close(1000))).toBe(DONE);
    expect(machine.status).toEqual({ code: 1000, reason: "", clean: true });
    expect(sent(machine)).toBeUndefined();
  });

  test("a peer that does not answer is lost after closeTicks, however much else it says", () => {
    const machine = open();
    machine.close(100, 1001, "");
    feed(machine, 103, frame("chatter"));
    expect(machine.tick(103, true)).toBe(NOTHING_DUE);
    expect(machine.tick(104, true)).toBe(LOST);
  });

  test("a close without a code is echoed without one", () => {
    const machine = open();
    expect(feed(machine, 101, frame("first"), close())).toBe(RECEIVED);
    const input = close();
    expect(machine.process(101, input, 0, input.length)).toBe(DONE);
    expect([sent(machine), machine.status?.code]).toEqual(["\x88\x00", 1005]);
  });

  test("both at once is a clean end with the peer's code", () => {
    const machine = open();
    machine.close(100, 4000, "");
    expect(feed(machine, 100, close(4001, "me too"))).toBe(DONE);
    expect(sent(machine)).toBe("\x88\x02\x0f\xa0");
    expect(machine.status).toEqual({ code: 4001, reason: "me too", clean: true });
  });

  test("what breaks the protocol after our close gets no second one", () => {
    const machine = open();
    machine.close(100, 1000, "");
    expect(sent(machine)).toBe("\x88\x02\x03\xe8");
    expect(feed(machine, 101, frame("x", { mask: null }))).toBe(DONE);
    expect([sent(machine), machine.status?.clean]).toEqual([undefined, false]);
  });
});
