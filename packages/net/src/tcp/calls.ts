import { type SynOptions, TIMESTAMPS_PADDED } from "../wire/tcp-options.ts";
import { moveRing, type Ring, readRing, ringCapacity, writeRing } from "./buffers.ts";
import type { CongestionName } from "./congestion.ts";
import type { TcpConnection, TcpFailure } from "./connection.ts";
import { acceptEcn } from "./ecn.ts";
import { TIMESTAMPS } from "./extras.ts";
import {
  DEFAULT_MSS,
  LEAST_LIMIT,
  LEAST_OFFER,
  LONG_READ,
  MIN_MSS,
  MIN_RING,
  PRESSURE_LIMIT,
  SHORT_PATH,
} from "./limits.ts";
import { initialWindow } from "./new-reno.ts";
import {
  CLOSE_WAIT,
  CLOSED,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./state.ts";

/** The user's calls of RFC 9293 3.10. None of them sends: `dispatch` does. */

export interface TcpOptionsOfUser {
  readonly receiveLimit: number;
  readonly sendLimit: number;
  readonly noDelay: boolean;
  /** Milliseconds; 0: none. */
  readonly keepAlive: number;
  readonly congestion: CongestionName;
  /** Milliseconds; 0: none. */
  readonly userTimeout: number;
  /** What the limits may grow to; at least they themselves. */
  readonly receiveLimitMax: number;
  readonly sendLimitMax: number;
  /** Offer timestamps, and accept them (RFC 7323). */
  readonly timestamps: boolean;
  /** `ECN_OFF`, `ECN_ACCEPT` or `ECN_REQUEST`. */
  readonly ecn: number;
}

/** Smallest shift that can express the whole buffer (RFC 7323 2.3). */
export function windowShift(limit: number): number {
  let shift = 0;
  while (limit >> shift > 0xffff) shift++;
  return shift;
}

function setUp(c: TcpConnection, iss: number, options: TcpOptionsOfUser): void {
  c.iss = iss;
  c.sndUna = iss;
  c.sndNxt = iss;
  c.sndMax = iss;
  c.sndEnd = (iss + 1) | 0;
  c.rcvShift = windowShift(options.receiveLimitMax);
  // Mostly what every connection has already: see `SELDOM_CHANGED`.
  if (options.sendLimit !== c.sendLimit) c.sendLimit = options.sendLimit;
  if (options.receiveLimit !== c.rcvLimit) {
    c.rcvLimit = options.receiveLimit;
    c.rcvOffer = options.receiveLimit;
  }
  if (options.sendLimitMax !== c.sendLimitMax) c.sendLimitMax = options.sendLimitMax;
  if (options.receiveLimitMax !== c.rcvLimitMax) c.rcvLimitMax = options.receiveLimitMax;
  if (options.userTimeout !== c.userTimeout) c.userTimeout = options.userTimeout;
  if (options.noDelay !== c.noDelay) c.noDelay = options.noDelay;
  if (options.keepAlive !== c.keepAlive) c.keepAlive = options.keepAlive;
  if (options.congestion !== c.congestion) c.congestion = options.congestion;
  if (options.ecn !== c.ecnWanted) c.ecnWanted = options.ecn;
}

/** RFC 9293 3.7.1, RFC 7323 2.2 and 3.2, RFC 2018 2, RFC 3168 6.1.1; `answer`: of a SYN-ACK. */
export function acceptOptions(c: TcpConnection, syn: SynOptions, flags: number, answer: boolean, now: number): void {
  const { mss, windowScale: scale } = syn;
  c.sackOk = syn.sackPermitted;
  if (!c.sackOk) c.recover = c.iss;
  const offered = mss === 0 ? DEFAULT_MSS : Math.max(mss, MIN_MSS);
  c.mss = Math.min(offered, c.env.mss);
  const { ts } = c;
  if (ts !== undefined && syn.timestamps) {
    c.extras |= TIMESTAMPS;
    ts.recent = syn.tsVal;
    ts.recentAt = now;
    // "Eff.snd.MSS … less options" (RFC 9293 3.7.1).
    c.mss -= TIMESTAMPS_PADDED;
  } else if (ts !== undefined) {
    c.ts = undefined;
  }
  acceptEcn(c, flags, answer);
  c.cwnd = initialWindow(c.mss);
  if (scale < 0) {
    c.rcvShift = 0;
    c.scaleOffered = false;
  } else {
    c.sndShift = scale;
  }
}

/** `offset`: of our timestamps, where the user wants them; see `SequenceNumbers.timestampOffset`. */
export function openActive(c: TcpConnection, iss: number, options: TcpOptionsOfUser, offset = 0): void {
  setUp(c, iss, options);
  if (options.timestamps) c.ts = { offset, recent: 0, recentAt: 0 };
  c.active = true;
  c.state = SYN_SENT;
}

/** A SYN for a listener: its number, unscaled window and options. */
export function openPassive(
  c: TcpConnection,
  iss: number,
  options: TcpOptionsOfUser,
  syn: SynOptions & { readonly seq: number; readonly window: number; readonly flags: number },
  now: number,
  offset = 0,
): void {
  setUp(c, iss, options);
  if (options.timestamps) c.ts = { offset, recent: 0, recentAt: 0 };
  acceptOptions(c, syn, syn.flags, false, now);
  c.rcvNxt = (syn.seq + 1) | 0;
  c.rcvUser = c.rcvNxt;
  c.rcvAdv = c.rcvNxt;
  c.tuneSeq = c.rcvNxt;
  c.sndWnd = syn.window;
  c.maxSndWnd = syn.window;
  c.sndWl1 = syn.seq;
  c.sndWl2 = iss;
  c.state = SYN_RECEIVED;
}

/** Bytes that can be read now. */
export function readableLength(c: TcpConnection): number {
  return ((c.rcvNxt - c.rcvUser) | 0) - (c.finReceived ? 1 : 0);
}

/** Takes out up to `length` bytes. `c.ackNow` is then set when the window grew enough to say so. */
export function readBytes(c: TcpConnection, into: Uint8Array, offset: number, length: number): number {
  const user = c.rcvUser;
  const available = ((c.rcvNxt - user) | 0) - (c.finReceived ? 1 : 0);
  let taken = available < length ? available : length;
  // What the application holds is memory, too.
  if (taken > PRESSURE_LIMIT && c.env.pool.pressure) taken = PRESSURE_LIMIT;
  if (taken <= 0) return 0;
  const ring = c.receiveRing!;
  const at = user & (ring.length - 1);
  const { env } = c;
  const { bytes } = env;
  if (at + taken <= ring.length) bytes.copy(into, offset, ring, at, taken);
  else readRing(ring, user, into, offset, taken, bytes.copy);
  const next = (user + taken) | 0;
  c.rcvUser = next;
  if (taken === available && !c.parked) {
    // Kept for a moment: a request that comes right behind finds it, and saves 1 us.
    if (c.detached) c.receiveRing = undefined;
    else env.park(c);
  }
  let limit = c.rcvOffer;
  if (((next - c.tuneSeq) | 0) >= 0) limit = tuneWindow(c, next);
  const gain = (next + limit - c.rcvAdv) | 0;
  const { mss } = env;
  // Clark: no small steps (RFC 9293 3.8.6.2.2); big ones early, so that the sender never stands still.
  if (gain >= limit >> 1 || (gain >= mss && ((c.rcvAdv - c.rcvNxt) | 0) < mss << 1)) {
    const { pressure } = env.pool;
    if (!c.finReceived && c.state !== CLOSED && !pressure) c.ackNow = true;
    else if (pressure && ((next + PRESSURE_LIMIT - c.rcvAdv) | 0) >= mss) c.ackNow = !c.finReceived;
  }
  return taken;
}

/**
 * The user has read a whole window. When that took no longer than two round trips, the window is what holds the sender back:
 * it doubles, while half of the memory for buffers is free.
 *
 * On a path as short as to the next machine no window holds anybody back for long, and what does not arrive at once lies in
 * queues on the way: 32 senders with windows of 128 KiB overflow the thousand packets of a Linux tap. Windows shrink there
 * while it takes long to read them; not where the device joins segments, as such queues hold forty times as much, and small
 * windows leave little to join: an echo over virtio would run at half the speed.
 */
function tuneWindow(c: TcpConnection, next: number): number {
  const { now } = c.env;
  const { rcvLimit: limit, rcvOffer: offer } = c;
  const taken = c.tuneAt > 0 ? now - c.tuneAt : 0;
  // A round trip within one poll is none for `minRtt`, but the shortest there is.
  if (c.env.large === 0 && (c.minRtt < SHORT_PATH || (c.srtt >= 0 && c.srtt < SHORT_PATH))) {
    if (taken > LONG_READ) c.rcvOffer = Math.min(offer, Math.max(offer >> 1, LEAST_OFFER));
    else if (taken < LONG_READ / 8) c.rcvOffer = Math.min(offer << 1, limit);
  } else if (limit < c.rcvLimitMax && c.srtt > 0 && c.tuneAt > 0 && taken <= 2 * c.srtt && c.env.pool.roomy) {
    c.rcvLimit = Math.min(limit * 2, c.rcvLimitMax);
    c.rcvOffer = c.rcvLimit;
  }
  c.tuneAt = now;
  c.tuneSeq = (next + c.rcvOffer) | 0;
  return c.rcvOffer;
}

/** Gives back rings that are empty. */
export function releaseEmptyRings(c: TcpConnection): void {
  if (c.sendRing !== undefined && ((c.sndEnd - c.sndUna) | 0) <= 0) releaseSendRing(c);
  releaseReceiveRing(c);
}

export function receiveLimit(c: TcpConnection): number {
  return c.env.pool.pressure && c.rcvLimit > PRESSURE_LIMIT ? PRESSURE_LIMIT : c.rcvLimit;
}

/** Gives the ring back when nothing is in it. */
export function releaseReceiveRing(c: TcpConnection): void {
  const ring = c.receiveRing;
  if (ring === undefined || readableLength(c) > 0) return;
  if (c.ranges !== undefined && c.ranges.count > 0 && c.state !== CLOSED && c.state !== TIME_WAIT) return;
  c.receiveRing = undefined;
  // The next one is as large as this one had to be, and half of that once it was hardly used.
  c.receiveCapacity = nextCapacity(ring.length, (c.rcvUser - c.receiveMark) | 0);
  if (!c.detached) c.env.pool.release(ring);
}

function nextCapacity(capacity: number, used: number): number {
  return used < capacity >> 1 && capacity > MIN_RING ? capacity >> 1 : capacity;
}

/** How much of what begins at `seq` is taken: what the window is, and while far too much is held what the ring has anyway. */
export function receiveRoom(c: TcpConnection, seq: number): number {
  let limit = c.rcvLimit;
  if (c.env.pool.full && !c.discard) {
    const held = c.receiveRing === undefined ? 0 : c.receiveRing.length;
    limit = Math.min(limit, Math.max(held, LEAST_LIMIT));
  }
  return (c.rcvUser + limit - seq) | 0;
}

/** Makes the receive ring hold everything up to `end`. */
export function reserveReceiveRing(c: TcpConnection, end: number): void {
  const needed = (end - c.rcvUser) | 0;
  const ring = c.receiveRing;
  if (ring === undefined) {
    const { pool } = c.env;
    const asBefore = needed <= c.receiveCapacity && !pool.pressure;
    c.receiveRing = pool.acquire(asBefore ? c.receiveCapacity : ringCapacity(needed));
    c.receiveMark = c.rcvUser;
  } else if (needed > ring.length) {
    const larger = c.env.pool.acquire(ringCapacity(needed));
    moveRing(ring, larger, c.rcvUser, ring.length, c.env.bytes.copy);
    c.receiveRing = larger;
    c.env.pool.release(ring);
  }
}

/** Bytes that `writeBytes` would take now. */
export function writableLength(c: TcpConnection): number {
  if (c.finQueued || (c.state !== ESTABLISHED && c.state !== CLOSE_WAIT)) return 0;
  const { pool } = c.env;
  let limit = c.sendLimit;
  if (pool.pressure) limit = Math.min(limit, pool.full ? LEAST_LIMIT : PRESSURE_LIMIT);
  const free = limit - ((c.sndEnd - c.sndUna) | 0);
  return free > 0 ? free : 0;
}

/** Takes up to `length` bytes into the send buffer and returns how many. */
export function writeBytes(c: TcpConnection, from: Uint8Array, offset: number, length: number): number {
  let taken = writableLength(c);
  if (taken > length) taken = length;
  if (taken <= 0) return 0;
  const end = c.sndEnd;
  const needed = ((end - c.sndUna) | 0) + taken;
  let ring = c.sendRing;
  if (ring === undefined || needed > ring.length) ring = reserveSendRing(c, needed);
  const at = end & (ring.length - 1);
  const { bytes } = c.env;
  if (at + taken <= ring.length) bytes.copy(ring, at, from, offset, taken);
  else writeRing(ring, end, from, offset, taken, bytes.copy);
  c.sndEnd = (end + taken) | 0;
  return taken;
}

/** Makes the send ring hold `needed` bytes. */
function reserveSendRing(c: TcpConnection, needed: number): Ring {
  const pool = c.env.pool;
  const ring = c.sendRing;
  if (ring === undefined) {
    c.sendMark = c.sndEnd;
    const asBefore = needed <= c.sendCapacity && !pool.pressure;
    c.sendRing = pool.acquire(asBefore ? c.sendCapacity : ringCapacity(needed));
  } else {
    c.sendRing = pool.acquire(ringCapacity(needed));
    moveRing(ring, c.sendRing, c.sndUna, ring.length, c.env.bytes.copy);
    pool.release(ring);
  }
  return c.sendRing;
}

/** Gives the send ring back once everything was acknowledged. */
export function releaseSendRing(c: TcpConnection): void {
  const ring = c.sendRing;
  if (ring === undefined) return;
  c.sendRing = undefined;
  c.sendCapacity = nextCapacity(ring.length, (c.sndEnd - c.sendMark) | 0);
  c.env.pool.release(ring);
}

/** Ends our direction behind what was written. */
export function closeSend(c: TcpConnection): void {
  if (c.finQueued) return;
  if (c.state === ESTABLISHED) {
    c.finQueued = true;
    c.state = FIN_WAIT_1;
  } else if (c.state === CLOSE_WAIT) {
    c.finQueued = true;
    c.state = LAST_ACK;
  }
}

/** From now on what arrives is acknowledged and thrown away. */
export function discardReceived(c: TcpConnection, now: number, patience: number): void {
  if (c.discard) return;
  c.discard = true;
  c.rcvUser = c.finReceived ? (c.rcvNxt - 1) | 0 : c.rcvNxt;
  releaseReceiveRing(c);
  if (c.state === FIN_WAIT_2) c.rtoAt = now + patience;
  else if (c.state === ESTABLISHED || c.state === FIN_WAIT_1) c.ackNow = true;
}

/** To CLOSED, with everything given back. */
export function destroy(c: TcpConnection, error: TcpFailure | undefined): void {
  c.state = CLOSED;
  if (error !== undefined && c.error === undefined) c.error = error;
  c.rtoAt = Number.POSITIVE_INFINITY;
  c.ackAt = Number.POSITIVE_INFINITY;
  c.ackNow = false;
  if (c.sendRing !== undefined) releaseSendRing(c);
  if (c.ranges !== undefined) c.ranges = undefined;
  if (c.board !== undefined) c.board = undefined;
  if (c.undo !== undefined) c.undo = undefined;
  if (error !== undefined) c.rcvUser = c.finReceived ? (c.rcvNxt - 1) | 0 : c.rcvNxt;
  releaseReceiveRing(c);
  if (c.receiveRing !== undefined && !c.detached) {
    // What was not read yet stays readable, but is no longer the stack's memory: the flow may be forgotten at any time.
    c.detached = true;
    c.env.pool.forget(c.receiveRing);
  }
}

/** Whether a connection that is aborted now must tell its peer (RFC 9293 3.10.5). */
export function abortNeedsReset(c: TcpConnection): boolean {
  return c.state !== CLOSED && c.state !== SYN_SENT && c.state !== TIME_WAIT;
}
