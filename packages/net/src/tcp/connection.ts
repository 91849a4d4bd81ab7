import type { ByteHelpers } from "@soloist/interface";
import type { LinkWaiter } from "../ipv4/egress.ts";
import type { Timed } from "../timers.ts";
import type { Narrow } from "./black-hole.ts";
import type { Ring, RingPool } from "./buffers.ts";
import type { CongestionName, Cubic } from "./congestion.ts";
import { ECN_ACCEPT } from "./ecn.ts";
import { DEFAULT_MSS, MIN_RING, RTO_INITIAL } from "./limits.ts";
import { initialWindow } from "./new-reno.ts";
import type { Ranges } from "./reassembly.ts";
import type { Scoreboard } from "./scoreboard.ts";
import { CLOSED } from "./state.ts";
import type { Timestamps } from "./timestamps.ts";
import type { Undo } from "./undo.ts";

/** Why a connection ended other than by FIN. */
export type TcpFailure = "ECONNRESET" | "ECONNREFUSED" | "ECONNABORTED" | "ETIMEDOUT" | "EHOSTUNREACH" | "ENETUNREACH";

/** What all connections of a stack share. */
export interface TcpEnvironment {
  readonly bytes: ByteHelpers;
  readonly pool: RingPool;
  readonly counters: TcpCounters;
  /** Largest segment that we take: the device's MTU less the headers. */
  readonly mss: number;
  /** Most data that the device cuts into segments itself; 0: it does not. */
  readonly large: number;
  /** Of the poll that runs, or ran last. */
  readonly now: number;
  /** Notes that a ring of `c` may be empty: it is given back if it still is a moment later. */
  park(c: TcpConnection): void;
  /** Whether one more unrequested ACK or RST may be sent now (RFC 5961 7). */
  mayChallenge(now: number): boolean;
}

export interface TcpCounters {
  received: number;
  sent: number;
  retransmitted: number;
  fastRetransmitted: number;
  timeouts: number;
  duplicateAcks: number;
  outOfOrder: number;
  challengeAcks: number;
  resetsSent: number;
  opened: number;
  closed: number;
  failed: number;
  /** SYNs answered with a cookie because the backlog was full, and ACKs that brought one back. */
  cookiesSent: number;
  cookiesTaken: number;
  /** Segments that PAWS dropped (RFC 7323 5), as their timestamp was older than one before. */
  oldTimestamps: number;
  /** Windows reduced because a router marked packets (RFC 3168). */
  congestionMarks: number;
  /** Duplicates that peers reported (RFC 2883), and recoveries that turned out to have been for nothing. */
  duplicatesReported: number;
  undone: number;
  /** Paths that lost all large segments without an ICMP message: smaller ones are sent (RFC 4821 7.7). */
  blackHoles: number;
}

export function createTcpCounters(): TcpCounters {
  return {
    received: 0,
    sent: 0,
    retransmitted: 0,
    fastRetransmitted: 0,
    timeouts: 0,
    duplicateAcks: 0,
    outOfOrder: 0,
    challengeAcks: 0,
    resetsSent: 0,
    opened: 0,
    closed: 0,
    failed: 0,
    cookiesSent: 0,
    cookiesTaken: 0,
    oldTimestamps: 0,
    congestionMarks: 0,
    duplicatesReported: 0,
    undone: 0,
    blackHoles: 0,
  };
}

/** Whoever hears of a connection's events: a flow, or the listener while the handshake lasts. */
export interface TcpOwner {
  onEvents(connection: TcpConnection, events: number): void;
}

/**
 * The state of one connection (RFC 9293 3.3.1), without methods: `process`, `dispatch` and the calls in `calls.ts` work on it.
 *
 * All sequence numbers are int32. About 0.9 KB; rings exist only while they hold something.
 */
export class TcpConnection implements Timed {
  state = CLOSED;
  readonly env: TcpEnvironment;
  readonly localAddress: number;
  readonly localPort: number;
  readonly remoteAddress: number;
  readonly remotePort: number;

  iss = 0;
  sndUna = 0;
  sndNxt = 0;
  /** Highest sequence number sent, plus one: sndNxt goes back to sndUna after a timeout, this does not. */
  sndMax = 0;
  /** Behind the last byte that the user wrote; our FIN has this number. */
  sndEnd = 0;
  /** In bytes, scaled. */
  sndWnd = 0;
  sndWl1 = 0;
  sndWl2 = 0;
  maxSndWnd = 0;
  sndShift = 0;
  finQueued = false;

  irs = 0;
  rcvNxt = 0;
  /** The next byte that the user reads. */
  rcvUser = 0;
  /** Right edge of the window that was advertised last. */
  rcvAdv = 0;
  rcvLimit = 0;
  /** What `rcvLimit` may grow to (RFC 9293 3.8.6: the window is ours to choose). */
  rcvLimitMax = 0;
  /** The user has read a whole window when it reaches this number, since `tuneAt`. */
  tuneSeq = 0;
  tuneAt = 0;
  rcvShift = 0;
  /** Our SYN carries a window scale: always when we open, and when the peer's SYN had one. */
  scaleOffered = true;
  /** Largest segment that arrived: every second one of that size is acknowledged at once. */
  rcvMss = DEFAULT_MSS;
  finKnown = false;
  /** Number of the peer's FIN, when known. */
  finSeq = 0;
  /** The peer's FIN was taken: rcvNxt is one more than the data. */
  finReceived = false;
  /** Nobody will read: what arrives is acknowledged and thrown away. */
  discard = false;

  /** Largest segment that we send. */
  mss = DEFAULT_MSS;
  cwnd: number;
  cwndAcked = 0;
  ssthresh = 0x7fffffff;
  recover = 0;
  recovering = false;
  dupAcks = 0;
  /** The first unacknowledged segment, or what the scoreboard holds for lost, is to be sent again. */
  resend = false;
  /** Both SYNs permitted SACK (RFC 2018 2). */
  sackOk = false;
  /** What was sent and what of it arrived: exists while something is missing, and `recovering` is then set. */
  board: Scoreboard | undefined = undefined;
  congestion: CongestionName = "westwood";
  cubic: Cubic | undefined = undefined;
  /** The out-of-order range that grew last begins at or before this number (RFC 2018 4: it is reported first). */
  sackLast = 0;
  /** Which of the other ranges is reported next. */
  sackTurn = 0;
  /** Timestamps, ECN and duplicates: bits of `extras.ts`. */
  extras = 0;
  /** Exists when timestamps are offered, or both ends have them. */
  ts: Timestamps | undefined = undefined;
  ecnWanted = ECN_ACCEPT;
  /** What is outstanding when a mark slows us down: one reduction a window. */
  ecnRecover = 0;
  /** Data that came twice, to be reported. */
  duplicateStart = 0;
  duplicateEnd = 0;
  /** Of the recovery at hand, or the last one. */
  undo: Undo | undefined = undefined;
  /** Quarters of the shortest round trip that what was overtaken is waited for (RFC 8985 6.2 step 4), and for how long so many. */
  reorderSteps = 1;
  reorderLeft = 0;
  reorderRound = 0;
  /** Larger segments than `mss` seem to vanish (RFC 4821). */
  narrow: Narrow | undefined = undefined;
  /** An ICMP error that may pass: the reason if the connection times out (RFC 1122 4.2.3.9). */
  softError: TcpFailure | undefined = undefined;
  /** A zero-window or keep-alive probe is due. */
  probe = false;

  /** -1: nothing measured yet. */
  srtt = -1;
  rttvar = 0;
  rto = RTO_INITIAL;
  /** When to probe for a lost tail, milliseconds after it was sent (RFC 8985 7.2); at most `rto`. */
  pto = RTO_INITIAL;
  /** sndUna at the last such probe: one for each. */
  probedAt = 0;
  /** How often a retransmission that was answered in time may still end the backoff of the RTO. */
  trusted = 1;
  minRtt = Number.POSITIVE_INFINITY;
  /** What had been acknowledged when the timed segment was sent. */
  rttUna = 0;
  /** Bytes a millisecond that round trips deliver, smoothed; and the most of that, of the current ten and the ten before. */
  rate = 0;
  rateNow = 0;
  rateBefore = 0;
  rateRounds = 0;
  /** Segments have overtaken each other on this path. */
  reordered = false;
  rttSeq = 0;
  /** When the timed segment was sent; -1: none is timed. */
  rttAt = -1;
  retries = 0;
  lastSentAt = 0;

  /** Retransmission, persist, TIME-WAIT and keep-alive exclude each other: one deadline. */
  rtoAt = Number.POSITIVE_INFINITY;
  ackAt = Number.POSITIVE_INFINITY;
  ackNow = false;
  /** Duplicate ACKs to send: one for each segment that arrived out of order (RFC 5681 3.2), however many a poll took. */
  acksOwed = 0;
  /** Bytes received that no ACK has covered. */
  ackPending = 0;

  sendLimit = 0;
  sendLimitMax = 0;
  sendRing: Ring | undefined = undefined;
  sendCapacity = MIN_RING;
  sendMark = 0;
  receiveRing: Ring | undefined = undefined;
  receiveCapacity = MIN_RING;
  receiveMark = 0;
  /** The receive ring is not the pool's any more. */
  detached = false;
  ranges: Ranges | undefined = undefined;

  noDelay = true;
  /** Milliseconds that data may stay unacknowledged (RFC 9293 3.9.1.8); 0: as long as the retransmissions last. */
  userTimeout = 0;
  /** When the first timeout since the last progress came. */
  stalledAt = 0;
  /** Milliseconds of silence before a keep-alive probe; 0: never. */
  keepAlive = 0;
  lastHeardAt = 0;
  /** SYN-SENT ends at this time at the latest. */
  connectBy = Number.POSITIVE_INFINITY;
  active = false;
  error: TcpFailure | undefined = undefined;

  /** Somebody waits for bytes to read, for room to write: only then are these events worth a call. */
  awaitsData = false;
  awaitsRoom = false;
  /** In the layer's list of connections whose rings may be given back. */
  parked = false;
  /** Both ports as one number, as they are on the wire in what the peer sends. */
  readonly ports: number;

  /** For the layer above: its events, its place in the table, the timer heap, the queue of connections to dispatch. */
  owner: TcpOwner | undefined = undefined;
  next: TcpConnection | undefined = undefined;
  queued = false;
  /** Waits for the next hop's MAC; made when it is first needed. */
  waiter: LinkWaiter | undefined = undefined;
  timerKey = Number.POSITIVE_INFINITY;
  timerIndex = -1;
  /** Slot of the prepared headers; -1: none yet. */
  header = -1;
  headerSum = 0;
  /** The neighbour cache's epoch (of IPv6 its complement) and time until which the prepared MAC holds. */
  linkEpoch = -1;
  linkUntil = 0;

  constructor(env: TcpEnvironment, localAddress: number, localPort: number, remoteAddress: number, remotePort: number) {
    this.env = env;
    this.localAddress = localAddress;
    this.localPort = localPort;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.ports = (remotePort << 16) | localPort;
    this.cwnd = initialWindow(DEFAULT_MSS);
  }
}

/** When `dispatch` must run next; Infinity: only after `process` or a call of the user. */
export function pollAt(c: TcpConnection): number {
  return Math.min(c.ackAt, c.rtoAt);
}
