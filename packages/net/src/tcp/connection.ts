import type { ByteHelpers } from "@soloist/interface";
import type { LinkWaiter } from "../ipv4/egress.ts";
import type { Timed } from "../timers.ts";
import type { Narrow } from "./black-hole.ts";
import type { Ring, RingPool } from "./buffers.ts";
import type { CongestionName, Cubic } from "./congestion.ts";
import { ECN_ACCEPT } from "./ecn.ts";
import { AUTO_LIMIT, DEFAULT_MSS, MIN_RING, RECEIVE_LIMIT, RTO_INITIAL, SEND_LIMIT } from "./limits.ts";
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
  /** Most data that the device cuts into segments itself, and joins from received ones; 0: it does not. */
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
 * All sequence numbers are int32. Half a kilobyte; rings exist only while they hold something. What is only declared has its
 * first value from {@link SELDOM_CHANGED}: write it only when it changes.
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
  declare finQueued: boolean;

  rcvNxt = 0;
  /** The next byte that the user reads. */
  rcvUser = 0;
  /** Right edge of the window that was advertised last. */
  rcvAdv = 0;
  declare rcvLimit: number;
  /** How much of `rcvLimit` is offered to the peer: less where more would only fill queues on the way. */
  declare rcvOffer: number;
  /** What `rcvLimit` may grow to (RFC 9293 3.8.6: the window is ours to choose). */
  declare rcvLimitMax: number;
  /** The user has read a whole window when it reaches this number, since `tuneAt`. */
  tuneSeq = 0;
  declare tuneAt: number;
  rcvShift = 0;
  /** Our SYN carries a window scale: always when we open, and when the peer's SYN had one. */
  declare scaleOffered: boolean;
  /** Largest segment that arrived: every second one of that size is acknowledged at once. */
  rcvMss = DEFAULT_MSS;
  declare finKnown: boolean;
  /** Number of the peer's FIN, when known. */
  declare finSeq: number;
  /** The peer's FIN was taken: rcvNxt is one more than the data. */
  declare finReceived: boolean;
  /** Nobody will read: what arrives is acknowledged and thrown away. */
  declare discard: boolean;

  /** Largest segment that we send. */
  mss = DEFAULT_MSS;
  cwnd: number;
  declare cwndAcked: number;
  declare ssthresh: number;
  declare recover: number;
  declare recovering: boolean;
  declare dupAcks: number;
  /** The first unacknowledged segment, or what the scoreboard holds for lost, is to be sent again. */
  declare resend: boolean;
  /** Both SYNs permitted SACK (RFC 2018 2). */
  sackOk = false;
  /** What was sent and what of it arrived: exists while something is missing, and `recovering` is then set. */
  declare board: Scoreboard | undefined;
  declare congestion: CongestionName;
  declare cubic: Cubic | undefined;
  /** The out-of-order range that grew last begins at or before this number (RFC 2018 4: it is reported first). */
  declare sackLast: number;
  /** Which of the other ranges is reported next. */
  declare sackTurn: number;
  /** Timestamps, ECN and duplicates: bits of `extras.ts`. */
  declare extras: number;
  /** Exists when timestamps are offered, or both ends have them. */
  declare ts: Timestamps | undefined;
  declare ecnWanted: number;
  /** What is outstanding when a mark slows us down: one reduction a window. */
  declare ecnRecover: number;
  /** Data that came twice, to be reported. */
  declare duplicateStart: number;
  declare duplicateEnd: number;
  /** Of the recovery at hand, or the last one. */
  declare undo: Undo | undefined;
  /** Quarters of the shortest round trip that what was overtaken is waited for (RFC 8985 6.2 step 4), and for how long so many. */
  declare reorderSteps: number;
  declare reorderLeft: number;
  declare reorderRound: number;
  /** Larger segments than `mss` seem to vanish (RFC 4821). */
  declare narrow: Narrow | undefined;
  /** An ICMP error that may pass: the reason if the connection times out (RFC 1122 4.2.3.9). */
  declare softError: TcpFailure | undefined;
  /** A zero-window or keep-alive probe is due. */
  declare probe: boolean;

  /** -1: nothing measured yet. */
  srtt = -1;
  rttvar = 0;
  rto = RTO_INITIAL;
  /** When to probe for a lost tail, milliseconds after it was sent (RFC 8985 7.2); at most `rto`. */
  pto = RTO_INITIAL;
  /** sndUna at the last such probe: one for each. NaN: there was none. */
  declare probedAt: number;
  /** How often a retransmission that was answered in time may still end the backoff of the RTO. */
  declare trusted: number;
  minRtt = Number.POSITIVE_INFINITY;
  /** What had been acknowledged when the timed segment was sent. */
  rttUna = 0;
  /** Bytes a millisecond that round trips deliver, smoothed; and the most of that, of the current ten and the ten before. */
  rate = 0;
  rateNow = 0;
  declare rateBefore: number;
  rateRounds = 0;
  /** Segments have overtaken each other on this path. */
  declare reordered: boolean;
  rttSeq = 0;
  /** When the timed segment was sent; -1: none is timed. */
  rttAt = -1;
  declare retries: number;
  /** Segments sent again, for `info()`. */
  declare retransmitted: number;
  lastSentAt = 0;

  /** Retransmission, persist, TIME-WAIT and keep-alive exclude each other: one deadline. */
  rtoAt = Number.POSITIVE_INFINITY;
  ackAt = Number.POSITIVE_INFINITY;
  ackNow = false;
  /** Duplicate ACKs to send: one for each segment that arrived out of order (RFC 5681 3.2), however many a poll took. */
  declare acksOwed: number;
  /** Bytes received that no ACK has covered. */
  ackPending = 0;

  declare sendLimit: number;
  declare sendLimitMax: number;
  sendRing: Ring | undefined = undefined;
  declare sendCapacity: number;
  sendMark = 0;
  receiveRing: Ring | undefined = undefined;
  declare receiveCapacity: number;
  receiveMark = 0;
  /** The receive ring is not the pool's any more. */
  declare detached: boolean;
  declare ranges: Ranges | undefined;

  declare noDelay: boolean;
  /** Milliseconds that data may stay unacknowledged (RFC 9293 3.9.1.8); 0: as long as the retransmissions last. */
  declare userTimeout: number;
  /** When the first timeout since the last progress came. */
  declare stalledAt: number;
  /** Milliseconds of silence before a keep-alive probe; 0: never. */
  declare keepAlive: number;
  declare lastHeardAt: number;
  /** SYN-SENT ends at this time at the latest. */
  declare connectBy: number;
  declare active: boolean;
  declare error: TcpFailure | undefined;

  /** Somebody waits for bytes to read, for room to write: only then are these events worth a call. */
  awaitsData = false;
  awaitsRoom = false;
  /** In the layer's list of connections whose rings may be given back. */
  parked = false;
  /** Both ports as one number, as they are on the wire in what the peer sends. */
  readonly ports: number;

  /** For the layer above: its events, its place in the table, the timer heap, the queue of connections to dispatch. */
  owner: TcpOwner | undefined = undefined;
  declare next: TcpConnection | undefined;
  queued = false;
  /** Waits for the next hop's MAC; made when it is first needed. */
  declare waiter: LinkWaiter | undefined;
  timerKey = Number.POSITIVE_INFINITY;
  timerIndex = -1;
  /** Slot of the prepared headers; -1: none yet. */
  header = -1;
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

/**
 * What most connections never change: on the prototype, where it costs them neither memory nor time. A field of an object
 * takes 8 bytes and 0.12 us when a connection is made; one that is read here takes 5 ns more.
 */
const SELDOM_CHANGED = {
  finQueued: false,
  rcvLimit: RECEIVE_LIMIT,
  rcvOffer: RECEIVE_LIMIT,
  rcvLimitMax: AUTO_LIMIT,
  tuneAt: 0,
  scaleOffered: true,
  finKnown: false,
  finSeq: 0,
  finReceived: false,
  discard: false,
  cwndAcked: 0,
  ssthresh: 0x7fffffff,
  recover: 0,
  recovering: false,
  dupAcks: 0,
  resend: false,
  board: undefined,
  congestion: "westwood",
  cubic: undefined,
  sackLast: 0,
  sackTurn: 0,
  extras: 0,
  ts: undefined,
  ecnWanted: ECN_ACCEPT,
  ecnRecover: 0,
  duplicateStart: 0,
  duplicateEnd: 0,
  undo: undefined,
  reorderSteps: 1,
  reorderLeft: 0,
  reorderRound: 0,
  narrow: undefined,
  softError: undefined,
  probe: false,
  probedAt: Number.NaN,
  trusted: 1,
  rateBefore: 0,
  reordered: false,
  retries: 0,
  retransmitted: 0,
  acksOwed: 0,
  sendLimit: SEND_LIMIT,
  sendLimitMax: AUTO_LIMIT,
  sendCapacity: MIN_RING,
  receiveCapacity: MIN_RING,
  detached: false,
  ranges: undefined,
  noDelay: true,
  userTimeout: 0,
  stalledAt: 0,
  keepAlive: 0,
  lastHeardAt: 0,
  connectBy: Number.POSITIVE_INFINITY,
  active: false,
  error: undefined,
  next: undefined,
  waiter: undefined,
} satisfies Partial<TcpConnection>;

Object.assign(TcpConnection.prototype, SELDOM_CHANGED);

/** When `dispatch` must run next; Infinity: only after `process` or a call of the user. */
export function pollAt(c: TcpConnection): number {
  return Math.min(c.ackAt, c.rtoAt);
}
