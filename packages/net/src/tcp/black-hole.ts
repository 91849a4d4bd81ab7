import type { TcpConnection } from "./connection.ts";
import type { Scoreboard } from "./scoreboard.ts";

/**
 * What a path takes, where routers do not say it (RFC 4821). A path that swallows large packets gets smaller ones after timeouts
 * in a row (7.7). From a size that gets through, larger ones are tried later, one segment of data each (7.3): the largest
 * first, as most such silences were something else, then halving what is left between what arrived and what did not.
 */
export interface Narrow {
  /** The largest segment that makes sense. */
  readonly before: number;
  /** The smallest that is known not to arrive; 0: none of this search. */
  failed: number;
  /** When to try the next size. */
  at: number;
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
/** Milliseconds until a larger segment is tried, and after each try in vain. */
const BETWEEN_TRIES = 10_000;
/** Until a search begins again: PMTU_RAISE_TIMER (RFC 8899 5.1.1), and how old what routers said may grow (RFC 8201 4). */
const BETWEEN_SEARCHES = 600_000;
/** A search that has come so near ends: what is left is less than two parts in a hundred. */
const NEAR = 16;

/** A search for segments up to `before`, `wait` from now. */
export function searchUpwards(before: number, now: number, wait: number = BETWEEN_SEARCHES): Narrow {
  return { before, failed: 0, at: now + wait, start: 0, end: 0 };
}

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
  c.narrow = searchUpwards(narrow?.before ?? c.mss, now, BETWEEN_TRIES);
  c.mss = next;
  c.env.counters.blackHoles++;
  return true;
}

/** New data is about to leave. Returns the length of a larger segment that may try the path now; 0: none. */
export function largerSegment(c: TcpConnection, narrow: Narrow, pending: number, usable: number, now: number): number {
  if (narrow.start !== narrow.end) {
    if (((c.sndUna - narrow.end) | 0) < 0) return 0;
    // It arrived.
    c.mss = (narrow.end - narrow.start) | 0;
    forget(narrow);
    narrow.at = now;
    if (c.mss >= narrow.before) {
      c.narrow = undefined;
      return 0;
    }
  }
  if (now < narrow.at) return 0;
  const { before, failed } = narrow;
  if (failed > 0 && failed - c.mss <= NEAR) {
    narrow.failed = 0;
    narrow.at = now + BETWEEN_SEARCHES;
    return 0;
  }
  const size = failed > 0 ? (c.mss + failed) >> 1 : before;
  if (pending < size || usable < size) return 0;
  narrow.start = c.sndNxt;
  narrow.end = (c.sndNxt + size) | 0;
  narrow.at = now + BETWEEN_TRIES;
  return size;
}

/** Whether larger segments are being tried, or it is time to: they leave one by one then. */
export function triesLarger(narrow: Narrow, now: number): boolean {
  return narrow.start !== narrow.end || now >= narrow.at;
}

/** Whether `length` bytes from `seq` on are the try: a device that cuts segments must not cut it. */
export function isTry(narrow: Narrow | undefined, seq: number, length: number): boolean {
  return (
    narrow !== undefined && narrow.start !== narrow.end && seq === narrow.start && length === ((narrow.end - seq) | 0)
  );
}

/**
 * Whether all that is lost is the try: its size was to blame, not congestion (RFC 4821 7.5). What left with it has arrived, or is
 * not known to be lost.
 */
export function onlyTryLost(narrow: Narrow | undefined, board: Scoreboard): boolean {
  if (narrow === undefined || narrow.start === narrow.end) return false;
  for (const { lost, start, end } of board.sent) {
    if (lost && (((start - narrow.start) | 0) < 0 || ((end - narrow.end) | 0) > 0)) return false;
  }
  return true;
}

/** What the try consists of has to be sent again: it was in vain. */
export function forgetTry(narrow: Narrow): void {
  if (narrow.start === narrow.end) return;
  narrow.failed = (narrow.end - narrow.start) | 0;
  forget(narrow);
}

function forget(narrow: Narrow): void {
  narrow.start = 0;
  narrow.end = 0;
}
