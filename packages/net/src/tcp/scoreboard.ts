import type { TcpConnection } from "./connection.ts";

/** One segment that was sent, or a part of one. */
export interface Sent {
  start: number;
  end: number;
  /** Number of its last transmission: who left later has the larger one. */
  order: number;
  /** When that was, milliseconds; -1: before the scoreboard was made. */
  sentAt: number;
  /** When something that left later arrived; -1: not yet. */
  overtakenAt: number;
  sacked: boolean;
  /** Taken for lost, and not sent again since. */
  lost: boolean;
  resent: boolean;
}

/** Nothing is known to be lost. */
export const OPEN = 0;
/** Fast recovery (RFC 6675 5). */
export const RECOVERY = 1;
/** After a retransmission timeout. */
export const LOSS = 2;

/**
 * What is on its way, in order, and what of it arrived. Made when the first SACK, timeout or tail probe needs it and dropped
 * when nothing is missing: a transfer without losses pays nothing for it.
 */
export class Scoreboard {
  readonly sent: Sent[] = [];
  phase = OPEN;
  /** Recovery ends when this number is acknowledged. */
  recover = 0;
  /** Bytes that are on their way: neither arrived nor taken for lost (RFC 6675 4). */
  pipe = 0;
  /** `order` of whatever left last among what arrived: RACK.segment of RFC 8985. */
  arrived = -1;
  nextOrder = 0;
  /** Shortest round trip that the ACK at hand has shown; -1: none. */
  sample = -1;
  /** Bytes that arrived since the board was made. */
  delivered = 0;
  /** A round trip: from a transmission to the first arrival of it or a later one. */
  roundOrder = 0;
  roundAt = -1;
  roundDelivered = 0;
  /** Proportional rate reduction (RFC 6937 3). */
  prrDelivered = 0;
  prrOut = 0;
  prrFlight = 0;
  /** Bytes that may be sent beyond the window, once. */
  force = 0;
  /** Retransmission timeout, and when segments that were overtaken are taken for lost. */
  rtoAt: number = Number.POSITIVE_INFINITY;
  reorderAt: number = Number.POSITIVE_INFINITY;
  /** A tail probe sent old data again up to here. */
  probeEnd = 0;
  probed = false;
  /** After a timeout: ACKs of what was not sent again since, or so shortly ago that they cannot be answers to that. */
  originals = 0;
  original = false;

  constructor(c: TcpConnection) {
    const step = c.mss;
    let start = c.sndUna;
    while (((c.sndMax - start) | 0) > 0) {
      let end = (start + step) | 0;
      if (((c.sndMax - end) | 0) < 0) end = c.sndMax;
      // After a timeout without SACK, sndNxt has gone back: what lies beyond it is not on its way.
      this.#push(start, end, -1, ((start - c.sndNxt) | 0) >= 0);
      start = end;
    }
    this.count();
  }

  /** New data left. */
  add(start: number, end: number, now: number): void {
    if (this.roundAt < 0) {
      this.roundAt = now;
      this.roundOrder = this.nextOrder;
      this.roundDelivered = this.delivered;
    }
    this.#push(start, end, now, false);
    this.pipe += (end - start) | 0;
    this.prrOut += (end - start) | 0;
  }

  /** A lost segment left again. */
  again(segment: Sent, now: number): void {
    const length = (segment.end - segment.start) | 0;
    if (this.roundAt < 0) {
      this.roundAt = now;
      this.roundOrder = this.nextOrder;
      this.roundDelivered = this.delivered;
    }
    segment.order = this.nextOrder++;
    segment.sentAt = now;
    segment.overtakenAt = -1;
    segment.lost = false;
    segment.resent = true;
    this.pipe += length;
    this.prrOut += length;
  }

  /** Cuts the segment at `index` in two at `seq`. */
  split(index: number, seq: number): void {
    const first = this.sent[index]!;
    this.sent.splice(index + 1, 0, { ...first, start: seq });
    first.end = seq;
  }

  /** Takes everything that has not arrived for lost; `renege`: what was said to have arrived, too (RFC 2018 8). */
  loseAll(renege: boolean): void {
    for (const segment of this.sent) {
      if (renege) segment.sacked = false;
      if (!segment.sacked) segment.lost = true;
      segment.overtakenAt = -1;
      // Its answer may have been lost, too: how long it took says nothing any more.
      segment.sentAt = -1;
    }
    this.count();
  }

  /** Nothing is lost: what has not arrived is on its way. */
  findAll(): void {
    for (const segment of this.sent) segment.lost = false;
    this.count();
  }

  count(): void {
    let pipe = 0;
    for (const segment of this.sent) {
      if (!segment.sacked && !segment.lost) pipe += (segment.end - segment.start) | 0;
    }
    this.pipe = pipe;
  }

  #push(start: number, end: number, sentAt: number, lost: boolean): void {
    this.sent.push({
      start,
      end,
      order: this.nextOrder++,
      sentAt,
      overtakenAt: -1,
      sacked: false,
      lost,
      resent: lost,
    });
  }
}

/** The scoreboard, made when there is none. */
export function openBoard(c: TcpConnection): Scoreboard {
  let board = c.board;
  if (board === undefined) {
    board = new Scoreboard(c);
    board.rtoAt = c.rtoAt;
    c.board = board;
    c.sndNxt = c.sndMax;
    c.recovering = true;
    c.rttAt = -1;
  }
  return board;
}

/** Nothing is missing any more, or SACK is of no use: back to the path without a scoreboard. */
export function dropBoard(c: TcpConnection): void {
  const board = c.board;
  if (board === undefined) return;
  c.board = undefined;
  c.recovering = false;
  c.resend = false;
  c.dupAcks = 0;
  if (c.rtoAt < board.rtoAt) c.rtoAt = board.rtoAt;
}
