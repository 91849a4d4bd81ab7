import { ACK, CWR, ECE, FIN, PSH, SYN } from "../wire/tcp.ts";
import { forgetTry, largerSegment, onSilence, triesLarger } from "./black-hole.ts";
import { destroy, receiveLimit } from "./calls.ts";
import type { TcpConnection } from "./connection.ts";
import { ECN_ACCEPT, ecnFlags } from "./ecn.ts";
import { DUPLICATE, ECN, SLOWED } from "./extras.ts";
import {
  DATA_RETRIES,
  KEEP_ALIVE_INTERVAL,
  KEEP_ALIVE_PROBES,
  RTO_INITIAL,
  SYN_ACK_RETRIES,
  SYN_RETRIES,
} from "./limits.ts";
import { congestionWindow, initialWindow, onRetransmissionTimeout } from "./new-reno.ts";
import { boardWindow, onReorderTimer, onSackTimeout, probeTail } from "./recovery.ts";
import { backOff } from "./rto.ts";
import { dropBoard, OPEN, type Scoreboard } from "./scoreboard.ts";
import {
  CLOSED,
  ESTABLISHED,
  EVENT_CLOSED,
  EVENT_OUTPUT,
  EVENT_READABLE,
  EVENT_WRITABLE,
  FIN_WAIT_2,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./state.ts";
import { noteResent, rememberWindow } from "./undo.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Where segments go. Returns false when it cannot take one now; `dispatch` is then called again later. */
export interface SegmentSink {
  /**
   * One segment of `c`, or several where `dataLength` is more than its `mss`: bytes of its send ring from `seq` on; acknowledgment number `c.rcvNxt`, window field as
   * given, flags with `ECT` where the packet may be marked; options as the connection says.
   */
  segment(c: TcpConnection, seq: number, flags: number, window: number, dataLength: number): boolean;
}

/** Sends everything that may be sent now. False: the sink was full. */
export function dispatch(c: TcpConnection, now: number, sink: SegmentSink): boolean {
  const state = c.state;
  if (state <= SYN_RECEIVED) return state === CLOSED || dispatchSyn(c, now, sink);
  // An answer of one segment while nothing is on its way, or an ACK alone: 1 us less than the general way below.
  if (state === ESTABLISHED && c.acksOwed === 0 && !c.resend && !c.probe) {
    const { sndNxt, sndEnd } = c;
    const length = (sndEnd - sndNxt) | 0;
    if (length === 0) return !c.ackNow || emit(c, sndNxt, ACK, 0, now, sink);
    if (length > 0 && length <= c.mss && sndNxt === c.sndUna && sndNxt === c.sndMax) {
      if (length <= c.sndWnd && length <= c.cwnd) {
        if (!emit(c, sndNxt, ACK | PSH, length, now, sink)) return false;
        c.sndNxt = sndEnd;
        c.sndMax = sndEnd;
        c.rttAt = now;
        c.rttSeq = sndNxt;
        c.rttUna = sndNxt;
        c.rtoAt = now + c.rto;
        return true;
      }
    }
  }

  if (c.acksOwed > 0) {
    // What came in order before, in the same poll, has an ACK of its own: it is no duplicate.
    if (c.ackPending > 0 && !emit(c, c.sndNxt, ACK, 0, now, sink)) return false;
    for (; c.acksOwed > 0; c.acksOwed--) if (!emit(c, c.sndNxt, ACK, 0, now, sink)) return false;
  }
  if (c.resend) {
    if (!(c.board === undefined ? resendFirst(c, now, sink) : resendLost(c, c.board, now, sink))) return false;
    c.resend = false;
  }
  let pending = (c.sndEnd - c.sndNxt) | 0;
  if (pending > 0 || (pending === 0 && c.finQueued)) {
    // Restart after idleness (RFC 5681 4.1).
    if (c.sndUna === c.sndMax && now - c.lastSentAt > c.rto) {
      const initial = initialWindow(c.mss);
      if (c.cwnd > initial) c.cwnd = initial;
    }
    const congestion = c.board === undefined ? congestionWindow(c) : boardWindow(c, c.board);
    const window = congestion < c.sndWnd ? congestion : c.sndWnd;
    const mss = c.mss;
    const most = c.env.large > mss ? atOnce(c) : mss;
    while (pending >= 0) {
      const usable = window - ((c.sndNxt - c.sndUna) | 0);
      let length = pending < most ? pending : most;
      if (c.narrow !== undefined && c.sndNxt === c.sndMax) {
        const larger = largerSegment(c, c.narrow, pending, usable, now);
        if (larger > 0) length = larger;
      }
      if (length > usable) length = usable > 0 ? usable : 0;
      // Whole segments, but for the end of what there is to send: that waits for Nagle.
      if (most > mss && length > mss && (length < pending || !c.noDelay)) length -= length % mss;
      // The FIN rides on the last data; it takes a place in the window only where there is one.
      const fin = c.finQueued && length === pending && (usable > length || length > 0 || c.sndUna === c.sndNxt);
      if (length <= 0 && !fin) break;
      // Sender's silly-window avoidance and Nagle (RFC 9293 3.8.6.2.1).
      if (
        length < mss &&
        !fin &&
        (length < pending || !c.noDelay) &&
        c.sndNxt !== c.sndUna &&
        length < c.maxSndWnd >> 1
      ) {
        break;
      }
      const flags = (length === pending && length > 0 ? ACK | PSH : ACK) | (fin ? FIN : 0);
      if (!emit(c, c.sndNxt, flags, length, now, sink)) return false;
      const next = (c.sndNxt + length + (fin ? 1 : 0)) | 0;
      advance(c, next, now);
      pending = (c.sndEnd - next) | 0;
      if (pending === 0 && !c.finQueued) break;
    }
    // Nothing is on its way and the window lets nothing through: probe it (RFC 9293 3.8.6.1).
    if (c.sndUna === c.sndMax && pending >= 0 && c.rtoAt > now + probeInterval(c)) c.rtoAt = now + probeInterval(c);
  }
  if (c.board !== undefined) c.board.force = 0;
  if (c.probe) {
    if (!sendProbe(c, now, sink)) return false;
    c.probe = false;
  }
  if (c.ackNow) return emit(c, c.sndNxt, ACK, 0, now, sink);
  return true;
}

/**
 * How much may leave in one piece, for the device to cut: whole segments. One at a time where each counts by itself: while some are
 * missing or a larger size is tried, and where a flag is for one alone (CWR: RFC 3168 6.1.2).
 */
function atOnce(c: TcpConnection): number {
  const { large } = c.env;
  if (c.board !== undefined || c.recovering || (c.extras & SLOWED) !== 0) return c.mss;
  if (c.narrow !== undefined && triesLarger(c.narrow, c.env.now)) return c.mss;
  return large - (large % c.mss);
}

/** One segment leaves, and with it everything that an ACK has to say. */
function emit(c: TcpConnection, seq: number, flags: number, length: number, now: number, sink: SegmentSink): boolean {
  const rcvNxt = c.rcvNxt;
  let edge = c.rcvAdv;
  const limit = c.rcvOffer;
  // Never shrink, and never grow by less than a segment or half the buffer (RFC 9293 3.8.6.2.2).
  if (((c.rcvUser + limit - edge) | 0) > 0) {
    const { env } = c;
    const open = (c.rcvUser + (env.pool.pressure ? receiveLimit(c) : limit)) | 0;
    const gain = (open - edge) | 0;
    if (gain >= env.mss || gain >= limit >> 1) edge = open;
  }
  let window = (edge - rcvNxt) | 0;
  if (window < 0) window = 0;
  let field = (flags & SYN) !== 0 ? window : window >> c.rcvShift;
  if (field > 0xffff) field = 0xffff;
  if (c.extras !== 0) {
    flags = ecnFlags(c, seq, flags, length);
    if (!sink.segment(c, seq, flags, field, length)) return false;
    // A duplicate is reported once (RFC 2883 4), and so is that we have slowed down.
    c.extras &= (flags & CWR) !== 0 ? ~(DUPLICATE | SLOWED) : ~DUPLICATE;
  } else if (!sink.segment(c, seq, flags, field, length)) {
    return false;
  }
  c.rcvAdv = (rcvNxt + ((flags & SYN) !== 0 ? field : field << c.rcvShift)) | 0;
  c.ackNow = false;
  c.ackPending = 0;
  c.ackAt = NEVER;
  if (length > 0) c.lastSentAt = now;
  return true;
}

/** sndNxt moves to `next`; what is sent for the first time is timed, one segment a round trip. */
function advance(c: TcpConnection, next: number, now: number): void {
  if (((next - c.sndMax) | 0) > 0) {
    if (c.board !== undefined) {
      c.board.add(c.sndNxt, next, now);
      if (c.board.rtoAt === NEVER) c.board.rtoAt = now + c.rto;
    } else if (c.rttAt < 0 && c.sndNxt === c.sndMax) {
      c.rttAt = now;
      c.rttSeq = c.sndMax;
      c.rttUna = c.sndUna;
    }
    if (c.sndUna === c.sndMax || c.rtoAt === NEVER) c.rtoAt = now + c.pto;
    c.sndMax = next;
  } else {
    countAgain(c);
    c.rttAt = -1;
    noteResent(c, (next - c.sndNxt) | 0);
  }
  c.sndNxt = next;
  if (c.rtoAt === NEVER) c.rtoAt = now + c.rto;
}

function countAgain(c: TcpConnection): void {
  c.env.counters.retransmitted++;
  c.retransmitted++;
}

/** The first unacknowledged segment again; sndNxt stays. */
function resendFirst(c: TcpConnection, now: number, sink: SegmentSink): boolean {
  const outstanding = (c.sndMax - c.sndUna) | 0;
  if (outstanding <= 0) return true;
  const data = (c.sndEnd - c.sndUna) | 0;
  let length = data < c.mss ? data : c.mss;
  if (length > outstanding) length = outstanding;
  if (c.narrow !== undefined) forgetTry(c.narrow);
  const fin = c.finQueued && length === data && outstanding > length;
  const flags = (length === data && length > 0 ? ACK | PSH : ACK) | (fin ? FIN : 0);
  if (!emit(c, c.sndUna, flags, length, now, sink)) return false;
  countAgain(c);
  c.rttAt = -1;
  c.rtoAt = now + c.rto;
  noteResent(c, length);
  return true;
}

/** What the scoreboard holds for lost, as far as the congestion window lets it. */
function resendLost(c: TcpConnection, board: Scoreboard, now: number, sink: SegmentSink): boolean {
  const { sent } = board;
  const budget = c.cwnd + board.force;
  for (let index = 0; index < sent.length; index++) {
    const segment = sent[index]!;
    if (!segment.lost) continue;
    if (((segment.end - segment.start) | 0) > c.mss + 1) board.split(index, (segment.start + c.mss) | 0);
    const length = (segment.end - segment.start) | 0;
    if (board.pipe > 0 && board.pipe + length > budget) return true;
    if (c.narrow !== undefined && segment.start === c.narrow.start) forgetTry(c.narrow);
    const fin = c.finQueued && ((segment.end - c.sndEnd) | 0) > 0;
    const data = fin ? length - 1 : length;
    const last = segment.end === c.sndEnd || fin;
    if (!emit(c, segment.start, (last && data > 0 ? ACK | PSH : ACK) | (fin ? FIN : 0), data, now, sink)) return false;
    board.again(segment, now);
    if (board.phase !== OPEN) noteResent(c, data);
    countAgain(c);
    if (index === 0 || board.rtoAt === NEVER) {
      // The first one again: its answer takes a round trip (RFC 6298 5.1).
      board.rtoAt = now + c.rto;
      c.rtoAt = board.reorderAt < board.rtoAt ? board.reorderAt : board.rtoAt;
    }
  }
  return true;
}

/** One byte beyond the window, or for keep-alive a number that was acknowledged: either must be answered. */
function sendProbe(c: TcpConnection, now: number, sink: SegmentSink): boolean {
  const pending = (c.sndEnd - c.sndNxt) | 0;
  if (pending > 0) {
    if (!emit(c, c.sndNxt, ACK | PSH, 1, now, sink)) return false;
    const next = (c.sndNxt + 1) | 0;
    if (((next - c.sndMax) | 0) > 0) c.sndMax = next;
    c.sndNxt = next;
    c.rttAt = -1;
    return true;
  }
  return emit(c, (c.sndUna - 1) | 0, ACK, 0, now, sink);
}

function dispatchSyn(c: TcpConnection, now: number, sink: SegmentSink): boolean {
  if (c.sndNxt !== c.iss) {
    return c.ackNow && c.state === SYN_RECEIVED ? emit(c, c.sndNxt, ACK, 0, now, sink) : true;
  }
  if (!emit(c, c.iss, synFlags(c), 0, now, sink)) return false;
  const first = c.sndMax === c.iss;
  c.sndNxt = (c.iss + 1) | 0;
  if (first) {
    c.sndMax = c.sndNxt;
    c.rttAt = now;
    c.rttSeq = c.iss;
  } else {
    countAgain(c);
  }
  c.rtoAt = now + c.rto;
  if (c.state === SYN_SENT && c.rtoAt > c.connectBy) c.rtoAt = c.connectBy;
  return true;
}

/** RFC 3168 6.1.1; a SYN that nobody answered is sent again without: some paths lose those that ask (6.1.1.1). */
function synFlags(c: TcpConnection): number {
  if (c.state === SYN_SENT) return c.ecnWanted > ECN_ACCEPT && c.retries === 0 ? SYN | ECE | CWR : SYN;
  return (c.extras & ECN) !== 0 ? SYN | ACK | ECE : SYN | ACK;
}

/** A deadline of `pollAt` may have passed: decides what follows and returns events; `dispatch` then sends. */
export function onTimer(c: TcpConnection, now: number): number {
  let events = 0;
  if (c.ackAt <= now) {
    c.ackAt = NEVER;
    c.ackNow = true;
    events = EVENT_OUTPUT;
  }
  if (c.rtoAt > now) return events;
  const board = c.board;
  if (board !== undefined && now < board.rtoAt) {
    onReorderTimer(c, now);
    return events | EVENT_OUTPUT;
  }
  c.rtoAt = NEVER;
  const state = c.state;
  if (state === TIME_WAIT) return close(c, false);
  if (state <= SYN_RECEIVED) {
    const limit = state === SYN_SENT || c.active ? SYN_RETRIES : SYN_ACK_RETRIES;
    if (c.retries >= limit || now >= c.connectBy) return close(c, true);
    c.retries++;
    c.env.counters.timeouts++;
    backOff(c);
    c.sndNxt = c.iss;
    c.rttAt = -1;
    return events | EVENT_OUTPUT;
  }
  if (c.sndUna !== c.sndMax) {
    if (
      c.sackOk &&
      c.probedAt !== c.sndUna &&
      c.retries === 0 &&
      c.sndWnd > 0 &&
      (board === undefined || board.phase === OPEN)
    ) {
      c.probedAt = c.sndUna;
      probeTail(c);
      c.board!.rtoAt = now + c.rto;
      c.rtoAt = c.board!.rtoAt;
      return events | EVENT_OUTPUT;
    }
    if (c.retries === 0) {
      c.stalledAt = now;
      c.softError = undefined;
    }
    if (c.retries >= DATA_RETRIES) return close(c, true);
    if (c.userTimeout > 0 && c.retries > 0) {
      if (now >= c.stalledAt + c.userTimeout) return close(c, true);
    }
    c.retries++;
    c.env.counters.timeouts++;
    backOff(c);
    c.rttAt = -1;
    c.rtoAt = now + c.rto;
    if (c.userTimeout > 0 && c.rtoAt > c.stalledAt + c.userTimeout) c.rtoAt = c.stalledAt + c.userTimeout;
    if (c.sndWnd === 0) {
      // The outstanding byte is a probe: send it again, and leave congestion control alone.
      const { rtoAt } = c;
      dropBoard(c);
      c.rtoAt = rtoAt;
      c.sndNxt = c.sndUna;
      c.probe = true;
      return events | EVENT_OUTPUT;
    }
    rememberWindow(c, now);
    onRetransmissionTimeout(c);
    if (c.sackOk) {
      onSackTimeout(c);
      c.board!.rtoAt = c.rtoAt;
    } else {
      c.sndNxt = c.sndUna;
    }
    onSilence(c, now);
    // RFC 6298 5.7 for a handshake that was timed wrongly: start measuring anew.
    if (c.srtt < 0 && c.rto < RTO_INITIAL) c.rto = RTO_INITIAL;
    return events | EVENT_OUTPUT;
  }
  const unsent = (c.sndEnd - c.sndNxt) | 0;
  if (unsent > 0 || (unsent === 0 && c.finQueued)) {
    if (c.sndWnd > 0 || unsent === 0) {
      // Nothing of it could leave: nobody answered for the link address of the next hop. Try again, as if it had been lost.
      if (c.retries === 0) c.stalledAt = now;
      if (c.retries >= DATA_RETRIES || (c.userTimeout > 0 && now >= c.stalledAt + c.userTimeout)) return close(c, true);
      c.retries++;
      backOff(c);
      return events | EVENT_OUTPUT;
    }
    if (c.probe) {
      // The probe before could not leave either: lost, too, or a peer that is gone with a closed window would be kept for ever.
      if (c.retries === 0) c.stalledAt = now;
      if (c.retries >= DATA_RETRIES || (c.userTimeout > 0 && now >= c.stalledAt + c.userTimeout)) return close(c, true);
      c.retries++;
    }
    backOff(c);
    c.rtoAt = now + probeInterval(c);
    c.probe = true;
    return events | EVENT_OUTPUT;
  }
  if (state === FIN_WAIT_2 && c.discard) return close(c, false);
  if (c.keepAlive > 0) return events | keepAlive(c, now);
  return events;
}

/** Until a closed window is probed: only a probe finds out that nobody is there any more. */
function probeInterval(c: TcpConnection): number {
  return c.userTimeout > 0 && c.rto > c.userTimeout ? c.userTimeout : c.rto;
}

/** RFC 9293 3.8.4. */
function keepAlive(c: TcpConnection, now: number): number {
  const silence = now - c.lastHeardAt;
  if (silence < c.keepAlive) {
    c.retries = 0;
    c.rtoAt = c.lastHeardAt + c.keepAlive;
    return 0;
  }
  if (c.retries >= KEEP_ALIVE_PROBES) return close(c, true);
  c.retries++;
  c.probe = true;
  c.rtoAt = now + KEEP_ALIVE_INTERVAL;
  return EVENT_OUTPUT;
}

function close(c: TcpConnection, timedOut: boolean): number {
  // What routers said meanwhile is the better reason (RFC 1122 4.2.3.9).
  destroy(c, timedOut ? (c.softError ?? "ETIMEDOUT") : undefined);
  return EVENT_CLOSED | EVENT_READABLE | EVENT_WRITABLE;
}
