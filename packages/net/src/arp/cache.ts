import { PendingFrames } from "../pending-frames.ts";
import { type ArpFields, OPERATION_REPLY } from "../wire/arp.ts";

/** Neighbours remembered at once. Beyond it strangers whom we never wanted go first, then those that do not answer. */
export const MAX_NEIGHBOURS = 512;
/** How long an answer is believed without asking again (RFC 1122 2.3.2.1 asks for a way to flush; a minute is its example). */
export const REACHABLE_TIME = 60_000;
/** "The recommended maximum rate is 1 per second per destination" (RFC 1122 2.3.2.1). */
export const REQUEST_INTERVAL = 1000;
export const MAX_REQUESTS = 3;
/** A neighbour that TCP doubts is asked so rarely at most, milliseconds: whoever falls silent on purpose costs a request or two. */
export const DOUBT_INTERVAL = 10_000;
/** What is known of one neighbour. */
export interface Neighbour<Waiter> {
  readonly address: number;
  /** Whether the MAC is known. It stays usable while a refresh is asked for. */
  resolved: boolean;
  /** We had something for it: it did not just ask for us. */
  wanted: boolean;
  high: number;
  low: number;
  /** From here on, use means asking again. */
  refreshAt: number;
  /** Advice against it is heard from here on. */
  doubtAt: number;
  /** Requests sent since the last answer, and when the next is due. */
  requests: number;
  requestAt: number;
  /** Frames that wait for the MAC, in order. */
  readonly pending: Uint8Array[];
  readonly waiters: Waiter[];
}

/** Sends a request for `address`; to everybody, or to the MAC that it had. */
export type RequestSink<Waiter> = (neighbour: Neighbour<Waiter>) => void;

/** RFC 826 as a machine: `process`, `dispatch`, `pollAt`. */
export class ArpCache<Waiter> {
  /** Changes whenever a MAC that was given out may no longer hold. */
  epoch = 0;
  readonly #neighbours = new Map<number, Neighbour<Waiter>>();
  /** Those that were asked for and have not answered yet: few, and none when idle. */
  readonly #asked: Neighbour<Waiter>[] = [];
  /** Had to go while somebody waited for them. */
  readonly #evicted: Neighbour<Waiter>[] = [];
  readonly #pending = new PendingFrames();

  /** Whether somebody may not have answered: only then is there something to dispatch. A field, as every poll looks. */
  asking = false;

  get size(): number {
    return this.#neighbours.size;
  }

  /** The neighbour, asked for if need be: check `resolved`, and call `dispatch` afterwards. */
  resolve(address: number, now: number): Neighbour<Waiter> {
    let neighbour = this.#neighbours.get(address);
    if (neighbour === undefined) neighbour = this.#add(address);
    neighbour.wanted = true;
    if (now >= neighbour.refreshAt && neighbour.requestAt === Number.POSITIVE_INFINITY) {
      neighbour.requests = 0;
      neighbour.requestAt = now;
      this.#asked.push(neighbour);
      this.asking = true;
    }
    return neighbour;
  }

  /**
   * Nobody answers what goes to the neighbour (RFC 1122 2.3.2.1 (4), RFC 9293 3.8.3): it is asked again, alone and then with all
   * others, and its MAC is used meanwhile. Those whom nobody has talked to, or who are being asked, stay as they are.
   */
  doubt(address: number, now: number): void {
    const neighbour = this.#neighbours.get(address);
    if (neighbour === undefined || !neighbour.resolved || now < neighbour.doubtAt) return;
    neighbour.doubtAt = now + DOUBT_INTERVAL;
    if (now < neighbour.refreshAt) neighbour.refreshAt = now;
    this.resolve(address, now);
  }

  /** Keeps a frame until the neighbour is resolved; false: a frame had to be dropped. */
  keep(neighbour: Neighbour<Waiter>, frame: Uint8Array): boolean {
    return this.#pending.keep(neighbour.pending, frame);
  }

  /** What waited for the neighbour. */
  takePending(neighbour: Neighbour<Waiter>): Uint8Array[] {
    return this.#pending.take(neighbour.pending);
  }

  /**
   * An ARP packet: its sender is learnt when the packet asks for `ourAddress`, and updated when it is known already (RFC 826,
   * "packet reception"). Returns the neighbour if that answered somebody who waited.
   */
  process(fields: ArpFields, ourAddress: number, now: number): Neighbour<Waiter> | undefined {
    const address = fields.senderAddress;
    if (address === 0) return undefined;
    let neighbour = this.#neighbours.get(address);
    if (neighbour === undefined) {
      if (fields.targetAddress !== ourAddress || ourAddress === 0) return undefined;
      // An answer that nobody asked for makes no entry.
      if (fields.operation === OPERATION_REPLY) return undefined;
      neighbour = this.#add(address);
    }
    const waited = !neighbour.resolved;
    if (neighbour.resolved && (neighbour.high !== fields.senderHigh || neighbour.low !== fields.senderLow))
      this.epoch++;
    neighbour.resolved = true;
    neighbour.high = fields.senderHigh;
    neighbour.low = fields.senderLow;
    neighbour.refreshAt = now + REACHABLE_TIME;
    this.#settle(neighbour);
    return waited && (neighbour.pending.length > 0 || neighbour.waiters.length > 0) ? neighbour : undefined;
  }

  /** Sends the requests that are due. Returns a neighbour that never answered, whom the caller tells the waiters of, and is called again. */
  dispatch(now: number, request: RequestSink<Waiter>): Neighbour<Waiter> | undefined {
    if (this.#evicted.length > 0) return this.#evicted.pop();
    for (let index = this.#asked.length - 1; index >= 0; index--) {
      const neighbour = this.#asked[index]!;
      if (neighbour.requestAt > now) continue;
      if (neighbour.requests >= MAX_REQUESTS) {
        this.#remove(neighbour);
        return neighbour;
      }
      neighbour.requests++;
      neighbour.requestAt = now + REQUEST_INTERVAL;
      request(neighbour);
    }
    this.asking = this.#asked.length > 0;
    return undefined;
  }

  pollAt(): number {
    if (this.#evicted.length > 0) return 0;
    let at = Number.POSITIVE_INFINITY;
    for (const neighbour of this.#asked) if (neighbour.requestAt < at) at = neighbour.requestAt;
    return at;
  }

  /** Forgets everybody: our address changed. */
  clear(): void {
    this.#neighbours.clear();
    this.#asked.length = 0;
    this.#evicted.length = 0;
    this.#pending.clear();
    this.epoch++;
  }

  #add(address: number): Neighbour<Waiter> {
    if (this.#neighbours.size >= MAX_NEIGHBOURS) this.#evict();
    const neighbour: Neighbour<Waiter> = {
      address,
      resolved: false,
      wanted: false,
      high: 0,
      low: 0,
      refreshAt: 0,
      doubtAt: 0,
      requests: 0,
      requestAt: Number.POSITIVE_INFINITY,
      pending: [],
      waiters: [],
    };
    this.#neighbours.set(address, neighbour);
    return neighbour;
  }

  /** A flood of requests must not make us forget the gateway, nor one of packets from addresses that nobody has. */
  #evict(): void {
    let victim: Neighbour<Waiter> | undefined;
    for (const neighbour of this.#neighbours.values()) {
      if (!neighbour.wanted) {
        victim = neighbour;
        break;
      }
      if (victim === undefined || (victim.resolved && !neighbour.resolved)) victim = neighbour;
    }
    this.#remove(victim!);
    if (victim!.pending.length > 0 || victim!.waiters.length > 0) {
      this.#evicted.push(victim!);
      this.asking = true;
    }
  }

  #remove(neighbour: Neighbour<Waiter>): void {
    this.#neighbours.delete(neighbour.address);
    this.#settle(neighbour);
    if (neighbour.resolved && neighbour.wanted) this.epoch++;
  }

  #settle(neighbour: Neighbour<Waiter>): void {
    neighbour.requestAt = Number.POSITIVE_INFINITY;
    const index = this.#asked.indexOf(neighbour);
    if (index >= 0) this.#asked.splice(index, 1);
    this.asking = this.#asked.length > 0 || this.#evicted.length > 0;
  }
}
