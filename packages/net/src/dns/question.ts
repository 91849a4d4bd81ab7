import type { Timed } from "../timers.ts";
import type { Lookup, LookupFailure } from "./lookup.ts";

/** A name server, and what is known of it. */
export interface Server {
  readonly address: number;
  /** 53; 5353 is the group of multicast DNS, of which any member may answer. */
  readonly port: number;
  /** False: it answered a query with EDNS0 with FORMERR. */
  edns: boolean;
  /** When it last said nothing or nothing of use, milliseconds. */
  failedAt: number;
}

/** One question at one server. A retransmission is the same datagram again: more of them open would make guessing easier (RFC 5452 5). */
export interface Attempt {
  readonly question: Question;
  readonly server: Server;
  readonly id: number;
  /** Our UDP port. */
  readonly port: number;
  /** The name with its letters in random case, which the answer has to repeat. */
  readonly name: string;
  /** Over TCP now: the answer over UDP was truncated or in the wrong case. */
  stream: boolean;
  /** It will not answer any more. */
  failed: boolean;
}

/** A name and type that servers are being asked for, for everybody who waits for it. */
export interface Question extends Timed {
  readonly key: string;
  readonly name: string;
  readonly type: number;
  /** In the order in which they are asked. */
  readonly servers: readonly Server[];
  /** As `servers`; undefined: not asked yet. */
  readonly attempts: (Attempt | undefined)[];
  readonly waiters: Set<Lookup>;
  /** Datagrams that were due so far; the next goes to server `step % servers.length`. */
  step: number;
  /** To be asked over TCP next. */
  streamDue: Attempt | undefined;
  /** To be asked again at once, without EDNS0. */
  repeatDue: Attempt | undefined;
  /** Whom the running timer is for. */
  pending: Attempt | undefined;
  /** What the last server that failed said. */
  failure: LookupFailure;
}
