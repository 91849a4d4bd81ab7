import { seededRng } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { readBytes, writeBytes } from "../../src/tcp/calls.ts";
import type { TcpConnection } from "../../src/tcp/connection.ts";
import { ACK, PSH } from "../../src/wire/tcp.ts";
import { established } from "./machine.ts";

function state(c: TcpConnection) {
  const { sndUna, sndNxt, sndMax, sndEnd, sndWnd, maxSndWnd, rcvNxt, rcvUser, rcvAdv, cwnd, ssthresh, dupAcks } = c;
  const { rto, srtt, rttAt, rtoAt, ackAt, ackPending, ackNow, recovering, retries } = c;
  return {
    ...{
      state: c.state,
      sndUna,
      sndNxt,
      sndMax,
      sndEnd,
      sndWnd,
      maxSndWnd,
      rcvNxt,
      rcvUser,
      rcvAdv,
      cwnd,
      ssthresh,
      dupAcks,
    },
    ...{ rto, srtt, rttAt, rtoAt, ackAt, ackPending, ackNow, recovering, retries },
  };
}

describe("header prediction", () => {
  it("does what the long way does, segment by segment", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const rng = seededRng(seed);
      const long = established();
      const short = established();
      short.fast = true;
      const data = new Uint8Array(20_000).fill(5);
      const into = new Uint8Array(70_000);
      let seq = 1;
      for (let step = 0; step < 200; step++) {
        const choice = rng.below(10);
        if (choice === 0) {
          const length = rng.below(20_000);
          for (const machine of [long, short]) writeBytes(machine.c, data, 0, length);
          expect(short.flush()).toEqual(long.flush());
        } else if (choice === 1) {
          for (const machine of [long, short]) readBytes(machine.c, into, 0, 70_000);
          expect(short.flush()).toEqual(long.flush());
        } else if (choice === 2) {
          const time = rng.below(300);
          expect(short.pass(time)).toEqual(long.pass(time));
        } else {
          const length = rng.below(3) === 0 ? 0 : rng.below(1461);
          const outstanding = (long.c.sndMax - long.c.sndUna) | 0;
          const base = (long.c.sndUna - long.iss) | 0;
          const ack = base + (rng.below(2) === 0 ? outstanding : rng.below(outstanding + 1));
          const window = rng.below(8) === 0 ? rng.below(65_536) : 65_535;
          const at = rng.below(12) === 0 ? seq + rng.below(3000) : seq;
          const options = { length, window, fill: step & 255 };
          const sent = long.receive(ACK | (rng.below(2) === 0 ? PSH : 0), at, ack, options);
          expect(short.receive(ACK, at, ack, options)).toEqual(sent);
          seq = (long.c.rcvNxt - long.irs) | 0;
        }
        expect(state(short.c), `seed ${seed}, step ${step}`).toEqual(state(long.c));
      }
      expect(short.fastTaken).toBeGreaterThan(10);
    }
  });
});
