/**
 * Frames that wait for one neighbour: "SHOULD save (rather than discard) at least one (the latest)" (RFC 1122 2.3.2.2, RFC 4861
 * 7.2.2); a datagram of 64 KiB is 45 of them. Beyond it the oldest goes.
 */
export const MAX_PENDING = 48;
/** Frames that wait for all neighbours together; beyond it the newest is dropped. */
export const MAX_PENDING_IN_ALL = 256;

/** Counts the frames that wait until their neighbours' MACs are known: each neighbour has a list of its own. */
export class PendingFrames {
  #count = 0;

  /** Keeps a frame; false: one had to be dropped. */
  keep(pending: Uint8Array[], frame: Uint8Array): boolean {
    if (pending.length >= MAX_PENDING) {
      pending.shift();
      pending.push(frame);
      return false;
    }
    if (this.#count >= MAX_PENDING_IN_ALL) return false;
    this.#count++;
    pending.push(frame);
    return true;
  }

  /** What has waited long enough. */
  take(pending: Uint8Array[]): Uint8Array[] {
    this.#count -= pending.length;
    return pending.splice(0);
  }

  /** All lists are forgotten. */
  clear(): void {
    this.#count = 0;
  }
}
