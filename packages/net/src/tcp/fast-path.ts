import { ACK_NUMBER, DATA_AT, DATA_LENGTH, SEQ, WINDOW_FIELD } from "../wire/segment-fields.ts";
import { writeRing } from "./buffers.ts";
import { reserveReceiveRing } from "./calls.ts";
import { noteRate } from "./congestion.ts";
import type { TcpConnection } from "./connection.ts";
import { ACK_DELAY } from "./limits.ts";
import { onNewAck } from "./new-reno.ts";
import { measureRoundTrip } from "./rto.ts";
import { ESTABLISHED, EVENT_OUTPUT, EVENT_READABLE, EVENT_WRITABLE } from "./state.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** `processFast` has not touched anything: give the segment to `process`. */
export const SLOW = -1;

/**
 * Header prediction: what `process` does with the segments that nearly all are, without its questions. For a segment with
 * ACK, maybe PSH, and no other flag, whose `fields` are those of `parseSegment`. Returns events, or SLOW.
 *
 * A typed array in place of a segment object, and properties read once: 1.5 us less a segment in the interpreter.
 */
export function processFast(c: TcpConnection, bytes: Uint8Array, fields: Int32Array, now: number): number {
  const seq = fields[SEQ]!;
  if (seq !== c.rcvNxt || c.state !== ESTABLISHED || c.recovering || c.keepAlive !== 0) return SLOW;
  const sndUna = c.sndUna;
  const ack = fields[ACK_NUMBER]!;
  const acked = (ack - sndUna) | 0;
  const sndMax = c.sndMax;
  if (acked < 0 || ((ack - sndMax) | 0) > 0) return SLOW;
  const window = fields[WINDOW_FIELD]! << c.sndShift;
  const dataLength = fields[DATA_LENGTH]!;
  if (acked === 0) {
    // A duplicate ACK, or news of the window.
    if (dataLength === 0 || window !== c.sndWnd) return SLOW;
  } else if (window === 0 || c.sndWnd === 0 || c.dupAcks !== 0 || ((c.sndWl1 - seq) | 0) > 0) {
    return SLOW;
  }
  let next = seq;
  if (dataLength > 0) {
    next = (seq + dataLength) | 0;
    if (c.ranges !== undefined || c.discard || ((c.rcvUser + c.rcvLimit - next) | 0) < 0) return SLOW;
    const held = c.receiveRing;
    if (held === undefined || ((next - c.rcvUser) | 0) > held.length) {
      if (c.env.pool.full) return SLOW;
      reserveReceiveRing(c, next);
    }
  }

  let events = 0;
  if (acked > 0) {
    if (c.rttAt >= 0 && ((ack - c.rttSeq) | 0) > 0) {
      const sample = now - c.rttAt;
      measureRoundTrip(c, sample);
      noteRate(c, (ack - c.rttUna) | 0, sample);
      c.rttAt = -1;
    }
    c.retries = 0;
    // Growing the congestion window matters only where it was used up.
    if (((sndMax - sndUna) | 0) << 1 >= c.cwnd) onNewAck(c, ack, acked, now);
    c.sndUna = ack;
    c.sndWnd = window;
    if (window > c.maxSndWnd) c.maxSndWnd = window;
    c.sndWl1 = seq;
    c.sndWl2 = ack;
    if (((c.sndNxt - ack) | 0) < 0) c.sndNxt = ack;
    if (ack === sndMax) {
      c.rtoAt = NEVER;
      if (ack === c.sndEnd && !c.parked) c.env.park(c);
    } else {
      c.rtoAt = now + c.pto;
    }
    if (c.sndEnd !== c.sndNxt) events = EVENT_OUTPUT;
    if (c.awaitsRoom) events |= EVENT_WRITABLE;
  }
  if (dataLength > 0) {
    const ring = c.receiveRing!;
    const at = seq & (ring.length - 1);
    const dataAt = fields[DATA_AT]!;
    if (at + dataLength <= ring.length) c.env.bytes.copy(ring, at, bytes, dataAt, dataLength);
    else writeRing(ring, seq, bytes, dataAt, dataLength, c.env.bytes.copy);
    c.rcvNxt = next;
    if (dataLength > c.rcvMss) c.rcvMss = dataLength < c.env.mss ? dataLength : c.env.mss;
    const pending = c.ackPending + dataLength;
    c.ackPending = pending;
    if (pending >= c.rcvMss << 1) {
      c.ackNow = true;
      events |= EVENT_OUTPUT;
    } else if (c.ackAt === NEVER) {
      c.ackAt = now + ACK_DELAY;
    }
    if (c.awaitsData) events |= EVENT_READABLE;
  }
  return events;
}
