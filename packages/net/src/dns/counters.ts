/** Since the stack was opened. */
export interface DnsCounters {
  /** Datagrams sent, those that repeat another among them. */
  queries: number;
  retransmissions: number;
  /** Questions asked over TCP. */
  streams: number;
  /** Lookups (or links of one) that the cache answered, and those that it did not. */
  cacheHits: number;
  cacheMisses: number;
  /** Answers of use. */
  answers: number;
  /** Answers that said SERVFAIL, REFUSED… or nothing of use. */
  failures: number;
  truncated: number;
  /** Dropped: cannot be parsed. */
  malformed: number;
  /** Dropped: from another address or port than was asked, another identifier or question, or too late. */
  mismatched: number;
  /** Dropped: the question came back with its letters in another case; it was then asked over TCP. */
  wrongCase: number;
}

export function createDnsCounters(): DnsCounters {
  return {
    queries: 0,
    retransmissions: 0,
    streams: 0,
    cacheHits: 0,
    cacheMisses: 0,
    answers: 0,
    failures: 0,
    truncated: 0,
    malformed: 0,
    mismatched: 0,
    wrongCase: 0,
  };
}
