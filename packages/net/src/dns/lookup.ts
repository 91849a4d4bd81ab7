import type { DnsRecord } from "../wire/dns-records.ts";
import type { Question } from "./question.ts";

/**
 * Why there are no records, named as Node.js names it: the name does not exist, has no such records, is no name; the
 * servers failed, refused, said what cannot be understood, stayed silent, could not be reached; there are none; too many
 * questions at once.
 */
export type LookupFailure =
  | "ENOTFOUND"
  | "ENODATA"
  | "EBADNAME"
  | "ESERVFAIL"
  | "EREFUSED"
  | "EFORMERR"
  | "ENOTIMP"
  | "EBADRESP"
  | "ETIMEOUT"
  | "ECONNREFUSED"
  | "ENOSERVER"
  | "ENOMEM";

export interface LookupOwner {
  /** The lookup has ended. May be called within `lookup()`, when the answer is known already. */
  onLookup(lookup: Lookup): void;
}

/** A search for the records of a name: search domains, CNAMEs, then the records. */
export interface Lookup {
  readonly type: number;
  readonly owner: LookupOwner;
  /** Full names to try, in order; `at` is the one being tried. */
  readonly candidates: readonly string[];
  at: number;
  /** The candidate, or the name that it is an alias of. */
  current: string;
  links: number;
  question: Question | undefined;
  /** Some candidate exists, without such records. */
  exists: boolean;
  done: boolean;
  failure: LookupFailure | undefined;
  records: readonly DnsRecord[];
}
