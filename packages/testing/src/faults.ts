import type { NetDevice } from "@soloist/interface";
import { type SeededRng, seededRng } from "./seeded-rng.ts";

/** What a bad cable does, as shares of all frames, 0 to 1. */
export interface FaultRates {
  readonly loss?: number;
  readonly duplicate?: number;
  /** One random bit is flipped. */
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

/** Wraps a device: frames that are read go through `rates`. What is sent is left alone: wrap the other end for that. */
export function faulty(device: NetDevice, seed: number, rates: FaultRates): NetDevice {
  const plan = new FaultPlan(seed, rates);
  const rxBuffer = new Uint8Array(2048);
  const queue: Uint8Array[] = [];
  let held: Uint8Array | undefined;
  const take = (frame: Uint8Array): number => {
    rxBuffer.set(frame);
    return frame.length;
  };
  return {
    name: device.name,
    mac: device.mac,
    mtu: device.mtu,
    counters: device.counters,
    rxBuffer,
    rxOffset: 0,
    read() {
      for (;;) {
        const next = queue.shift();
        if (next !== undefined) return take(next);
        const length = device.read();
        if (length === 0) {
          if (held === undefined) return 0;
          const frame = held;
          held = undefined;
          return take(frame);
        }
        const frame = device.rxBuffer.slice(device.rxOffset, device.rxOffset + length);
        for (const result of plan.apply(frame)) {
          if (held === undefined && plan.holdsBack()) held = result;
          else queue.push(result);
        }
      }
    },
    txBuffer: device.txBuffer,
    reserve: () => device.reserve(),
    send: (length) => device.send(length),
  };
}
