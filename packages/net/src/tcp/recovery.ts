import type { TcpSegment } from "../wire/tcp.ts";
import { SACK_BLOCK_LENGTH } from "../wire/tcp-options.ts";
import { onlyTryLost, searchUpwards } from "./black-hole.ts";
import { noteRate, reduceThreshold } from "./congestion.ts";
import type { TcpConnection } from "./connection.ts";
import { DUPLICATE_ACKS, RTO_MIN } from "./limits.ts";
import { grow, initialWindow } from "./new-reno.ts";
import { measureRoundTrip, restoreRto } from "./rto.ts";
import { dropBoard, LOSS, OPEN, openBoard, RECOVERY, type Scoreboard, type Sent } from "./scoreboard.ts";
import { ESTABLISHED, TIME_WAIT } from "./state.ts";
import { noteRecovered, rememberWindow, undoRecovery } from "./undo.ts";

/**
 * Loss recovery with SACK: RACK-TLP (RFC 8985) finds what is lost, proportional rate reduction (RFC 6937) says how much to
 * send meanwhile.
 *
 * RACK rather than the counting of RFC 6675, because it also finds retransmissions that were lost: on a path that loses one
 * segment in five nearly every recovery has some, and each would cost a timeout. It needs no time for each segment here:
 * segments are numbered in the order in which they left, and one that is overtaken is lost a quarter of a round trip
 * later, or at once where the path has never been seen to reorder and three segments have arrived behind.
 */

/** How often a retransmission that was answered in time ends the backoff of the RTO, for each measured round trip. */
const TRUST = 4;
/**
 * So many ACKs of originals tell that nothing was lost when a timeout came (RFC 5682 3, whose evidence this is; it sends new
 * data meanwhile, where this goes on with repairs and sees by their time that ACKs cannot be answers to them). One alone may
 * speak of what had arrived behind a hole.
 */
const ORIGINALS = 2;
const NEVER = Number.POSITIVE_INFINITY;

/** An ACK of a peer that permits SACK, while something may be missing: called before sndUna moves to `ack`. */
export function onSack(c: TcpConnection, s: TcpSegment, ack: number, acked: number, now: number): void {
  const board = openBoard(c);
  const flight = (c.sndMax - c.sndUna) | 0;
  const before = board.delivered;
  board.original = false;
  takeCumulative(c, board, ack, now);
  for (let block = 0; block < s.sackCount; block++) takeBlock(c, board, s, block, ack, now);
  if (board.sample >= 0) {
    // Of what this ACK is the first to speak of, the youngest: the news of the others may have been lost on its way.
    if (board.sample > 0 && board.sample < c.minRtt) c.minRtt = board.sample;
    measureRoundTrip(c, board.sample);
    c.trusted = TRUST;
    board.sample = -1;
  }
  const delivered = board.delivered - before;
  if (board.roundAt >= 0 && board.arrived >= board.roundOrder) {
    noteRate(c, board.delivered - board.roundDelivered, now - board.roundAt);
    board.roundAt = -1;
  }
  if (acked > 0) {
    c.sndUna = ack;
    board.rtoAt = ack === c.sndMax ? NEVER : now + c.rto;
  }
  if (board.phase === LOSS && board.original && ++board.originals === ORIGINALS && c.undo !== undefined) {
    undoRecovery(c, c.undo, now);
    return;
  }
  const newlyLost = findLost(c, board, now);
  if (board.phase !== OPEN && ((ack - board.recover) | 0) >= 0) {
    if (board.phase === RECOVERY) c.cwnd = c.ssthresh;
    noteRecovered(c);
    board.phase = OPEN;
  }
  if (newlyLost && board.phase === OPEN && !onlyTryLost(c.narrow, board)) enterRecovery(c, board, flight, now);
  if (board.phase === RECOVERY) {
    reduceProportionally(c, board, delivered);
  } else if (delivered > 0) {
    if (board.probeEnd !== 0 && ((ack - board.probeEnd) | 0) >= 0 && board.phase === OPEN && s.sackCount === 0) {
      // RFC 8985 7.4: the probe itself repaired a loss.
      board.probeEnd = 0;
      reduceThreshold(c, flight);
      if (c.cwnd > c.ssthresh) c.cwnd = c.ssthresh;
    } else {
      grow(c, delivered, flight, now);
    }
  }
  settle(c, board);
}

/** `reorderAt` has come. */
export function onReorderTimer(c: TcpConnection, now: number): void {
  const board = c.board!;
  const newlyLost = findLost(c, board, now);
  if (newlyLost && board.phase === OPEN && !onlyTryLost(c.narrow, board)) {
    enterRecovery(c, board, (c.sndMax - c.sndUna) | 0, now);
  }
  if (board.phase === RECOVERY) reduceProportionally(c, board, 0);
  settle(c, board);
}

/** Everything that has not arrived is lost (RFC 6675 5.1). `cwnd` is the caller's. */
export function onSackTimeout(c: TcpConnection): void {
  const board = openBoard(c);
  c.recovering = true;
  // The first missing segment cannot have arrived: the peer has thrown away what it had (RFC 2018 8).
  const renege = board.sent.length > 0 && board.sent[0]!.sacked;
  board.loseAll(renege);
  board.phase = LOSS;
  board.originals = 0;
  board.recover = c.sndMax;
  board.reorderAt = NEVER;
  board.roundAt = -1;
  c.resend = true;
}

/**
 * The path takes segments of `mss` bytes at most (RFC 1191 6.4): what is on its way and larger is lost, and goes again at
 * once in smaller pieces. No congestion, so the threshold stays; a window full of them at once would cause some.
 */
export function onSmallerPath(c: TcpConnection, mss: number): void {
  const unsettled = c.state >= ESTABLISHED && c.state !== TIME_WAIT && c.sndUna !== c.sndMax;
  const board = unsettled && c.sackOk ? openBoard(c) : undefined;
  const before = c.narrow === undefined ? c.mss : c.narrow.before;
  c.mss = mss;
  // Routes change, and nobody says when a path has become wider.
  c.narrow = searchUpwards(before, c.env.now);
  if (!unsettled) return;
  const most = initialWindow(mss);
  if (c.cwnd > most) c.cwnd = most;
  c.rttAt = -1;
  if (board === undefined) {
    c.sndNxt = c.sndUna;
    c.recover = c.sndMax;
    c.recovering = false;
    c.dupAcks = 0;
    return;
  }
  for (const segment of board.sent) {
    if (!segment.sacked && ((segment.end - segment.start) | 0) > mss) segment.lost = true;
  }
  board.count();
  settle(c, board);
}

/** Tail loss probe (RFC 8985 7.3): new data where there is some, else the last segment again. */
export function probeTail(c: TcpConnection): void {
  const board = openBoard(c);
  board.force = c.mss;
  board.probed = true;
  const unsent = (c.sndEnd - c.sndNxt) | 0;
  const usable = (c.sndUna + c.sndWnd - c.sndNxt) | 0;
  if (unsent > 0 && usable >= Math.min(unsent, c.mss)) return;
  for (let index = board.sent.length - 1; index >= 0; index--) {
    const last = board.sent[index]!;
    if (last.sacked) continue;
    last.lost = true;
    board.probeEnd = last.end;
    board.count();
    c.resend = true;
    return;
  }
}

/** What may be on its way beyond sndUna: what has arrived, or is lost, takes no place in the window. */
export function boardWindow(c: TcpConnection, board: Scoreboard): number {
  return c.cwnd + board.force - board.pipe + ((c.sndNxt - c.sndUna) | 0);
}

function takeCumulative(c: TcpConnection, board: Scoreboard, ack: number, now: number): void {
  const { sent } = board;
  let taken = 0;
  while (taken < sent.length) {
    const segment = sent[taken]!;
    if (((segment.end - ack) | 0) > 0) {
      const part = (ack - segment.start) | 0;
      if (part > 0) {
        if (!segment.sacked) board.delivered += part;
        segment.start = ack;
      }
      break;
    }
    if (!segment.sacked) arrive(c, board, segment, now);
    taken++;
  }
  if (taken > 0) sent.splice(0, taken);
}

function takeBlock(c: TcpConnection, board: Scoreboard, s: TcpSegment, block: number, ack: number, now: number): void {
  const { bytes } = s;
  const at = s.sackAt + block * SACK_BLOCK_LENGTH;
  const start = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const end = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
  // Duplicates (RFC 2883) lie below `ack`; what was never sent is a lie.
  if (((start - ack) | 0) < 0 || ((end - start) | 0) <= 0 || ((end - c.sndMax) | 0) > 0) return;
  const { sent } = board;
  for (let index = 0; index < sent.length; index++) {
    const segment = sent[index]!;
    if (((segment.start - end) | 0) >= 0) return;
    if (segment.sacked || ((segment.end - start) | 0) <= 0) continue;
    if (((segment.start - start) | 0) < 0) {
      board.split(index, start);
      continue;
    }
    if (((segment.end - end) | 0) > 0) board.split(index, end);
    arrive(c, board, segment, now);
    segment.sacked = true;
    segment.lost = false;
  }
}

/** RFC 8985 6.2 steps 1 to 4, for one segment. */
function arrive(c: TcpConnection, board: Scoreboard, segment: Sent, now: number): void {
  board.delivered += (segment.end - segment.start) | 0;
  if (segment.resent) {
    // Too soon for an answer to the second one: it was the first that arrived.
    const delay = now - segment.sentAt;
    if (delay < c.minRtt) {
      board.original = true;
      return;
    }
    // Karn keeps a backed-off RTO until something that was sent once is measured. Where the retransmission was answered as
    // soon as one that was not lost would be, the loss and not the RTO was to blame: a few times for each
    // measurement, so that a path that has really become slower is still found out.
    if (c.trusted > 0 && delay <= c.srtt + Math.max(4 * c.rttvar, RTO_MIN)) {
      c.trusted--;
      restoreRto(c);
    }
  } else {
    // Taken for lost with the rest, and it has arrived.
    if (segment.lost) board.original = true;
    // Karn: only what was sent once is measured.
    if (segment.sentAt >= 0) {
      const sample = now - segment.sentAt;
      if (board.sample < 0 || sample < board.sample) board.sample = sample;
    }
    if (segment.order < board.arrived) c.reordered = true;
  }
  if (segment.order > board.arrived) board.arrived = segment.order;
}

/** RFC 8985 6.2 step 5. True: something is lost that was not before. */
function findLost(c: TcpConnection, board: Scoreboard, now: number): boolean {
  const { sent, arrived } = board;
  let behind = 0;
  for (const segment of sent) if (segment.sacked) behind++;
  const patient = c.reordered || (board.phase === OPEN && behind < DUPLICATE_ACKS);
  const wait = patient ? reorderingWindow(c) : 0;
  let reorderAt = NEVER;
  let found = false;
  for (const segment of sent) {
    if (segment.sacked || segment.lost || segment.order >= arrived) continue;
    if (segment.overtakenAt < 0) segment.overtakenAt = now;
    const at = segment.overtakenAt + wait;
    if (at <= now) {
      segment.lost = true;
      found = true;
    } else if (at < reorderAt) {
      reorderAt = at;
    }
  }
  board.reorderAt = reorderAt;
  board.count();
  return found;
}

/** RFC 8985 6.2 step 4: a quarter of the shortest round trip, more where retransmissions were reported as duplicates. */
function reorderingWindow(c: TcpConnection): number {
  if (c.minRtt === NEVER) return c.rto / 4;
  const window = (c.reorderSteps * c.minRtt) / 4;
  return c.srtt > 0 && window > c.srtt ? c.srtt : window;
}

function enterRecovery(c: TcpConnection, board: Scoreboard, flight: number, now: number): void {
  rememberWindow(c, now);
  // What has arrived beyond a hole is outstanding, but on its way no more: one recovery right behind another would count it, and
  // keep a full queue full.
  reduceThreshold(c, flight < c.cwnd ? flight : c.cwnd);
  board.phase = RECOVERY;
  board.recover = c.sndMax;
  board.prrDelivered = 0;
  board.prrOut = 0;
  board.prrFlight = flight;
  c.cwndAcked = 0;
  c.env.counters.fastRetransmitted++;
}

/** RFC 6937 3.1, with the slow-start reduction bound. */
function reduceProportionally(c: TcpConnection, board: Scoreboard, delivered: number): void {
  board.prrDelivered += delivered;
  const { pipe } = board;
  let more: number;
  if (pipe > c.ssthresh) {
    more = Math.ceil((board.prrDelivered * c.ssthresh) / board.prrFlight) - board.prrOut;
  } else {
    more = Math.max(board.prrDelivered - board.prrOut, delivered) + c.mss;
    if (more > c.ssthresh - pipe) more = c.ssthresh - pipe;
  }
  // The first retransmission leaves whatever the sums say.
  if (more < c.mss && board.prrOut === 0) more = c.mss;
  c.cwnd = pipe + (more > 0 ? more : 0);
}

/** After each change: whether there is something to send again, whether the board is still needed, and the timer. */
function settle(c: TcpConnection, board: Scoreboard): void {
  let resend = false;
  let needed = board.phase !== OPEN;
  for (const segment of board.sent) {
    if (segment.lost) resend = true;
    if (segment.sacked || segment.lost) needed = true;
  }
  c.resend = resend;
  if (!needed || board.sent.length === 0) {
    if (c.cwnd < c.mss) c.cwnd = c.mss;
    c.rtoAt = board.rtoAt;
    dropBoard(c);
    return;
  }
  c.rtoAt = board.reorderAt < board.rtoAt ? board.reorderAt : board.rtoAt;
}
