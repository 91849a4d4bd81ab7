import { CWR, ECE, ECT, SYN, type TcpSegment } from "../wire/tcp.ts";
import { reduceThreshold } from "./congestion.ts";
import type { TcpConnection } from "./connection.ts";
import { ECHO, ECN, SLOWED } from "./extras.ts";
import { RECOVERY } from "./scoreboard.ts";

/** Explicit congestion notification (RFC 3168) of one connection. */

/** Whether to speak it: not at all, when the peer asks, or to ask. */
export const ECN_OFF = 0;
export const ECN_ACCEPT = 1;
export const ECN_REQUEST = 2;

/** A segment of a connection that speaks ECN arrives. Called before sndUna moves. */
export function processEcn(c: TcpConnection, s: TcpSegment): void {
  const { flags } = s;
  if (s.dataLength > 0) {
    if ((flags & CWR) !== 0) c.extras &= ~ECHO;
    if (s.marked) {
      // At once: a sender that hears of it a delayed ACK later has filled the queue further.
      c.extras |= ECHO;
      c.ackNow = true;
    }
  }
  if ((flags & ECE) === 0) return;
  const { ack } = s;
  if (((ack - c.sndUna) | 0) < 0 || ((ack - c.sndMax) | 0) > 0) return;
  // Once a window (RFC 3168 6.1.2), and not where a loss has already done it.
  if (((ack - c.ecnRecover) | 0) < 0 || c.board?.phase === RECOVERY || (c.board === undefined && c.recovering)) return;
  c.ecnRecover = c.sndMax;
  c.env.counters.congestionMarks++;
  reduceThreshold(c, (c.sndMax - c.sndUna) | 0);
  if (c.cwnd > c.ssthresh) c.cwnd = c.ssthresh;
  c.cwndAcked = 0;
}

/**
 * The flags that a segment leaves with. New data alone may be marked: not what is sent again, nor probes, nor ACKs (RFC 3168
 * 6.1.4 to 6.1.6).
 */
export function ecnFlags(c: TcpConnection, seq: number, flags: number, length: number): number {
  const { extras } = c;
  if ((extras & ECN) === 0 || (flags & SYN) !== 0) return flags;
  if ((extras & ECHO) !== 0) flags |= ECE;
  if (length > 0 && ((seq - c.sndMax) | 0) >= 0 && !c.probe) {
    flags |= ECT;
    if ((extras & SLOWED) !== 0) flags |= CWR;
  }
  return flags;
}

/** The peer's SYN, or SYN-ACK, says whether it speaks ECN (RFC 3168 6.1.1); `wanted`: the user's choice. */
export function acceptEcn(c: TcpConnection, flags: number, answer: boolean): void {
  const asked = (flags & (ECE | CWR)) === (answer ? ECE : ECE | CWR);
  if (asked && (answer ? c.ecnWanted === ECN_REQUEST : c.ecnWanted !== ECN_OFF)) {
    c.extras |= ECN;
    c.ecnRecover = c.iss;
  }
}
