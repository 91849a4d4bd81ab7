/** The states of RFC 9293 3.3.2, as numbers because the hot path compares them. LISTEN belongs to listeners. */
export const CLOSED = 0;
export const SYN_SENT = 2;
export const SYN_RECEIVED = 3;
export const ESTABLISHED = 4;
export const FIN_WAIT_1 = 5;
export const FIN_WAIT_2 = 6;
export const CLOSE_WAIT = 7;
export const CLOSING = 8;
export const LAST_ACK = 9;
export const TIME_WAIT = 10;

export const STATE_NAMES = [
  "CLOSED",
  "LISTEN",
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
] as const;

/** What `process` and `onTimer` tell the shell; a bit each. */
export const EVENT_READABLE = 1;
/** Bytes of the send buffer were acknowledged. */
export const EVENT_WRITABLE = 2;
/** The handshake is complete. */
export const EVENT_CONNECTED = 4;
/** The connection is CLOSED: forget it. `connection.error` says why, if it was not the regular way. */
export const EVENT_CLOSED = 8;
/** Answer this segment with a reset (RFC 9293 3.10.7.1). */
export const EVENT_RESET_REPLY = 16;
/** `dispatch` has something to send. */
export const EVENT_OUTPUT = 32;
/** Our FIN was acknowledged, and so all that we sent. */
export const EVENT_FLUSHED = 64;
/** Entered TIME-WAIT. */
export const EVENT_TIME_WAIT = 128;
