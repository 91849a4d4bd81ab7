import type { Rng } from "@soloist/interface";
import type { SynOptions } from "../wire/tcp-options.ts";
import { halfSipHash } from "./isn.ts";

/** What a cookie holds of a SYN. Whether there are timestamps, the ACK that brings it back says by having one. */
export type CookieOptions = Pick<SynOptions, "mss" | "windowScale" | "sackPermitted">;

/** The segment sizes that a cookie can say: the largest that the peer's is no smaller than. */
const SIZES = [536, 1220, 1440, 1460] as const;
/** A cookie is good for one to two of these, milliseconds. */
export const COOKIE_PERIOD = 64_000;
const NO_SCALE = 15;

/**
 * SYN cookies (RFC 4987 3.6): while a listener's backlog is full the initial sequence number says all that would have been
 * remembered, and the ACK brings it back.
 *
 * From the top: 1 bit of the period, 4 of the window scale, 1 for SACK, 2 for the segment size, and 24 of a keyed hash over
 * these, the addresses, the ports, the peer's number and the period. Whoever guesses needs eight million ACKs, on average.
 */
export class SynCookies {
  readonly #k0: number;
  readonly #k1: number;
  readonly #words = new Int32Array(6);

  constructor(rng: Rng) {
    this.#k0 = rng.uint32() | 0;
    this.#k1 = rng.uint32() | 0;
  }

  /** Our initial sequence number for a SYN with number `seq`; `now` in milliseconds. */
  make(local: number, remote: number, ports: number, seq: number, syn: CookieOptions, now: number): number {
    const period = Math.floor(now / COOKIE_PERIOD);
    let size = SIZES.length - 1;
    while (size > 0 && SIZES[size]! > syn.mss) size--;
    const scale = syn.windowScale < 0 ? NO_SCALE : syn.windowScale;
    const top = ((period & 1) << 7) | (scale << 3) | (syn.sackPermitted ? 4 : 0) | size;
    return (top << 24) | this.#hash(local, remote, ports, seq, top, period);
  }

  /** What the SYN with number `seq` said, if `cookie` is ours and not too old. */
  check(
    local: number,
    remote: number,
    ports: number,
    seq: number,
    cookie: number,
    now: number,
  ): CookieOptions | undefined {
    const top = cookie >>> 24;
    let period = Math.floor(now / COOKIE_PERIOD);
    if ((period & 1) !== top >> 7) period--;
    if (this.#hash(local, remote, ports, seq, top, period) !== (cookie & 0xffffff)) return undefined;
    const scale = (top >> 3) & 15;
    return { mss: SIZES[top & 3]!, windowScale: scale === NO_SCALE ? -1 : scale, sackPermitted: (top & 4) !== 0 };
  }

  #hash(local: number, remote: number, ports: number, seq: number, top: number, period: number): number {
    const words = this.#words;
    words[0] = local;
    words[1] = remote;
    words[2] = ports;
    words[3] = seq;
    words[4] = top;
    words[5] = period;
    return halfSipHash(this.#k0, this.#k1, words) & 0xffffff;
  }
}
