import type { ByteHelpers } from "@soloist/interface";
import type { RingPool } from "./buffers.ts";
import type { TcpConnection, TcpCounters, TcpEnvironment } from "./connection.ts";

/** What connections over IPv6 share: all that those over IPv4 do, but for the size of a segment. */
export class Ipv6Environment implements TcpEnvironment {
  readonly bytes: ByteHelpers;
  readonly pool: RingPool;
  readonly counters: TcpCounters;
  readonly mss: number;
  readonly large: number;
  readonly #shared: TcpEnvironment;

  constructor(shared: TcpEnvironment, mss: number, large: number) {
    this.bytes = shared.bytes;
    this.pool = shared.pool;
    this.counters = shared.counters;
    this.mss = mss;
    this.large = large;
    this.#shared = shared;
  }

  get now(): number {
    return this.#shared.now;
  }

  park(c: TcpConnection): void {
    this.#shared.park(c);
  }

  mayChallenge(now: number): boolean {
    return this.#shared.mayChallenge(now);
  }
}
