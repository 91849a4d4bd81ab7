import type { Clock, NetDevice, Pollable } from "@soloist/interface";
import { type SeededRng, seededRng } from "./seeded-rng.ts";

/** What a bad cable does, as shares of all frames, 0 to 1. */
export interface FaultRates {
  readonly loss?: number;
  readonly duplicate?: number;
  /** One random bit is flipped. ARP, which has no checksum and believes anything, is lost instead, as Ethernet's own would have it. */
  readonly corrupt?: number;
  /** The frame is held back until others have passed. */
  readonly reorder?: number;
}

/** Decides the fate of each frame, the same for the same seed. */
export class FaultPlan {
  readonly rng: SeededRng;
  readonly #rates: FaultRates;

  constructor(seed: number, rates: FaultRates) {
    this.rng = seededRng(seed);
    this.#rates = rates;
  }

  /** What becomes of `frame`: none, one or two frames, maybe changed. The original is not written to. */
  apply(frame: Uint8Array): Uint8Array[] {
    const { loss = 0, duplicate = 0, corrupt = 0 } = this.#rates;
    if (loss > 0 && this.rng.fraction() < loss) return [];
    let result = frame;
    if (corrupt > 0 && this.rng.fraction() < corrupt) {
      if (frame[12] === 8 && frame[13] === 6) return [];
      result = frame.slice();
      const bit = this.rng.below(result.length * 8);
      result[bit >> 3] = result[bit >> 3]! ^ (1 << (bit & 7));
    }
    return duplicate > 0 && this.rng.fraction() < duplicate ? [result, result.slice()] : [result];
  }

  /** Whether this frame is to be held back. */
  holdsBack(): boolean {
    const { reorder = 0 } = this.#rates;
    return reorder > 0 && this.rng.fraction() < reorder;
  }
}

/** What a line does to time; milliseconds. */
export interface FaultLine {
  /** Bytes a second; default: no limit. */
  readonly rate?: number;
  /** Each frame comes so much later. Default 0. */
  readonly delay?: number;
  /** Frames that wait for the rate; more are lost. Default 1000. */
  readonly queue?: number;
}

export interface FaultOptions extends FaultRates, FaultLine {
  /** Whose time `rate` and `delay` go by: without it there are none. */
  readonly clock?: Clock;
}

/**
 * Wraps a device: frames that are read go through `options`. What is sent is left alone: wrap the other end for that. Who wants
 * late frames in time drives it beside what reads, as a machine that is due when the next of them is.
 *
 * @example
 * const bad = faulty(device, 1, { loss: 0.01, rate: 125_000, delay: 20, clock });
 * host.drive(bad);
 */
export function faulty(device: NetDevice, seed: number, options: FaultOptions): NetDevice & Pollable {
  const { rate, delay = 0, queue: most = 1000, clock } = options;
  const plan = new FaultPlan(seed, options);
  const rxBuffer = new Uint8Array(1 << 16);
  const queue: { readonly frame: Uint8Array; readonly at: number }[] = [];
  let held: Uint8Array | undefined;
  let freeAt = 0;
  const put = (frame: Uint8Array): void => {
    const now = clock?.monotonic() ?? 0;
    let at = now;
    if (clock !== undefined && rate !== undefined) {
      const time = (frame.length / rate) * 1000;
      at = Math.max(now, freeAt);
      if (at - now > most * time) return;
      at += time;
      freeAt = at;
    }
    queue.push({ frame, at: clock === undefined ? at : at + delay });
  };
  /** Takes all that is there: what is late waits here, and not where it would be in the way. */
  const pull = (): void => {
    for (let length = device.read(); length > 0; length = device.read()) {
      const frame = device.rxBuffer.slice(device.rxOffset, device.rxOffset + length);
      for (const result of plan.apply(frame)) {
        if (held === undefined && plan.holdsBack()) held = result;
        else put(result);
      }
    }
    if (held !== undefined) put(held);
    held = undefined;
  };
  return {
    name: device.name,
    mac: device.mac,
    mtu: device.mtu,
    counters: device.counters,
    rxBuffer,
    rxOffset: 0,
    read() {
      pull();
      const first = queue[0];
      if (first === undefined || first.at > (clock?.monotonic() ?? 0)) return 0;
      queue.shift();
      rxBuffer.set(first.frame);
      return first.frame.length;
    },
    txBuffer: device.txBuffer,
    reserve: () => device.reserve(),
    send: (length) => device.send(length),
    poll: () => queue[0]?.at ?? Number.POSITIVE_INFINITY,
  };
}
