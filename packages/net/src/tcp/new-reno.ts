import { avoid, reduceThreshold } from "./congestion.ts";
import type { TcpConnection } from "./connection.ts";
import { DUPLICATE_ACKS } from "./limits.ts";

/** Slow start and the windows of RFC 5681, and for peers without SACK the NewReno recovery of RFC 6582. All sizes in bytes. */

/**
 * What one ACK may let the window grow by in slow start, segments: "L = 8 … RECOMMENDED" (RFC 9406 4.2) where segments are not paced.
 * Peers that take several segments at once, as ours and Linux do, send one ACK for them: with the L = 2 of RFC 3465 the
 * window then grew by two segments a round trip.
 */
const SLOW_START = 8;
/** The same while something is sent again, where one ACK may speak of much that had arrived long before (RFC 3465 2.3). */
const SLOW_START_REPAIR = 2;

/** RFC 6928 2: ten segments, at least two, at most 14,600 bytes otherwise. */
export function initialWindow(mss: number): number {
  return Math.min(10 * mss, Math.max(2 * mss, 14_600));
}

/** `acked` bytes arrived outside recovery, of `flight` that were outstanding. */
export function grow(c: TcpConnection, acked: number, flight: number, now: number): void {
  // A window that was not used says nothing about the path (RFC 7661 1).
  if (flight << 1 < c.cwnd) return;
  if (c.cwnd < c.ssthresh) {
    const most = (c.board === undefined && c.sndNxt === c.sndMax ? SLOW_START : SLOW_START_REPAIR) * c.mss;
    c.cwnd += acked < most ? acked : most;
  } else {
    avoid(c, acked, now);
  }
  // Twice the window: one on its way, one to follow.
  if (c.cwnd << 1 > c.sendLimit && c.sendLimit < c.sendLimitMax && c.env.pool.roomy) {
    c.sendLimit = Math.min(c.cwnd << 1, c.sendLimitMax);
  }
}

/** `acked` new bytes were acknowledged; called before sndUna moves. True: send the first unacknowledged segment again. */
export function onNewAck(c: TcpConnection, ack: number, acked: number, now: number): boolean {
  const mss = c.mss;
  if (!c.recovering) {
    c.dupAcks = 0;
    grow(c, acked, (c.sndMax - c.sndUna) | 0, now);
    return false;
  }
  if (((ack - c.recover) | 0) >= 0) {
    // Full acknowledgment (RFC 6582 3.2 step 3, first choice).
    const flight = (c.sndMax - ack) | 0;
    c.cwnd = Math.min(c.ssthresh, Math.max(flight, mss) + mss);
    c.recovering = false;
    c.dupAcks = 0;
    return false;
  }
  // Partial acknowledgment: the next hole starts at `ack`.
  c.cwnd = Math.max(c.cwnd - acked, 0) + (acked >= mss ? mss : 0);
  if (c.cwnd < mss) c.cwnd = mss;
  return true;
}

/** True: send the first unacknowledged segment again. */
export function onDuplicateAck(c: TcpConnection): boolean {
  c.dupAcks++;
  if (c.recovering) {
    c.cwnd += c.mss;
    return false;
  }
  // RFC 6582 3.2 step 2: duplicates of what a timeout sent again do not start a second recovery.
  if (c.dupAcks !== DUPLICATE_ACKS || ((c.sndUna - 1 - c.recover) | 0) < 0) return false;
  reduceThreshold(c, (c.sndMax - c.sndUna) | 0);
  c.recover = c.sndMax;
  c.recovering = true;
  c.cwnd = c.ssthresh + 3 * c.mss;
  return true;
}

/** RFC 5681 3.1, RFC 6582 3.2 step 4. */
export function onRetransmissionTimeout(c: TcpConnection): void {
  // Only the first timeout of a segment halves: RFC 5681 equation 4.
  if (c.retries <= 1) reduceThreshold(c, (c.sndMax - c.sndUna) | 0);
  c.cwnd = c.mss;
  c.cwndAcked = 0;
  c.recover = c.sndMax;
  c.recovering = false;
  c.dupAcks = 0;
}

/** The window's share that may be used now, with limited transmit (RFC 3042). */
export function congestionWindow(c: TcpConnection): number {
  if (c.recovering || c.dupAcks === 0) return c.cwnd;
  return c.cwnd + (c.dupAcks < DUPLICATE_ACKS ? c.dupAcks : 2) * c.mss;
}
