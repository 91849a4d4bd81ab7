/** "… timeout … 10 minutes" (RFC 1191 6.3): then the path may have become wider; milliseconds. */
export const PATH_MTU_TIMEOUT = 600_000;
/** Destinations remembered; the oldest goes first. */
export const MAX_PATHS = 256;
/**
 * "A host MUST never reduce its estimate of the Path MTU below 68 octets" (RFC 1191 3). Ours stays higher, as other hosts'
 * does: links that narrow are gone, and forged messages that make a host send crumbs are not (RFC 5927 7).
 */
export const MIN_PATH_MTU = 552;
/** What links have (RFC 1191 7.1), for routers that do not say: the next lower one is tried. */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508];

interface Path {
  mtu: number;
  until: number;
}

/** Largest packets that paths carry, as routers told (RFC 1191, RFC 8201). Times are milliseconds. */
export class PathMtuCache {
  readonly #paths = new Map<number, Path>();
  readonly #least: number;

  /** @param least no path is taken to carry less, whatever is said */
  constructor(least: number = MIN_PATH_MTU) {
    this.#least = least;
  }

  get size(): number {
    return this.#paths.size;
  }

  /** `linkMtu`: our own, the answer when nothing else is known. */
  get(destination: number, linkMtu: number, now: number): number {
    if (this.#paths.size === 0) return linkMtu;
    const path = this.#paths.get(destination);
    if (path === undefined) return linkMtu;
    if (now >= path.until) {
      this.#paths.delete(destination);
      return linkMtu;
    }
    return Math.min(path.mtu, linkMtu);
  }

  /**
   * A router could not forward a packet of `packetLength` bytes and said that `nextHopMtu` would do (0: an old router, which
   * said nothing). Returns the new estimate, `undefined` when it is not lower than the old: it is never raised (RFC 1191 3).
   */
  reduce(
    destination: number,
    nextHopMtu: number,
    packetLength: number,
    linkMtu: number,
    now: number,
  ): number | undefined {
    const before = this.get(destination, linkMtu, now);
    let mtu = nextHopMtu;
    if (mtu === 0) mtu = PLATEAUS.find((plateau) => plateau < Math.min(packetLength, before)) ?? 0;
    mtu = Math.max(mtu, this.#least);
    if (mtu >= before) return undefined;
    this.#paths.delete(destination);
    if (this.#paths.size >= MAX_PATHS) {
      for (const oldest of this.#paths.keys()) {
        this.#paths.delete(oldest);
        break;
      }
    }
    this.#paths.set(destination, { mtu, until: now + PATH_MTU_TIMEOUT });
    return mtu;
  }

  clear(): void {
    this.#paths.clear();
  }
}
