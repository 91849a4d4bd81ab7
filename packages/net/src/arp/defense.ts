/** "DEFEND_INTERVAL 10 seconds (minimum interval between defensive ARPs)" (RFC 5227 1.1). Milliseconds, as all here. */
export const DEFEND_INTERVAL = 10_000;
/** "ANNOUNCE_NUM 2", "ANNOUNCE_INTERVAL 2 seconds" (RFC 5227 1.1). */
export const ANNOUNCE_NUM = 2;
export const ANNOUNCE_INTERVAL = 2000;

/** What to do about a conflict. */
export type ConflictVerdict = "lose" | "defend" | "ignore";

/**
 * Keeps an address that may turn out to be another host's (RFC 5227), in the cheap variant: three probes and the waits
 * between them take up to seven seconds there, and an image boots in a few milliseconds. So the address is probed once and
 * used at once, as RFC 4429 does for IPv6; who holds it already answers the probe. Within {@link ANNOUNCE_INTERVAL} after
 * that, and upon a second conflict in {@link DEFEND_INTERVAL}, an address that can be replaced is given up.
 */
export class AddressDefense {
  #replaceable = false;
  #tentativeUntil = 0;
  #defendedAt = Number.NEGATIVE_INFINITY;
  #announcements = 0;
  #nextAt = Number.POSITIVE_INFINITY;

  /** A new address. `replaceable`: there is somebody who gives out another. */
  start(now: number, replaceable: boolean): void {
    this.#replaceable = replaceable;
    this.#tentativeUntil = now + ANNOUNCE_INTERVAL;
    this.#defendedAt = Number.NEGATIVE_INFINITY;
    this.#announcements = 0;
    this.#nextAt = now;
  }

  stop(): void {
    this.#nextAt = Number.POSITIVE_INFINITY;
  }

  pollAt(): number {
    return this.#nextAt;
  }

  /** What is due: the first announcement goes out behind a probe. */
  dispatch(now: number): "probe" | "announce" | undefined {
    if (now < this.#nextAt) return undefined;
    this.#announcements++;
    this.#nextAt = this.#announcements < ANNOUNCE_NUM ? now + ANNOUNCE_INTERVAL : Number.POSITIVE_INFINITY;
    return this.#announcements === 1 ? "probe" : "announce";
  }

  /** Another host says that our address is its own. */
  conflict(now: number): ConflictVerdict {
    const again = now < this.#defendedAt + DEFEND_INTERVAL;
    if (this.#replaceable && (again || now < this.#tentativeUntil)) return "lose";
    // RFC 5227 2.4 (c): a host that must keep its address defends it, but never floods.
    if (again) return "ignore";
    this.#defendedAt = now;
    return "defend";
  }
}
