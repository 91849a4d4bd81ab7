import type { TcpSegment } from "../wire/tcp.ts";
import type { TcpConnection } from "./connection.ts";

/** Timestamps (RFC 7323) of one connection. The clock ticks milliseconds; its origin differs from pair to pair (7.1). */
export interface Timestamps {
  /** What is added to the time to make our timestamp, modulo 2^32. */
  readonly offset: number;
  /** TS.Recent: what the peer hears back. int32. */
  recent: number;
  /** When that was noted. */
  recentAt: number;
}

/** "If the connection has been idle more than 24 days" TS.Recent says nothing any more (RFC 7323 5.5): the clock has wrapped. */
export const RECENT_LENGTH = 24 * 24 * 3_600_000;

/** Our timestamp at `now`. */
export function timestampAt(offset: number, now: number): number {
  return (now + offset) | 0;
}

/** PAWS (RFC 7323 5.3 R1): whether `value` is older than what the peer has already said. */
export function isOld(ts: Timestamps, value: number, now: number): boolean {
  return ((value - ts.recent) | 0) < 0 && now - ts.recentAt < RECENT_LENGTH;
}

/**
 * RFC 7323 4.3: the timestamp of an acceptable segment is echoed when the segment begins at or before the last ACK sent. That
 * is what was received less what no ACK has covered.
 */
export function noteTimestamp(c: TcpConnection, ts: Timestamps, s: TcpSegment, now: number): void {
  if (((s.seq - c.rcvNxt + c.ackPending) | 0) > 0) return;
  if (((s.tsVal - ts.recent) | 0) < 0 && now - ts.recentAt < RECENT_LENGTH) return;
  ts.recent = s.tsVal;
  ts.recentAt = now;
}

/**
 * The round trip that an echoed timestamp shows, milliseconds; -1: none that could be true. Taken only where Karn's rule
 * forbids the clock: that one is finer than a millisecond, and one measurement a round trip is what RFC 6298 is made for.
 */
export function echoedRoundTrip(ts: Timestamps, echo: number, now: number): number {
  const sample = (timestampAt(ts.offset, now) - echo) | 0;
  return echo !== 0 && sample >= 0 && sample < 600_000 ? (sample > 0 ? sample : 1) : -1;
}
