import type { TcpConnection } from "./connection.ts";

/**
 * Paths that swallow large packets and whose routers' ICMP messages never come: after timeouts in a row smaller segments are
 * sent, and later one large segment tries whether the path takes it after all (RFC 4821 7.7, 7.3).
 */
export interface Narrow {
  /** Largest segment before. */
  before: number;
  /** When to try one of that size. */
  at: number;
  /** Until the try after that. */
  wait: number;
  /** The try that is on its way: its first number, and the one behind; the same: none. */
  start: number;
  end: number;
}

/** Timeouts in a row of a full segment before it is taken for too large: three lost packets are no rarity on a bad path. */
const TIMEOUTS = 3;
/** Between two steps. */
const MORE_TIMEOUTS = 2;
/** For paths of 1280, 1024 and 576 bytes: IPv6's least, what RFC 4821 7.2 begins with, and IPv4's least. */
const SIZES = [1220, 984, 536] as const;
/** Milliseconds until a large segment is tried, doubling up to what RFC 4821 7.3 has as its least for paths that did not change. */
const FIRST_TRY = 10_000;
const LAST_TRY = 600_000;

/** A timeout of data; `c.retries` counts it. True: segments are smaller from now on. */
export function onSilence(c: TcpConnection, now: number): boolean {
  const { narrow } = c;
  if (narrow !== undefined) forgetTry(narrow);
  if (c.retries < TIMEOUTS || (c.retries - TIMEOUTS) % MORE_TIMEOUTS !== 0) return false;
  // A small segment that is lost says nothing of its size.
  if (((c.sndMax - c.sndUna) | 0) < c.mss) return false;
  // A little less than before would prove nothing.
  const next = SIZES.find((size) => size < 0.9 * c.mss);
  if (next === undefined) return false;
  c.narrow = { before: narrow?.before ?? c.mss, at: now + FIRST_TRY, wait: 2 * FIRST_TRY, start: 0, end: 0 };
  c.mss = next;
  c.env.counters.blackHoles++;
  return true;
}

/** New data is about to leave. Returns the length of a large segment that may try the path now; 0: none. */
export function largerSegment(c: TcpConnection, narrow: Narrow, pending: number, usable: number, now: number): number {
  if (narrow.start !== narrow.end) {
    if (((c.sndUna - narrow.end) | 0) < 0) return 0;
    // It arrived.
    c.mss = narrow.before;
    c.narrow = undefined;
    return 0;
  }
  if (now < narrow.at || pending < narrow.before || usable < narrow.before) return 0;
  narrow.start = c.sndNxt;
  narrow.end = (c.sndNxt + narrow.before) | 0;
  narrow.at = now + narrow.wait;
  narrow.wait = Math.min(2 * narrow.wait, LAST_TRY);
  return narrow.before;
}

/** What the try consists of has to be sent again: it was in vain. */
export function forgetTry(narrow: Narrow): void {
  narrow.start = 0;
  narrow.end = 0;
}
