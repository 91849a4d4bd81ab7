import { type AddressTable, commonBits, FIRST_LINK_LOCAL, isLinkLocal } from "./addresses.ts";
import type { InterfaceIdentifiers } from "./identifiers.ts";
import type { SourceCandidate } from "./policy.ts";

/**
 * Probes for an address, spread over the RetransTimer that follows the first. "DupAddrDetectTransmits … Default: 1" (RFC 4862 5.1)
 * is too few for an image: it probes a millisecond after its link came up, when Linux cannot answer yet at one tap out of
 * fifteen (measured), nor a bridge's port that is not forwarding.
 */
export const DUPLICATE_PROBES = 4;
/** RFC 7217 7: "IDGEN_RETRIES 3", "IDGEN_DELAY 1 second". Milliseconds. */
export const IDENTIFIER_RETRIES = 3;
const IDENTIFIER_DELAY = 1000;
/** Addresses at once, so that no router makes us collect them. */
export const MAX_OWN_ADDRESSES = 16;
/** "two hours" of RFC 4862 5.5.3 e. */
const TWO_HOURS = 7_200_000;

/** RFC 8981 3.8. Milliseconds. */
export const TEMPORARY_VALID = 2 * 86_400_000;
export const TEMPORARY_PREFERRED = 86_400_000;
/** DESYNC_FACTOR is drawn from 0 to this: not everybody's address changes at once. */
export const MAX_DESYNC = 0.4 * TEMPORARY_PREFERRED;
/** TEMP_IDGEN_RETRIES. */
export const TEMPORARY_RETRIES = 3;

/** link-local, from a router's prefix, the same with an identifier for a day (RFC 8981), or from the command line. */
export type Origin = "link-local" | "router" | "temporary" | "manual";

/** An address of ours. Times are milliseconds; Infinity: for ever. */
export interface OwnAddress {
  address: number;
  readonly prefix: number;
  readonly origin: Origin;
  /** Nobody has said yet that it is his: it may not be used (RFC 4862 5.4). */
  tentative: boolean;
  preferredUntil: number;
  validUntil: number;
  /** Probes sent, and when the next step of duplicate address detection is due. */
  probes: number;
  dueAt: number;
  /** How many of its kind were somebody else's. */
  attempt: number;
  /** Of a temporary one: what its lifetimes end at, however long the prefix lasts, and when it is time for another. */
  readonly preferredAtMost: number;
  readonly validAtMost: number;
  renewAt: number;
}

const STABLE = {
  attempt: 0,
  preferredAtMost: Number.POSITIVE_INFINITY,
  validAtMost: Number.POSITIVE_INFINITY,
  renewAt: Number.POSITIVE_INFINITY,
};

export interface OwnAddressHooks {
  /** An address (and its solicited-node group) is ours, or no longer. */
  onAdded(address: number): void;
  onRemoved(address: number): void;
  /** It may be used now. */
  onAssigned(address: number): void;
}

/**
 * Our addresses: duplicate address detection, lifetimes, autoconfiguration (RFC 4862), identifiers by RFC 7217, and on request
 * temporary ones beside them (RFC 8981). A machine.
 */
export class OwnAddresses {
  readonly list: OwnAddress[] = [];
  /** Whether there is a temporary address for each prefix of a router. */
  temporary = false;
  /** Addresses that somebody else had. */
  duplicates = 0;
  /** Milliseconds from the first probe until an address may be used; as routers say. */
  retransmitTime = 1000;
  readonly #table: AddressTable;
  readonly #identifiers: InterfaceIdentifiers;
  readonly #hooks: OwnAddressHooks;
  readonly #fraction: () => number;
  /** Stable addresses whose prefix has too many others in it: temporary ones were somebody else's again and again. */
  readonly #unlucky = new Set<number>();

  /** @param fraction 0 to 1, at random: for what is not to happen everywhere at once */
  constructor(
    table: AddressTable,
    identifiers: InterfaceIdentifiers,
    hooks: OwnAddressHooks,
    fraction: () => number = () => 0,
  ) {
    this.#table = table;
    this.#identifiers = identifiers;
    this.#hooks = hooks;
    this.#fraction = fraction;
  }

  find(address: number): OwnAddress | undefined {
    for (const own of this.list) if (own.address === address) return own;
    return undefined;
  }

  /** Whether it is ours to be used. */
  isAssigned(address: number): boolean {
    for (const own of this.list) if (own.address === address) return !own.tentative;
    return false;
  }

  /** What packets may come from now. */
  candidates(now: number): SourceCandidate[] {
    return this.list
      .filter(({ tentative }) => !tentative)
      .map(({ address, preferredUntil, origin }) => ({
        address,
        deprecated: preferredUntil <= now,
        temporary: origin === "temporary",
      }));
  }

  /** The link-local address that is in use; 0: none yet. */
  get linkLocal(): number {
    for (const { address, tentative } of this.list) if (!tentative && isLinkLocal(address)) return address;
    return 0;
  }

  /** Whether one is in use that reaches beyond the link. */
  get hasWide(): boolean {
    for (const { address, tentative } of this.list) if (!tentative && !isLinkLocal(address)) return true;
    return false;
  }

  addLinkLocal(now: number): void {
    const prefix = new Uint8Array(16);
    prefix[0] = 0xfe;
    prefix[1] = 0x80;
    const forever = Number.POSITIVE_INFINITY;
    this.#add(this.#identified(prefix, 0, 0), 64, "link-local", forever, forever, now);
  }

  addManual(address: number, prefix: number, now: number): void {
    const forever = Number.POSITIVE_INFINITY;
    this.#add(address, prefix, "manual", forever, forever, now);
  }

  /** A router's prefix for autoconfiguration (RFC 4862 5.5.3). Lifetimes from now. */
  autoconfigure(prefix: Uint8Array, at: number, length: number, valid: number, preferred: number, now: number): void {
    // c, and d: "If the sum of the prefix length and interface identifier length does not equal 128 bits, … MUST be ignored".
    if (preferred > valid || length !== 64) return;
    const first = this.#table.intern(prefix, at);
    if (first === 0 || first >= FIRST_LINK_LOCAL) return;
    const known = this.list.find(
      (own) => own.origin === "router" && commonBits(this.#table.bytes, this.#table.at(own.address), prefix, at) >= 64,
    );
    if (known === undefined) {
      if (valid === 0) return;
      const added = this.#add(this.#identified(prefix, at, 0), 64, "router", now + valid, now + preferred, now);
      if (added !== undefined && this.temporary) this.#makeTemporary(added, now, 0);
      return;
    }
    known.preferredUntil = now + preferred;
    const left = known.validUntil - now;
    // e: nobody may end it at once with one forged message.
    if (valid > TWO_HOURS || valid > left) known.validUntil = now + valid;
    else if (left > TWO_HOURS) known.validUntil = now + TWO_HOURS;
    if (this.temporary) this.#prolongTemporary(known, now);
  }

  /** RFC 8981 3.4: "no temporary addresses should ever remain 'valid' or 'preferred'" for longer than their own time. */
  #prolongTemporary(stable: OwnAddress, now: number): void {
    for (const own of this.list) {
      if (own.origin !== "temporary" || !this.#samePrefix(own, stable)) continue;
      own.validUntil = Math.min(stable.validUntil, own.validAtMost);
      own.preferredUntil = Math.min(stable.preferredUntil, own.preferredAtMost);
      own.renewAt = own.preferredUntil > now ? own.preferredUntil - this.#regenAdvance : Number.POSITIVE_INFINITY;
    }
    if (!this.#hasFresh(stable, now)) this.#makeTemporary(stable, now, 0);
  }

  /** REGEN_ADVANCE (RFC 8981 3.8): so long before one ends the next is made, so that it can be probed for. */
  get #regenAdvance(): number {
    return 2000 + TEMPORARY_RETRIES * this.retransmitTime;
  }

  /** Whether there is a temporary address beside a stable one that lasts a while. */
  #hasFresh(stable: OwnAddress, now: number): boolean {
    const until = now + this.#regenAdvance;
    return this.list.some(
      (own) => own.origin === "temporary" && own.preferredUntil > until && this.#samePrefix(own, stable),
    );
  }

  #samePrefix(a: OwnAddress, b: OwnAddress): boolean {
    return this.#table.commonPrefix(a.address, b.address) >= 64;
  }

  /** RFC 8981 3.4 steps 4 to 7. */
  #makeTemporary(stable: OwnAddress, now: number, attempt: number): void {
    const validAtMost = now + TEMPORARY_VALID;
    const preferredAtMost = now + TEMPORARY_PREFERRED - this.#fraction() * MAX_DESYNC;
    const preferredUntil = Math.min(stable.preferredUntil, preferredAtMost);
    const renewAt = preferredUntil - this.#regenAdvance;
    // "created only if this calculated preferred lifetime is greater than REGEN_ADVANCE".
    if (renewAt <= now || this.#unlucky.has(stable.address)) return;
    const bytes = this.#table.bytes.slice(this.#table.at(stable.address), this.#table.at(stable.address) + 16);
    this.#identifiers.draw(bytes, 8);
    const validUntil = Math.min(stable.validUntil, validAtMost);
    this.#add(this.#table.intern(bytes, 0), 64, "temporary", validUntil, preferredUntil, now, {
      attempt,
      preferredAtMost,
      validAtMost,
      renewAt,
    });
  }

  /** Somebody has, or wants, an address of ours that is tentative (RFC 4862 5.4.3, 5.4.4). False: it is none. */
  conflict(address: number, now: number): boolean {
    const own = this.find(address);
    if (own === undefined || !own.tentative) return false;
    this.duplicates++;
    const { origin, attempt, prefix } = own;
    if (origin === "temporary") {
      const stable = this.#stableOf(own);
      this.#remove(own);
      if (stable === undefined) return true;
      if (attempt < TEMPORARY_RETRIES) this.#makeTemporary(stable, now, attempt + 1);
      else this.#unlucky.add(stable.address);
      return true;
    }
    if (origin === "manual" || attempt >= IDENTIFIER_RETRIES) {
      this.#remove(own);
      return true;
    }
    this.#hooks.onRemoved(own.address);
    const next = this.#identified(this.#table.bytes, this.#table.at(own.address), attempt + 1);
    this.#table.release(own.address);
    this.#table.retain(next);
    Object.assign(own, { address: next, prefix, attempt: attempt + 1, probes: 0, dueAt: now + IDENTIFIER_DELAY });
    this.#hooks.onAdded(next);
    return true;
  }

  pollAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const own of this.list) at = Math.min(at, own.dueAt, own.validUntil, own.renewAt);
    return at;
  }

  /** Sends probes that are due; takes addresses into use that nobody claimed, and old ones out of it. */
  dispatch(now: number, probe: (address: number) => void): void {
    for (const own of [...this.list]) {
      if (own.renewAt <= now) {
        own.renewAt = Number.POSITIVE_INFINITY;
        const stable = this.#stableOf(own);
        if (stable !== undefined && !this.#hasFresh(stable, now)) this.#makeTemporary(stable, now, 0);
      }
      if (own.validUntil <= now) {
        this.#remove(own);
      } else if (own.dueAt <= now) {
        if (own.probes < DUPLICATE_PROBES) {
          own.probes++;
          own.dueAt = now + this.retransmitTime / DUPLICATE_PROBES;
          probe(own.address);
        } else {
          own.tentative = false;
          own.dueAt = Number.POSITIVE_INFINITY;
          this.#hooks.onAssigned(own.address);
        }
      }
    }
  }

  /** The stable address of a temporary one's prefix. */
  #stableOf(temporary: OwnAddress): OwnAddress | undefined {
    return this.list.find((own) => own.origin === "router" && this.#samePrefix(own, temporary));
  }

  #identified(prefix: Uint8Array, at: number, attempt: number): number {
    const bytes = new Uint8Array(16);
    bytes.set(prefix.subarray(at, at + 8));
    this.#identifiers.write(bytes, 0, attempt, bytes, 8);
    return this.#table.intern(bytes, 0);
  }

  #add(
    address: number,
    prefix: number,
    origin: Origin,
    validUntil: number,
    preferredUntil: number,
    now: number,
    temporary: Pick<OwnAddress, "attempt" | "preferredAtMost" | "validAtMost" | "renewAt"> = STABLE,
  ): OwnAddress | undefined {
    if (address === 0 || this.list.length >= MAX_OWN_ADDRESSES || this.find(address) !== undefined) return undefined;
    this.#table.retain(address);
    const own: OwnAddress = {
      address,
      prefix,
      origin,
      tentative: true,
      preferredUntil,
      validUntil,
      probes: 0,
      dueAt: now,
      ...temporary,
    };
    this.list.push(own);
    this.#hooks.onAdded(address);
    return own;
  }

  #remove(own: OwnAddress): void {
    this.list.splice(this.list.indexOf(own), 1);
    this.#unlucky.delete(own.address);
    this.#hooks.onRemoved(own.address);
    this.#table.release(own.address);
  }
}
