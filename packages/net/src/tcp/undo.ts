import type { TcpSegment } from "../wire/tcp.ts";
import { SACK_BLOCK_LENGTH } from "../wire/tcp-options.ts";
import type { TcpConnection } from "./connection.ts";
import { DUPLICATE } from "./extras.ts";
import { restoreRto } from "./rto.ts";
import { dropBoard, OPEN } from "./scoreboard.ts";
import { timestampAt } from "./timestamps.ts";

/** What a recovery changed, kept until it is known whether there was a loss at all. */
export interface Undo {
  cwnd: number;
  ssthresh: number;
  /** What the recovery was about. */
  start: number;
  end: number;
  /** Bytes that were sent again and not yet reported as duplicates. */
  left: number;
  again: number;
  at: number;
  /** Our timestamp when it began. */
  stamp: number;
}

/** After this long a duplicate says nothing about a recovery any more, milliseconds. */
const UNDO_LENGTH = 60_000;
/** RFC 8985 6.2 step 4: so many recoveries without a duplicate take the reordering window back to a quarter of a round trip. */
const REORDER_PERSISTENCE = 16;
const MAX_REORDER_STEPS = 16;

/** A recovery, or the backoff after a timeout, begins: before anything is reduced. */
export function rememberWindow(c: TcpConnection, now: number): void {
  // A timeout in a recovery goes on with what was before that.
  if (c.undo !== undefined && c.recovering && ((c.sndUna - c.undo.end) | 0) < 0) return;
  // Nothing is known of reordering: the first report of it counts.
  if (c.reorderLeft === 0) c.reorderRound = c.sndUna;
  c.undo = {
    cwnd: c.cwnd,
    ssthresh: c.ssthresh,
    start: c.sndUna,
    end: c.sndMax,
    left: 0,
    again: 0,
    at: now,
    stamp: c.ts === undefined ? 0 : timestampAt(c.ts.offset, now),
  };
}

/** `length` bytes are sent again. */
export function noteResent(c: TcpConnection, length: number): void {
  const { undo } = c;
  if (undo === undefined) return;
  undo.left += length;
  undo.again += length;
}

/**
 * Reads the first SACK block: does it report data that came twice (RFC 2883 4)? Then a retransmission was not needed: the
 * path reorders more than was thought, and when all of a recovery's were not, the recovery is undone (RFC 3708 2).
 */
export function processDuplicateReport(c: TcpConnection, s: TcpSegment, now: number): void {
  const { bytes, sackAt: at } = s;
  const start = readNumber(bytes, at);
  const end = readNumber(bytes, at + 4);
  if (((end - start) | 0) <= 0 || ((end - c.sndMax) | 0) > 0 || ((start - s.ack) | 0) > 0x3fffffff) return;
  if (((start - s.ack) | 0) >= 0) {
    if (s.sackCount < 2) return;
    const next = at + SACK_BLOCK_LENGTH;
    if (((start - readNumber(bytes, next)) | 0) < 0 || ((readNumber(bytes, next + 4) - end) | 0) < 0) return;
  } else if (((end - s.ack) | 0) > 0) {
    return;
  }
  c.env.counters.duplicatesReported++;
  const { undo } = c;
  if (undo === undefined || now - undo.at > UNDO_LENGTH) return;
  // Networks duplicate, too: only what was sent again tells.
  if (undo.again === 0 || ((start - undo.start) | 0) < 0 || ((end - undo.end) | 0) > 0) return;
  // Once a round trip.
  if (c.sackOk && ((s.ack - c.reorderRound) | 0) >= 0) {
    c.reorderRound = c.sndMax;
    c.reordered = true;
    if (c.reorderSteps < MAX_REORDER_STEPS) c.reorderSteps++;
    c.reorderLeft = REORDER_PERSISTENCE;
  }
  undo.left -= (end - start) | 0;
  if (undo.left <= 0) undoRecovery(c, undo, now);
}

/** Eifel (RFC 3522 3.2): the ACK of new data echoes a timestamp from before the retransmission, so the original arrived. */
export function processEcho(c: TcpConnection, s: TcpSegment, now: number): void {
  const undo = c.undo!;
  if (undo.again === 0 || ((s.tsEcr - undo.stamp) | 0) >= 0) return;
  if (((s.ack - undo.start) | 0) <= 0 || ((s.ack - undo.end) | 0) > 0 || now - undo.at > UNDO_LENGTH) return;
  undoRecovery(c, undo, now);
}

/** A recovery ends. */
export function noteRecovered(c: TcpConnection): void {
  if (c.reorderSteps === 1) return;
  c.reorderLeft--;
  if (c.reorderLeft === 0) c.reorderSteps = 1;
}

/** There was no loss: the windows are again what they were, and nothing counts as lost. */
export function undoRecovery(c: TcpConnection, undo: Undo, now: number): void {
  c.undo = undefined;
  c.env.counters.undone++;
  if (c.cwnd < undo.cwnd) c.cwnd = undo.cwnd;
  if (c.ssthresh < undo.ssthresh) c.ssthresh = undo.ssthresh;
  c.retries = 0;
  restoreRto(c);
  const { board } = c;
  if (board === undefined) {
    c.recovering = false;
    c.dupAcks = 0;
    c.resend = false;
    // What a timeout took back is on its way after all.
    c.sndNxt = c.sndMax;
  } else {
    board.phase = OPEN;
    board.findAll();
    let missing = false;
    for (const segment of board.sent) if (segment.sacked) missing = true;
    if (!missing) dropBoard(c);
    c.resend = false;
  }
  if (c.sndUna !== c.sndMax) c.rtoAt = now + c.rto;
  if (c.board !== undefined) c.board.rtoAt = c.rtoAt;
}

/** [start, end) came again: the next ACK says so. */
export function noteDuplicate(c: TcpConnection, start: number, end: number): void {
  if (!c.sackOk || ((end - start) | 0) <= 0) return;
  c.duplicateStart = start;
  c.duplicateEnd = end;
  c.extras |= DUPLICATE;
}

function readNumber(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
