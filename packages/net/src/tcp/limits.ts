/** Named limits of the TCP machine. Times are milliseconds, sizes bytes. */

/** "If an MSS Option is not received at connection setup, TCP implementations MUST assume a default send MSS of 536" (RFC 9293 3.7.1). */
export const DEFAULT_MSS = 536;
/** Smaller offers are taken as this much, so that a peer cannot make us send a packet for each byte. */
export const MIN_MSS = 88;
/** IPv4 and TCP headers without options. */
export const HEADERS_LENGTH = 40;
/** IPv6 and TCP headers without options. */
export const IPV6_HEADERS_LENGTH = 60;

/** "The delay MUST be less than 0.5 seconds" (RFC 9293 3.8.6.3); 40 ms as other stacks do. */
export const ACK_DELAY = 40;

/** Before a measurement: RFC 6298 2.1. */
export const RTO_INITIAL = 1000;
/**
 * What the RTO is longer than the smoothed round trip, at least. RFC 6298 2.4 says SHOULD 1 s for the whole; deployed stacks
 * take 200 ms, which covers an acknowledgment that was delayed.
 */
export const RTO_MIN = 200;
/** A tail probe waits two round trips and this: an ACK delayed by 40 ms is no loss (RFC 8985 7.2). */
export const PTO_DELAY = 50;
/** RFC 6298 2.5: at least 60 s. */
export const RTO_MAX = 60_000;
/** R2 for SYN: "at least 3 minutes" (RFC 9293 3.8.3) for active opens: 1 + 2 + … + 64 s with 60 s cap is 183 s. */
export const SYN_RETRIES = 7;
/** Half-open connections on our side cost memory to a stranger's benefit: 1 + 2 + 4 + 8 + 16 + 32 s, as other stacks have. */
export const SYN_ACK_RETRIES = 5;
/** R1: "at least 3 retransmissions" (RFC 9293 3.8.3). From here on IP is advised that the next hop may be another one. */
export const ADVICE_RETRIES = 3;
/**
 * R2 for data: at least 100 s (RFC 9293 3.8.3); from 300 ms, doubling up to 60 s, this many come to about a quarter of an hour. On a
 * path that loses three packets in ten each way, every second retransmission goes unanswered: twelve in a row are no rarity there.
 */
export const DATA_RETRIES = 20;

/** 2 MSL. RFC 9293 3.4.2 takes an MSL of 2 minutes and allows less; 60 s is what Linux waits. */
export const TIME_WAIT_LENGTH = 60_000;
/** How long FIN-WAIT-2 waits for a peer that may never close, once nobody here can read any more. */
export const FIN_WAIT_2_LENGTH = 60_000;
/** Connections in TIME-WAIT at once; the oldest goes first. */
export const MAX_TIME_WAIT = 1024;

/** Ranges of out-of-order data a connection remembers; data that would need one more is dropped. */
export const MAX_RANGES = 32;

/** A round trip, milliseconds, that is shorter than what a full queue on the way takes to empty. */
export const SHORT_PATH = 1;
/** On such a path: a window that takes longer to arrive and be read, milliseconds, waits in a queue; it shrinks down to this. */
export const LONG_READ = 8;
export const LEAST_OFFER = 32 * 1024;

/** Smallest ring. */
export const MIN_RING = 2048;
export const RECEIVE_LIMIT = 128 * 1024;
export const SEND_LIMIT = 256 * 1024;
/** What both may grow to where the path needs it and memory allows. */
export const AUTO_LIMIT = 1024 * 1024;
/** Window and send buffer of a connection while the stack's memory is spent. */
export const PRESSURE_LIMIT = 8 * 1024;
/** What each direction of a connection may hold however much others do: a segment or two, so that everybody gets on. */
export const LEAST_LIMIT = 4 * 1024;

/** Keep-alive probes without answer before the connection is given up, and the time between two of them. */
export const KEEP_ALIVE_PROBES = 9;
export const KEEP_ALIVE_INTERVAL = 75_000;

/** Duplicate ACKs that mean a loss (RFC 5681 3.2). */
export const DUPLICATE_ACKS = 3;
