import { FORMERR, HEADER_LENGTH, MAX_NAME, NOERROR, NOTIMP, TYPE_OPT } from "@soloist/net/dns";

const FLAGS = 2;
const QUESTION_COUNT = 4;
const ANSWER_COUNT = 6;
const AUTHORITY_COUNT = 8;
const ADDITIONAL_COUNT = 10;
/** Behind the root's name of an OPT record: TYPE, CLASS, TTL, RDLENGTH (RFC 6891 6.1.2). */
const OPT_LENGTH = 11;
const MAX_LABEL = 63;

/** "values lower than 512 MUST be treated as equal to 512" (RFC 6891 6.2.3). */
const LEAST_SIZE = 512;
/** What fits every path without fragments: 1,280 bytes of IPv6 less its headers. */
export const MAX_DATAGRAM = 1232;

export const RESPONSE_BIT = 0x80;
export const RECURSION_DESIRED_BIT = 0x01;
export const CHECKING_DISABLED_BIT = 0x10;

/** What a datagram is: a query to be answered, one that is refused with an RCODE, or nothing that deserves an answer. */
export type QueryKind = "query" | "refuse" | "malformed" | "response";

/** The head of a query, filled in anew for each: reading one allocates nothing. */
export interface Query {
  kind: QueryKind;
  /** RCODE of a refusal. */
  rcode: number;
  /** Offset behind the question's name, which begins at {@link HEADER_LENGTH}; 0: there is none that can be read. */
  nameEnd: number;
  type: number;
  class: number;
  /** Bytes of a datagram that the client takes. */
  limit: number;
  edns: boolean;
  /** Version of EDNS; we speak 0. */
  version: number;
}

export function createQuery(): Query {
  return { kind: "malformed", rcode: 0, nameEnd: 0, type: 0, class: 0, limit: LEAST_SIZE, edns: false, version: 0 };
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** Reads the message in all of `bytes` (RFC 1035 4.1, RFC 6891) into `query`. */
export function readQuery(bytes: Uint8Array, query: Query): void {
  query.nameEnd = 0;
  query.edns = false;
  query.version = 0;
  query.limit = LEAST_SIZE;
  query.rcode = NOERROR;
  query.kind = "malformed";
  if (bytes.length < HEADER_LENGTH) return;
  // Answering an answer could go round between two servers for ever.
  if ((bytes[FLAGS]! & RESPONSE_BIT) !== 0) {
    query.kind = "response";
    return;
  }
  query.kind = "refuse";
  query.rcode = FORMERR;
  if ((bytes[FLAGS]! & 0x78) !== 0) {
    query.rcode = NOTIMP;
    return;
  }
  if (u16(bytes, QUESTION_COUNT) !== 1 || u16(bytes, ANSWER_COUNT) !== 0 || u16(bytes, AUTHORITY_COUNT) !== 0) return;
  let at = HEADER_LENGTH;
  for (;;) {
    if (at >= bytes.length) return;
    const length = bytes[at]!;
    if (length === 0) break;
    // The first name of a message has nothing before it that a pointer could lead to.
    if (length > MAX_LABEL) return;
    at += length + 1;
    if (at - HEADER_LENGTH >= MAX_NAME) return;
  }
  at++;
  if (at + 4 > bytes.length) return;
  query.nameEnd = at;
  query.type = u16(bytes, at);
  query.class = u16(bytes, at + 2);
  at += 4;
  const additionals = u16(bytes, ADDITIONAL_COUNT);
  if (additionals > 1) return;
  if (additionals === 1) {
    // One record may follow, an OPT of the root. Signed queries (TSIG) are for servers that share a key.
    if (at + OPT_LENGTH > bytes.length || bytes[at] !== 0 || u16(bytes, at + 1) !== TYPE_OPT) return;
    if (at + OPT_LENGTH + u16(bytes, at + 9) > bytes.length) return;
    query.edns = true;
    query.limit = Math.min(Math.max(u16(bytes, at + 3), LEAST_SIZE), MAX_DATAGRAM);
    query.version = bytes[at + 6]!;
  }
  query.rcode = NOERROR;
  query.kind = "query";
}
