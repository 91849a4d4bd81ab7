import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSwitch, type Switch } from "../../src/switch/switch.ts";

const BROADCAST = 0xff;

/** A frame between stations 02:00:00:00:00:NN; 0xff is everyone. */
function frame(to: number, from: number, length = 60): Uint8Array {
  const bytes = new Uint8Array(length).fill(0xa5);
  if (to === BROADCAST) bytes.fill(0xff, 0, 6);
  else bytes.set([2, 0, 0, 0, 0, to]);
  bytes.set([2, 0, 0, 0, 0, from], 6);
  return bytes;
}

function connect(ports: number, options = {}) {
  const ethernet = createSwitch(options);
  for (let port = 0; port < ports; port++) ethernet.addPort(port);
  return { ethernet, send: (now: number, from: number, bytes: Uint8Array) => leaves(ethernet, now, from, bytes) };
}

function leaves(ethernet: Switch, now: number, from: number, bytes: Uint8Array): number[] {
  const ports: number[] = [];
  ethernet.process(now, from, bytes, (to, passed) => {
    expect(passed).toBe(bytes);
    ports.push(to);
  });
  return ports;
}

describe("learning", () => {
  it("a station that nobody heard is looked for on all other ports; once it spoke, on its own", () => {
    const { send } = connect(4);
    expect(send(0, 0, frame(2, 1))).toEqual([1, 2, 3]);
    expect(send(1, 3, frame(1, 2))).toEqual([0]);
    expect(send(2, 0, frame(2, 1))).toEqual([3]);
  });

  it("a station that moves is found at its new port", () => {
    const { send } = connect(3);
    send(0, 0, frame(BROADCAST, 1));
    send(1, 2, frame(BROADCAST, 1));
    expect(send(2, 1, frame(1, 2))).toEqual([2]);
  });

  it("broadcasts and multicasts go everywhere but back", () => {
    const { send } = connect(3);
    expect(send(0, 1, frame(BROADCAST, 1))).toEqual([0, 2]);
    const multicast = frame(7, 1);
    multicast.set([0x01, 0, 0x5e, 0, 0, 0xfb]);
    expect(send(0, 1, multicast)).toEqual([0, 2]);
  });

  it("a station that is silent for too long is looked for again", () => {
    const { send } = connect(3, { ageingTime: 100 });
    send(0, 0, frame(BROADCAST, 1));
    expect(send(99, 1, frame(1, 2))).toEqual([0]);
    expect(send(100, 1, frame(1, 2))).toEqual([0, 2]);
  });

  it("stations of a port that was pulled out are forgotten, and nothing comes in or goes out by it", () => {
    const { ethernet, send } = connect(3);
    send(0, 0, frame(BROADCAST, 1));
    ethernet.removePort(0);
    expect(ethernet.stations).toBe(0);
    expect(send(1, 1, frame(1, 2))).toEqual([2]);
    expect(send(1, 0, frame(2, 1))).toEqual([]);
  });

  it("frames within one port's cable stay there", () => {
    const { send } = connect(2);
    send(0, 0, frame(BROADCAST, 1));
    expect(send(0, 0, frame(1, 2))).toEqual([]);
  });
});

describe("bad frames", () => {
  it.each([
    ["shorter than a header", frame(1, 2).subarray(0, 13)],
    ["longer than any", frame(1, 2, 70_000)],
    ["from a group address", frame(1, 2).fill(0xff, 6, 12)],
  ])("%s: dropped and counted", (_name, bytes) => {
    const { ethernet, send } = connect(2);
    expect(send(0, 0, bytes)).toEqual([]);
    expect(ethernet.counters.malformed).toBe(1);
    expect(ethernet.stations).toBe(0);
  });

  it("a flood of made-up stations is bounded, and those that speak are kept", () => {
    const { ethernet, send } = connect(2, { maxStations: 8 });
    for (let index = 0; index < 200; index++) {
      send(index, 0, frame(BROADCAST, index));
      send(index, 1, frame(BROADCAST, 201));
    }
    expect(ethernet.stations).toBe(8);
    expect(send(300, 0, frame(201, 1))).toEqual([1]);
    expect(send(300, 1, frame(1, 201))).toEqual([0]);
    expect(send(300, 1, frame(3, 201))).toEqual([0]);
  });
});

it("for any traffic: never back, never twice, always to a station that is known, to everyone for one that is not", () => {
  const event = fc.record({
    port: fc.nat(3),
    from: fc.nat(5),
    to: fc.oneof(fc.nat(5), fc.constant(BROADCAST)),
    wait: fc.nat(60),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const { send } = connect(4, { ageingTime: 100 });
      const heard = new Map<number, { port: number; at: number }>();
      let now = 0;
      for (const { port, from, to, wait } of events) {
        now += wait;
        const out = send(now, port, frame(to, from));
        heard.set(from, { port, at: now });
        const known = heard.get(to);
        const expected =
          known && now - known.at < 100
            ? [known.port].filter((other) => other !== port)
            : [0, 1, 2, 3].filter((other) => other !== port);
        expect(out).toEqual(expected);
      }
    }),
  );
});
