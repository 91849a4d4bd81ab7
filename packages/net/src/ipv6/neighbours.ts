import { PendingFrames } from "../pending-frames.ts";

/** RFC 4861 10: "MAX_MULTICAST_SOLICIT 3", "MAX_UNICAST_SOLICIT 3", "DELAY_FIRST_PROBE_TIME 5 seconds". Milliseconds. */
export const MAX_SOLICITATIONS = 3;
export const DELAY_FIRST_PROBE = 5000;
export const REACHABLE_TIME = 30_000;
export const RETRANSMIT_TIME = 1000;
/** "MIN_RANDOM_FACTOR .5", "MAX_RANDOM_FACTOR 1.5". */
const MIN_RANDOM_FACTOR = 0.5;
/** A neighbour that TCP doubts is asked so rarely at most, milliseconds. */
export const DOUBT_INTERVAL = 10_000;
/** Neighbours remembered at once: beyond it one that is not in use goes, else the oldest. */
export const MAX_NEIGHBOURS = 512;
/** Of these, asked at once: strangers on the link may make us ask by a SYN each. Beyond it the one goes that was asked first. */
export const MAX_ASKED = 128;
/** States of RFC 4861 7.3.2. */
export type NeighbourState = "INCOMPLETE" | "REACHABLE" | "STALE" | "DELAY" | "PROBE";

/** What is known of one neighbour. */
export interface Neighbour<Waiter> {
  readonly address: number;
  state: NeighbourState;
  /** Its MAC; means nothing while INCOMPLETE. */
  high: number;
  low: number;
  isRouter: boolean;
  /** REACHABLE ends then. */
  reachableUntil: number;
  /** Advice against it is heard from here on. */
  doubtAt: number;
  /** Solicitations since the last answer, and when the next step is due. */
  solicitations: number;
  dueAt: number;
  readonly pending: Uint8Array[];
  readonly waiters: Waiter[];
}

export interface NeighbourHooks {
  /** The neighbour's address is kept, or no longer. */
  retain(address: number): void;
  release(address: number): void;
  /** 32 random bits. */
  random(): number;
}

/** What an advertisement says. */
export interface Advertised {
  readonly hasMac: boolean;
  readonly high: number;
  readonly low: number;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
}

/** Neighbour cache with unreachability detection (RFC 4861 7) as a machine: `process…`, `dispatch`, `pollAt`. Times are milliseconds. */
export class NeighbourCache<Waiter> {
  /** Changes whenever a MAC that was given out may no longer hold. From 1 on. */
  epoch = 1;
  /** As routers say. */
  reachableBase = REACHABLE_TIME;
  retransmitTime = RETRANSMIT_TIME;
  readonly #hooks: NeighbourHooks;
  readonly #neighbours = new Map<number, Neighbour<Waiter>>();
  /** Those with a deadline: INCOMPLETE, DELAY, PROBE. */
  readonly #timed: Neighbour<Waiter>[] = [];
  /** No deadline of theirs is earlier. */
  #firstDue = Number.POSITIVE_INFINITY;
  /** Had to go while somebody waited for them. */
  readonly #evicted: Neighbour<Waiter>[] = [];
  readonly #pending = new PendingFrames();

  constructor(hooks: NeighbourHooks) {
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#neighbours.size;
  }

  get(address: number): Neighbour<Waiter> | undefined {
    return this.#neighbours.get(address);
  }

  /** The neighbour that a packet is sent to now. Unless it is INCOMPLETE its MAC may be used; dispatch afterwards. */
  resolve(address: number, now: number): Neighbour<Waiter> {
    let neighbour = this.#neighbours.get(address);
    if (neighbour === undefined) {
      if (this.#timed.length >= MAX_ASKED) this.#boundAsked();
      neighbour = this.#add(address, "INCOMPLETE");
      this.#time(neighbour, now);
    } else if (neighbour.state === "REACHABLE" && now >= neighbour.reachableUntil) {
      neighbour.state = "STALE";
    }
    // "The first time a node sends a packet to a neighbor whose entry is STALE" (RFC 4861 7.3.3).
    if (neighbour.state === "STALE") {
      neighbour.state = "DELAY";
      neighbour.solicitations = 0;
      this.#time(neighbour, now + DELAY_FIRST_PROBE);
    }
    return neighbour;
  }

  /**
   * Nobody answers what goes to the neighbour (RFC 9293 3.8.3): PROBE at once, though REACHABLE. In the other states it is being
   * asked, or will be with the next packet.
   */
  doubt(address: number, now: number): Neighbour<Waiter> | undefined {
    const neighbour = this.#neighbours.get(address);
    if (neighbour === undefined || neighbour.state !== "REACHABLE" || now < neighbour.doubtAt) return undefined;
    neighbour.doubtAt = now + DOUBT_INTERVAL;
    neighbour.state = "PROBE";
    neighbour.solicitations = 0;
    this.#time(neighbour, now);
    return neighbour;
  }

  /** Whether the MAC is known, and since when it must be asked for again: for those who keep it themselves. */
  usableUntil(neighbour: Neighbour<Waiter>, now: number): number {
    return neighbour.state === "REACHABLE" ? neighbour.reachableUntil : now + 1000;
  }

  keep(neighbour: Neighbour<Waiter>, frame: Uint8Array): boolean {
    return this.#pending.keep(neighbour.pending, frame);
  }

  takePending(neighbour: Neighbour<Waiter>): Uint8Array[] {
    return this.#pending.take(neighbour.pending);
  }

  /**
   * A solicitation or a router's message told somebody's MAC (RFC 4861 7.2.3): STALE, unless nothing is new. Returns the
   * neighbour when somebody waited for it.
   */
  learn(address: number, high: number, low: number, router: boolean): Neighbour<Waiter> | undefined {
    const neighbour = this.#neighbours.get(address) ?? this.#add(address, "INCOMPLETE");
    if (router) neighbour.isRouter = true;
    if (neighbour.state !== "INCOMPLETE" && neighbour.high === high && neighbour.low === low) return undefined;
    return this.#update(neighbour, high, low, "STALE");
  }

  /** An advertisement for `address` (RFC 4861 7.2.5). `lostRouter`: it was a router, and is none any more. */
  advertised(
    address: number,
    { hasMac, high, low, router, solicited, override }: Advertised,
    now: number,
  ): { readonly waited: Neighbour<Waiter> | undefined; readonly lostRouter: boolean } {
    const nothing = { waited: undefined, lostRouter: false };
    const neighbour = this.#neighbours.get(address);
    // "there is no need to create an entry" for what nobody asked.
    if (neighbour === undefined) return nothing;
    if (neighbour.state === "INCOMPLETE") {
      if (!hasMac) return nothing;
      neighbour.isRouter = router;
      const waited = this.#update(neighbour, high, low, solicited ? "REACHABLE" : "STALE", now);
      return { waited, lostRouter: false };
    }
    const differs = hasMac && (neighbour.high !== high || neighbour.low !== low);
    if (!override && differs) {
      if (neighbour.state === "REACHABLE") this.#become(neighbour, "STALE");
      return nothing;
    }
    const lostRouter = neighbour.isRouter && !router;
    neighbour.isRouter = router;
    if (differs) this.#update(neighbour, high, low, solicited ? "REACHABLE" : "STALE", now);
    else if (solicited) this.#reach(neighbour, now);
    return { waited: undefined, lostRouter };
  }

  /** Takes the next steps that are due. Returns a neighbour that never answered, whose waiters the caller tells, and is called again. */
  dispatch(
    now: number,
    solicit: (neighbour: Neighbour<Waiter>, unicast: boolean) => void,
  ): Neighbour<Waiter> | undefined {
    if (this.#evicted.length > 0) return this.#evicted.pop();
    if (now < this.#firstDue) return undefined;
    let first = Number.POSITIVE_INFINITY;
    for (let index = this.#timed.length - 1; index >= 0; index--) {
      const neighbour = this.#timed[index]!;
      if (neighbour.dueAt > now) {
        if (neighbour.dueAt < first) first = neighbour.dueAt;
        continue;
      }
      if (neighbour.state === "DELAY") neighbour.state = "PROBE";
      if (neighbour.solicitations >= MAX_SOLICITATIONS) {
        this.#remove(neighbour);
        return neighbour;
      }
      neighbour.solicitations++;
      neighbour.dueAt = now + this.retransmitTime;
      if (neighbour.dueAt < first) first = neighbour.dueAt;
      solicit(neighbour, neighbour.state === "PROBE");
    }
    this.#firstDue = first;
    return undefined;
  }

  /** Never later than the next step; earlier where a neighbour has answered meanwhile. */
  pollAt(): number {
    return this.#evicted.length > 0 ? 0 : this.#firstDue;
  }

  #update(
    neighbour: Neighbour<Waiter>,
    high: number,
    low: number,
    state: "REACHABLE" | "STALE",
    now = 0,
  ): Neighbour<Waiter> | undefined {
    const waited = neighbour.pending.length > 0 || neighbour.waiters.length > 0;
    if (neighbour.state !== "INCOMPLETE") this.epoch++;
    neighbour.high = high;
    neighbour.low = low;
    if (state === "REACHABLE") this.#reach(neighbour, now);
    else this.#become(neighbour, "STALE");
    return waited ? neighbour : undefined;
  }

  #reach(neighbour: Neighbour<Waiter>, now: number): void {
    const factor = MIN_RANDOM_FACTOR + (this.#hooks.random() >>> 0) / 0x100000000;
    neighbour.reachableUntil = now + this.reachableBase * factor;
    this.#become(neighbour, "REACHABLE");
  }

  #become(neighbour: Neighbour<Waiter>, state: NeighbourState): void {
    neighbour.state = state;
    neighbour.solicitations = 0;
    neighbour.dueAt = Number.POSITIVE_INFINITY;
    const index = this.#timed.indexOf(neighbour);
    if (index >= 0) this.#timed.splice(index, 1);
    if (this.#timed.length === 0) this.#firstDue = Number.POSITIVE_INFINITY;
  }

  #time(neighbour: Neighbour<Waiter>, at: number): void {
    neighbour.dueAt = at;
    if (at < this.#firstDue) this.#firstDue = at;
    if (!this.#timed.includes(neighbour)) this.#timed.push(neighbour);
  }

  #add(address: number, state: NeighbourState): Neighbour<Waiter> {
    if (this.#neighbours.size >= MAX_NEIGHBOURS) this.#evict();
    const neighbour: Neighbour<Waiter> = {
      address,
      state,
      high: 0,
      low: 0,
      isRouter: false,
      reachableUntil: 0,
      doubtAt: 0,
      solicitations: 0,
      dueAt: Number.POSITIVE_INFINITY,
      pending: [],
      waiters: [],
    };
    this.#hooks.retain(address);
    this.#neighbours.set(address, neighbour);
    return neighbour;
  }

  /**
   * Strangers put STALE ones there, and INCOMPLETE ones when they are to get answers: the first few are looked at for them, and
   * only then the oldest goes, which may be whom a flood on the link must not cut off.
   */
  #evict(): void {
    let victim: Neighbour<Waiter> | undefined;
    let oldest: Neighbour<Waiter> | undefined;
    let looked = 0;
    for (const neighbour of this.#neighbours.values()) {
      oldest ??= neighbour;
      if (neighbour.state === "STALE" && !neighbour.isRouter) {
        victim = neighbour;
        break;
      }
      if (neighbour.state === "INCOMPLETE") victim ??= neighbour;
      if (++looked === 16) break;
    }
    this.#giveUp(victim ?? oldest);
  }

  #boundAsked(): void {
    let asked = 0;
    let oldest: Neighbour<Waiter> | undefined;
    for (const neighbour of this.#timed) {
      if (neighbour.state !== "INCOMPLETE") continue;
      oldest ??= neighbour;
      asked++;
    }
    if (asked >= MAX_ASKED) this.#giveUp(oldest);
  }

  /** What waited for it is told with the next dispatch: a half-open connection would wait for ever. */
  #giveUp(victim: Neighbour<Waiter> | undefined): void {
    if (victim === undefined) return;
    this.#remove(victim);
    if (victim.waiters.length > 0) this.#evicted.push(victim);
    else this.takePending(victim);
  }

  #remove(neighbour: Neighbour<Waiter>): void {
    if (neighbour.state !== "INCOMPLETE") this.epoch++;
    this.#become(neighbour, "INCOMPLETE");
    this.#neighbours.delete(neighbour.address);
    this.#hooks.release(neighbour.address);
  }
}
