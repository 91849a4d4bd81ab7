/** Multicast Listener Discovery version 2, RFC 3810 5: what stands behind the first eight bytes of ICMPv6. */
export const QUERY_LENGTH = 28;
export const QUERY_GROUP = 8;
/** Reserved, and the number of records, in `rest`. */
export const REPORT_LENGTH = 8;
/** One record without sources. */
export const RECORD_LENGTH = 20;

export const MODE_IS_EXCLUDE = 2;
export const CHANGE_TO_INCLUDE = 3;
export const CHANGE_TO_EXCLUDE = 4;

/** "Maximum Response Delay" in milliseconds from its code (RFC 3810 5.1.3). */
export function responseDelay(code: number): number {
  return code < 0x8000 ? code : ((code & 0xfff) | 0x1000) << (((code >> 12) & 7) + 3);
}

/** A record (RFC 3810 5.2.4) without sources; its group, 16 bytes at `at + 4`, is the caller's. */
export function emitRecord(into: Uint8Array, at: number, type: number): void {
  into[at] = type;
  into[at + 1] = 0;
  into[at + 2] = 0;
  into[at + 3] = 0;
}
