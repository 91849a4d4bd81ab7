/**
 * What few connections have, as bits of one number: header prediction and prepared headers ask `extras !== 0`, one read, and
 * those without pay nothing more.
 */

/** Both SYNs had timestamps (RFC 7323 3.2): every segment has. */
export const TIMESTAMPS = 1;
/** Both ends speak ECN (RFC 3168 6.1.1). */
export const ECN = 2;
/** A packet of the peer was marked: every ACK says so until the peer has slowed down (RFC 3168 6.1.3). */
export const ECHO = 4;
/** We have slowed down: the next new data says so (RFC 3168 6.1.2). */
export const SLOWED = 8;
/** Data came twice, and the next ACK reports it (RFC 2883). */
export const DUPLICATE = 16;
