import { ACK, FIN, RST, SYN, type TcpSegment } from "../wire/tcp.ts";
import { writeRing } from "./buffers.ts";
import { acceptOptions, destroy, receiveLimit, receiveRoom, releaseReceiveRing, reserveReceiveRing } from "./calls.ts";
import { noteRate } from "./congestion.ts";
import type { TcpConnection } from "./connection.ts";
import { processEcn } from "./ecn.ts";
import { ECN, TIMESTAMPS } from "./extras.ts";
import { ACK_DELAY, FIN_WAIT_2_LENGTH, TIME_WAIT_LENGTH } from "./limits.ts";
import { onDuplicateAck, onNewAck } from "./new-reno.ts";
import { Ranges } from "./reassembly.ts";
import { onSack } from "./recovery.ts";
import { measureRoundTrip, restoreRto } from "./rto.ts";
import {
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  ESTABLISHED,
  EVENT_CLOSED,
  EVENT_CONNECTED,
  EVENT_FLUSHED,
  EVENT_OUTPUT,
  EVENT_READABLE,
  EVENT_RESET_REPLY,
  EVENT_TIME_WAIT,
  EVENT_WRITABLE,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./state.ts";
import { echoedRoundTrip, isOld, noteTimestamp } from "./timestamps.ts";
import { noteDuplicate, processDuplicateReport, processEcho } from "./undo.ts";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * A segment arrives (RFC 9293 3.10.7) at `now`, milliseconds. Returns the events of `state.ts`.
 *
 * The segment's fields and bytes are only read, and not kept.
 */
export function process(c: TcpConnection, s: TcpSegment, now: number): number {
  if (c.state === SYN_SENT) return processSynSent(c, s, now);
  if (c.state === CLOSED) return (s.flags & RST) !== 0 ? 0 : EVENT_RESET_REPLY;
  const flags = s.flags;
  let seq = s.seq;
  let dataAt = s.dataAt;
  let dataLength = s.dataLength;
  const fin = (flags & FIN) !== 0;
  if ((c.extras & TIMESTAMPS) !== 0 && (flags & RST) === 0) {
    // "If a non-<RST> segment is received without a TSopt, a TCP SHOULD silently drop the segment" (RFC 7323 3.2).
    if (!s.timestamps) return 0;
    if (isOld(c.ts!, s.tsVal, now)) {
      c.env.counters.oldTimestamps++;
      return challenge(c, now);
    }
  }

  // First, the sequence number; the segment in order that carries only ACK goes straight on.
  if (seq !== c.rcvNxt || (flags & (RST | SYN)) !== 0 || fin) {
    const verdict = admit(c, s, now);
    if (verdict !== ADMITTED) return verdict;
    const behind = (c.rcvNxt - seq) | 0;
    if (behind > 0) {
      const syn = (flags & SYN) !== 0 ? 1 : 0;
      const cut = behind - syn;
      if (cut > 0) noteDuplicate(c, seq, c.rcvNxt);
      seq = c.rcvNxt;
      dataAt += cut;
      dataLength -= cut;
      c.ackNow = true;
    }
  }
  if ((flags & ACK) === 0) return 0;
  if (c.extras !== 0) {
    if ((c.extras & TIMESTAMPS) !== 0) noteTimestamp(c, c.ts!, s, now);
    if ((c.extras & ECN) !== 0) processEcn(c, s);
  }
  if (c.keepAlive > 0) c.lastHeardAt = now;

  let events = 0;
  const ack = s.ack;
  const acked = (ack - c.sndUna) | 0;

  // Fifth, the ACK field.
  if (c.state === SYN_RECEIVED) {
    if (acked <= 0 || ((ack - c.sndMax) | 0) > 0) return EVENT_RESET_REPLY;
    c.state = ESTABLISHED;
    c.sndWnd = s.window << c.sndShift;
    c.maxSndWnd = c.sndWnd;
    c.sndWl1 = seq;
    c.sndWl2 = ack;
    events = EVENT_CONNECTED;
    if (c.active) c.ackNow = true;
  } else if (c.state === TIME_WAIT) {
    // Only the FIN can come again: acknowledge it and wait anew.
    if (fin || s.dataLength > 0 || c.ackNow) {
      c.ackNow = true;
      if (fin) c.rtoAt = now + TIME_WAIT_LENGTH;
      return EVENT_OUTPUT;
    }
    return 0;
  }

  if (acked > 0) {
    if (((ack - c.sndMax) | 0) > 0) return challenge(c, now);
    if ((c.extras & TIMESTAMPS) !== 0) {
      if (c.undo !== undefined) processEcho(c, s, now);
      if (c.retries > 0 && c.rttAt < 0) {
        const sample = echoedRoundTrip(c.ts!, s.tsEcr, now);
        if (sample >= 0) measureRoundTrip(c, sample);
      }
    }
    if (s.sackCount > 0 && c.sackOk) processDuplicateReport(c, s, now);
    events |=
      c.board !== undefined || (s.sackCount > 0 && c.sackOk)
        ? newSack(c, s, ack, acked, now)
        : newAck(c, ack, acked, now);
  } else if (acked === 0) {
    if (c.sackOk && s.sackCount > 0) processDuplicateReport(c, s, now);
    if (c.sackOk && s.sackCount > 0 && c.sndUna !== c.sndMax) events |= newSack(c, s, ack, 0, now);
  } else if (acked < 0) {
    // RFC 5961 5.2: older than the largest window can explain.
    if (acked < -c.maxSndWnd) return challenge(c, now);
  }

  // The window: RFC 9293 3.10.7.4, and 3.8.6 for a shrunk one.
  if (acked >= 0) {
    const window = s.window << c.sndShift;
    const outstanding = c.sndMax !== c.sndUna;
    if (acked === 0 && dataLength === 0 && !fin && window === c.sndWnd && outstanding && !c.sackOk) {
      c.env.counters.duplicateAcks++;
      // While the window is closed these answer our probes, and say nothing of a loss.
      if (window > 0) {
        if (onDuplicateAck(c)) {
          c.resend = true;
          c.env.counters.fastRetransmitted++;
        }
        events |= EVENT_OUTPUT;
      }
    }
    if (window !== c.sndWnd || acked > 0) {
      const newer = (c.sndWl1 - seq) | 0;
      if (newer < 0 || (newer === 0 && ((c.sndWl2 - ack) | 0) <= 0)) {
        if (window > c.sndWnd) {
          events |= EVENT_OUTPUT;
          if (c.sndWnd === 0) {
            // Probing backed the RTO off; the path is no slower for it.
            restoreRto(c);
            c.rtoAt = c.sndUna === c.sndMax ? NEVER : now + c.rto;
          }
        }
        c.sndWnd = window;
        if (window > c.maxSndWnd) c.maxSndWnd = window;
        c.sndWl1 = seq;
        c.sndWl2 = ack;
      }
    }
    if (c.sndWnd === 0) c.retries = 0;
  }

  if (c.finQueued && ((c.sndUna - c.sndEnd) | 0) > 0) {
    const state = c.state;
    if (state === FIN_WAIT_1) {
      c.state = FIN_WAIT_2;
      c.rtoAt = c.discard ? now + FIN_WAIT_2_LENGTH : c.keepAlive > 0 ? now + c.keepAlive : NEVER;
      events |= EVENT_FLUSHED;
    } else if (state === CLOSING) {
      events |= enterTimeWait(c, now) | EVENT_FLUSHED;
    } else if (state === LAST_ACK) {
      destroy(c, undefined);
      return events | EVENT_CLOSED | EVENT_FLUSHED;
    }
  } else if (acked > 0 && ((c.sndEnd - c.sndNxt) | 0) > 0) {
    events |= EVENT_OUTPUT;
  } else if (acked > 0 && c.finQueued) {
    events |= EVENT_OUTPUT;
  }

  // Seventh and eighth, the data and the FIN.
  if (dataLength > 0 || fin) events |= processData(c, s, seq, dataAt, dataLength, fin, now);
  if (c.ackNow || c.resend || c.acksOwed > 0) events |= EVENT_OUTPUT;
  return events;
}

/** `ack` acknowledges `acked` > 0 bytes that were sent. */
function newAck(c: TcpConnection, ack: number, acked: number, now: number): number {
  if (c.rttAt >= 0 && ((ack - c.rttSeq) | 0) > 0) {
    measureRoundTrip(c, now - c.rttAt);
    noteRate(c, (ack - c.rttUna) | 0, now - c.rttAt);
    c.rttAt = -1;
  }
  c.retries = 0;
  if (onNewAck(c, ack, acked, now)) c.resend = true;
  c.sndUna = ack;
  if (((c.sndNxt - ack) | 0) < 0) c.sndNxt = ack;
  if (ack === c.sndMax) {
    c.rtoAt = c.keepAlive > 0 ? now + c.keepAlive : NEVER;
    if (c.sendRing !== undefined && ((c.sndEnd - ack) | 0) <= 0 && !c.parked) c.env.park(c);
  } else {
    c.rtoAt = now + c.pto;
  }
  return EVENT_WRITABLE;
}

/** The same while a scoreboard is needed, or begins to be. */
function newSack(c: TcpConnection, s: TcpSegment, ack: number, acked: number, now: number): number {
  const before = c.board === undefined ? 0 : c.board.delivered;
  if (acked > 0) c.retries = 0;
  onSack(c, s, ack, acked, now);
  if (acked === 0) {
    if (c.board === undefined || c.board.delivered !== before) c.env.counters.duplicateAcks++;
    return EVENT_OUTPUT;
  }
  if (ack === c.sndMax) {
    c.rtoAt = c.keepAlive > 0 ? now + c.keepAlive : NEVER;
    if (c.sendRing !== undefined && ((c.sndEnd - ack) | 0) <= 0 && !c.parked) c.env.park(c);
  }
  return EVENT_WRITABLE | EVENT_OUTPUT;
}

const ADMITTED = -1;

/**
 * Steps one to four for what is not the next segment in order: sequence number, RST, SYN. Returns ADMITTED, or the events
 * after which the segment is to be dropped.
 */
function admit(c: TcpConnection, s: TcpSegment, now: number): number {
  const flags = s.flags;
  const ahead = (s.seq - c.rcvNxt) | 0;
  const window = (c.rcvUser + c.rcvLimit - c.rcvNxt) | 0;
  const rst = (flags & RST) !== 0;

  if (rst) {
    if (ahead === 0) return c.state === TIME_WAIT ? 0 : reset(c);
    // RFC 5961 3.2: in the window, but not exactly the next.
    return ahead > 0 && ahead < window ? challenge(c, now) : 0;
  }
  if ((flags & SYN) !== 0) {
    if (c.state === SYN_RECEIVED && s.seq === ((c.rcvNxt - 1) | 0)) {
      // The other SYN of a simultaneous open came with an ACK, after ours: it is as good as the ACK alone.
      if ((flags & ACK) !== 0) return ADMITTED;
      // The peer's SYN again: our SYN-ACK was lost.
      if (!c.env.mayChallenge(now)) return 0;
      c.sndNxt = c.iss;
      c.rttAt = -1;
      return EVENT_OUTPUT;
    }
    return challenge(c, now);
  }
  const length = s.dataLength + ((flags & FIN) !== 0 ? 1 : 0);
  // A full window still hears ACKs and probes (RFC 9293 3.10.7.4): the data is refused by the room there is.
  if (ahead === 0 && (window >= 0 || length === 0)) return ADMITTED;
  if (ahead < 0 && length + ahead > 0 && window > 0) return ADMITTED;
  if (ahead > 0 && ahead < window) return ADMITTED;
  // The bare ACKs of a peer that has sent up to our window's edge, or a probe beyond it, carry a number beyond the window too:
  // two peers that probe each other's closed windows would never hear that one opened.
  if (length === 0 && ahead > 0 && ahead <= window + 1) return ADMITTED;
  if (length === 0) return challenge(c, now);
  // Data that came again, or a zero-window probe: its sender waits for this ACK.
  if (ahead < 0 && ahead > -2 * c.rcvLimit) {
    if (s.dataLength > 0) noteDuplicate(c, s.seq, (s.seq + s.dataLength) | 0);
    // The answer echoes this transmission (RFC 7323 appendix D has it before the window is looked at): otherwise its sender
    // could measure nothing while our ACKs are lost. Not of anything older, which a forger could choose.
    if ((c.extras & TIMESTAMPS) !== 0) noteTimestamp(c, c.ts!, s, now);
  }
  if (c.state === TIME_WAIT && (flags & FIN) !== 0) c.rtoAt = now + TIME_WAIT_LENGTH;
  c.ackNow = true;
  return EVENT_OUTPUT;
}

function reset(c: TcpConnection): number {
  const refused = c.state === SYN_RECEIVED && c.active;
  // With both FINs on their way nothing is lost (RFC 9293 3.10.7.4, second).
  const quiet = c.state === CLOSING || c.state === LAST_ACK;
  destroy(c, refused ? "ECONNREFUSED" : quiet && c.sndUna === c.sndEnd ? undefined : "ECONNRESET");
  return EVENT_CLOSED | EVENT_READABLE | EVENT_WRITABLE;
}

/** RFC 5961: an ACK that only a real peer can use. Rate limited. */
function challenge(c: TcpConnection, now: number): number {
  if (!c.env.mayChallenge(now)) return 0;
  c.env.counters.challengeAcks++;
  c.ackNow = true;
  return EVENT_OUTPUT;
}

function enterTimeWait(c: TcpConnection, now: number): number {
  c.state = TIME_WAIT;
  c.rtoAt = now + TIME_WAIT_LENGTH;
  c.ackAt = NEVER;
  c.ranges = undefined;
  releaseReceiveRing(c);
  return EVENT_TIME_WAIT;
}

function processData(
  c: TcpConnection,
  s: TcpSegment,
  seq: number,
  dataAt: number,
  dataLength: number,
  fin: boolean,
  now: number,
): number {
  const state = c.state;
  if (state !== ESTABLISHED && state !== FIN_WAIT_1 && state !== FIN_WAIT_2) {
    // The peer's FIN was taken: what lies behind it is nobody's.
    if (dataLength > 0 || fin) c.ackNow = true;
    return 0;
  }
  let events = 0;
  const room = receiveRoom(c, seq);
  if (dataLength > room) {
    dataLength = room > 0 ? room : 0;
    fin = false;
    c.ackNow = true;
  }
  if (fin && !c.finKnown) {
    c.finKnown = true;
    c.finSeq = (seq + dataLength) | 0;
  }
  if (dataLength > 0) {
    if (seq === c.rcvNxt) {
      // A device may have made one of several.
      if (s.dataLength > c.rcvMss) c.rcvMss = Math.min(s.dataLength, c.env.mss);
      let next = (seq + dataLength) | 0;
      if (c.discard) {
        if (c.ranges !== undefined) next = c.ranges.advance(next);
        c.rcvUser = next;
      } else {
        if (c.receiveRing === undefined || ((next - c.rcvUser) | 0) > c.receiveRing.length) reserveReceiveRing(c, next);
        writeRing(c.receiveRing!, seq, s.bytes, dataAt, dataLength, c.env.bytes.copy);
        if (c.ranges !== undefined && c.ranges.count > 0) {
          next = c.ranges.advance(next);
          // Header prediction asks only whether there are any.
          if (c.ranges.count === 0) c.ranges = undefined;
          // "a TCP receiver SHOULD send an immediate ACK when the incoming segment fills in all or part of a gap" (RFC 5681 3.2).
          c.ackNow = true;
        }
        events = EVENT_READABLE;
      }
      // All that no ACK has covered, what lay behind the gap included: timestamps ask for it (RFC 7323 4.3).
      c.ackPending += (next - c.rcvNxt) | 0;
      c.rcvNxt = next;
      c.acksOwed = 0;
      if (c.ackPending >= 2 * c.rcvMss) c.ackNow = true;
      else if (c.ackAt === NEVER) c.ackAt = now + ACK_DELAY;
    } else {
      c.env.counters.outOfOrder++;
      c.acksOwed++;
      if (c.ranges === undefined) c.ranges = new Ranges();
      const end = (seq + dataLength) | 0;
      c.sackLast = seq;
      if (c.ranges.holds(seq, end)) noteDuplicate(c, seq, end);
      if (c.ranges.insert(seq, end) && !c.discard) {
        reserveReceiveRing(c, end);
        writeRing(c.receiveRing!, seq, s.bytes, dataAt, dataLength, c.env.bytes.copy);
      }
    }
  }
  if (c.finKnown && c.rcvNxt === c.finSeq) {
    events |= takeFin(c, now);
  } else if (fin) {
    c.ackNow = true;
  }
  return events;
}

/** The peer's FIN is the next in order. */
function takeFin(c: TcpConnection, now: number): number {
  c.rcvNxt = (c.rcvNxt + 1) | 0;
  c.finReceived = true;
  c.ackNow = true;
  c.ranges = undefined;
  releaseReceiveRing(c);
  if (c.state === ESTABLISHED) {
    c.state = CLOSE_WAIT;
  } else if (c.state === FIN_WAIT_1) {
    // Had our FIN been acknowledged, this would be FIN-WAIT-2 already.
    c.state = CLOSING;
  } else {
    return enterTimeWait(c, now) | EVENT_READABLE;
  }
  return EVENT_READABLE;
}

/** RFC 9293 3.10.7.3. */
function processSynSent(c: TcpConnection, s: TcpSegment, now: number): number {
  const flags = s.flags;
  const hasAck = (flags & ACK) !== 0;
  if (hasAck && (((s.ack - c.iss) | 0) <= 0 || ((s.ack - c.sndMax) | 0) > 0)) {
    return (flags & RST) !== 0 ? 0 : EVENT_RESET_REPLY;
  }
  if ((flags & RST) !== 0) {
    if (!hasAck) return 0;
    destroy(c, "ECONNREFUSED");
    return EVENT_CLOSED;
  }
  if ((flags & SYN) === 0) return 0;
  c.rcvNxt = (s.seq + 1) | 0;
  c.rcvUser = c.rcvNxt;
  c.tuneSeq = c.rcvNxt;
  c.rcvAdv = (c.rcvNxt + Math.min(receiveLimit(c), 0xffff)) | 0;
  acceptOptions(c, s, flags, hasAck, now);
  c.sndWnd = s.window;
  c.maxSndWnd = s.window;
  c.sndWl1 = s.seq;
  c.sndWl2 = s.ack;
  c.retries = 0;
  if (!hasAck) {
    // Simultaneous open: our SYN again, with an ACK.
    c.state = SYN_RECEIVED;
    c.sndWl2 = c.iss;
    c.sndNxt = c.iss;
    c.rttAt = -1;
    return EVENT_OUTPUT;
  }
  if (c.rttAt >= 0) {
    measureRoundTrip(c, now - c.rttAt);
    c.rttAt = -1;
  } else if ((c.extras & TIMESTAMPS) !== 0) {
    // The SYN was sent twice: the echo tells which of them is answered.
    const sample = echoedRoundTrip(c.ts!, s.tsEcr, now);
    if (sample >= 0) measureRoundTrip(c, sample);
  }
  c.sndUna = s.ack;
  c.state = ESTABLISHED;
  c.ackNow = true;
  c.rtoAt = c.keepAlive > 0 ? now + c.keepAlive : NEVER;
  return EVENT_CONNECTED | EVENT_OUTPUT;
}
