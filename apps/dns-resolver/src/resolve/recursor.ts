import {
  type DnsCache,
  type DnsMessage,
  type DnsRecord,
  lowerName,
  NOERROR,
  NXDOMAIN,
  RECORD_TYPES,
} from "@soloist/net/dns";
import { FAILURE, type Resolution } from "../server/reply.ts";
import type { Resolve } from "../server/server.ts";
import {
  addressOf,
  type Delegation,
  type Delegations,
  isWithin,
  labelCount,
  lastLabels,
  readReferral,
} from "./delegations.ts";
import { chain, MAX_LINKS } from "./forwarder.ts";
import type { ServerBook, ServerRecord } from "./servers.ts";
import type { Ask } from "./types.ts";

/** Bounds of one question of a client. A name that needs more of anything is somebody's trap, or broken. */
export const LIMITS = {
  /** Questions to servers in all. The root, a TLD, two zones and addresses of servers take about ten. */
  queries: 64,
  /** Questions for addresses of servers inside of such questions. */
  depth: 4,
  /** Addresses of servers that are looked up for one zone: hundreds of names without addresses are an attack (NXNSAttack). */
  serverNames: 3,
  /** Times that servers of one zone are asked. */
  servers: 5,
  /** Labels that are added one by one, "MAX_MINIMISE_COUNT" (RFC 9156 2.3). */
  minimised: 10,
  /** Milliseconds for all of it. */
  time: 8000,
} as const;

/** Milliseconds that a server has: the first, and those after it. */
const FIRST_TIMEOUT = 600;
const NEXT_TIMEOUT = 1200;

export interface RecursorOptions {
  readonly ask: Ask;
  readonly servers: ServerBook;
  readonly delegations: Delegations;
  /** Sets of records that were met on the way. */
  readonly cache: DnsCache;
  /** Whether servers can be asked over IPv6. */
  readonly ipv6: () => boolean;
  /** Milliseconds since boot. */
  readonly now: () => number;
}

/** What one client's question has left. */
interface Budget {
  queries: number;
  readonly until: number;
}

/** One name's answer; `alias`: it leads on to that name. */
interface Step extends Resolution {
  readonly alias?: string;
}

/** Asks the name servers of the Internet from the root on (RFC 1034 5.3.3), each for no more of the name than it needs (RFC 9156). */
export function createRecursor(options: RecursorOptions): Resolve {
  const recursor = new Recursor(options);
  return (name, type) =>
    recursor.resolve(name, type, { queries: LIMITS.queries, until: options.now() + LIMITS.time }, 0);
}

class Recursor {
  readonly #options: RecursorOptions;

  constructor(options: RecursorOptions) {
    this.#options = options;
  }

  async resolve(name: string, type: number, budget: Budget, depth: number): Promise<Resolution> {
    const answers: DnsRecord[] = [];
    let current = name;
    for (let links = 0; links < MAX_LINKS; links++) {
      const step = this.#known(current, type, depth) ?? (await this.#iterate(current, type, budget, depth));
      answers.push(...step.answers);
      if (step.alias === undefined) {
        return step.rcode === NOERROR || step.rcode === NXDOMAIN ? { ...step, answers } : FAILURE;
      }
      current = step.alias;
    }
    return FAILURE;
  }

  /** What the cache says: records, or an alias. Absences are for the addresses of servers alone, as their SOA is not kept. */
  #known(name: string, type: number, depth: number): Step | undefined {
    const { cache } = this.#options;
    const now = this.#options.now();
    const aged = (records: readonly DnsRecord[], expiresAt: number) =>
      records.map((record) => ({ ...record, ttl: Math.floor((expiresAt - now) / 1000) }));
    const entry = cache.get(name, type, now);
    if (entry?.absence !== undefined) {
      if (depth === 0) return undefined;
      return { rcode: entry.absence === "ENOTFOUND" ? NXDOMAIN : NOERROR, answers: [], authorities: [] };
    }
    if (entry !== undefined) return { rcode: NOERROR, answers: aged(entry.records, entry.expiresAt), authorities: [] };
    const alias = type === RECORD_TYPES.CNAME ? undefined : cache.get(name, RECORD_TYPES.CNAME, now);
    const [record] = alias?.records ?? [];
    if (alias === undefined || record?.type !== "CNAME") return undefined;
    return {
      rcode: NOERROR,
      answers: aged(alias.records, alias.expiresAt),
      authorities: [],
      alias: lowerName(record.target),
    };
  }

  /** From the closest zone whose servers are known, down to the one that knows `name`. */
  async #iterate(name: string, type: number, budget: Budget, depth: number): Promise<Step> {
    const { delegations, ipv6, now } = this.#options;
    const labels = labelCount(name);
    let delegation = delegations.closest(name, now());
    let shown = labelCount(delegation.zone) + 1;
    for (let minimised = 0; ; ) {
      const whole = shown >= labels || minimised >= LIMITS.minimised;
      const asked = whole ? name : lastLabels(name, shown);
      const askedType = whole ? type : RECORD_TYPES.A;
      const message = await this.#askZone(delegation, asked, askedType, budget, depth);
      if (message === undefined) {
        delegations.drop(delegation);
        return FAILURE;
      }
      if (whole) {
        const step = this.#read(message, delegation.zone, name, type);
        if (step !== undefined) return step;
      } else if (message.rcode === NXDOMAIN) {
        // Servers that say so of empty names in between are asked for all of it.
        shown = labels;
        continue;
      }
      const referral = readReferral(message, delegation.zone, asked, ipv6(), now());
      if (referral !== undefined) {
        delegations.put(referral);
        delegation = referral;
        shown = labelCount(referral.zone) + 1;
      } else if (whole) {
        return this.#absent(message, delegation.zone, name, type);
      } else {
        shown++;
        minimised++;
      }
    }
  }

  /** The answer or its beginning; `undefined`: the message holds none. A zone's server has no say in names of others. */
  #read(message: DnsMessage, zone: string, name: string, type: number): Step | undefined {
    const { cache, now } = this.#options;
    const own = message.answers.filter((record) => isWithin(lowerName(record.name), zone));
    const { answers, last } = chain(name, type, own);
    const ends = answers.filter(
      (record) => record.name === last && (record.type !== "CNAME" || type === RECORD_TYPES.CNAME),
    );
    for (const record of answers) {
      if (!ends.includes(record)) cache.put(record.name, RECORD_TYPES.CNAME, [record], now());
    }
    if (ends.length > 0) {
      cache.put(last, type, ends, now());
      return { rcode: NOERROR, answers, authorities: [] };
    }
    if (answers.length > 0) return { rcode: NOERROR, answers, authorities: [], alias: last };
    return message.rcode === NXDOMAIN ? this.#absent(message, zone, name, type) : undefined;
  }

  #absent(message: DnsMessage, zone: string, name: string, type: number): Step {
    const { cache, now } = this.#options;
    const soa = message.authorities.find((record) => {
      const owner = lowerName(record.name);
      return record.type === "SOA" && isWithin(owner, zone) && isWithin(name, owner);
    });
    if (soa?.type === "SOA") {
      const absence = message.rcode === NXDOMAIN ? "ENOTFOUND" : "ENODATA";
      cache.putAbsence(name, type, absence, Math.min(soa.ttl, soa.minimum), now());
    }
    return {
      rcode: message.rcode,
      answers: [],
      authorities: soa === undefined ? [] : [{ ...soa, name: lowerName(soa.name) }],
    };
  }

  /** Asks a zone's servers, the fastest first, until one says something of use. */
  async #askZone(
    delegation: Delegation,
    name: string,
    type: number,
    budget: Budget,
    depth: number,
  ): Promise<DnsMessage | undefined> {
    const { ask, servers, now } = this.#options;
    const tried = new Set<string>();
    /** Once all were asked, those that said nothing are asked once more: a datagram may have been lost. */
    const silent: ServerRecord[] = [];
    for (let count = 0; count < LIMITS.servers; count++) {
      const fresh = await this.#nextServer(delegation, tried, budget, depth);
      const server = fresh ?? silent.shift();
      if (server === undefined || budget.queries <= 0 || now() >= budget.until) return undefined;
      tried.add(server.endpoint.address);
      budget.queries--;
      const began = now();
      const timeout = Math.min(count === 0 ? FIRST_TIMEOUT : NEXT_TIMEOUT, budget.until - began);
      const { message, failure } = await ask(server.endpoint, name, type, { recursion: false, timeout });
      if (message === undefined) {
        servers.failed(server, now());
        if (failure === "timeout" && fresh !== undefined) silent.push(server);
        continue;
      }
      servers.answered(server, now() - began);
      if (isOfUse(message, delegation.zone, name)) return message;
    }
    return undefined;
  }

  /** A server that was not asked yet; when no address is left, one more is looked up. */
  async #nextServer(
    delegation: Delegation,
    tried: ReadonlySet<string>,
    budget: Budget,
    depth: number,
  ): Promise<ServerRecord | undefined> {
    const { servers, now } = this.#options;
    let lookups = 0;
    for (;;) {
      const addresses = delegation.servers.flatMap((server) => server.addresses).filter((each) => !tried.has(each));
      if (addresses.length > 0) {
        return servers.sorted(
          addresses.map((address) => ({ address, port: 53 })),
          now(),
        )[0];
      }
      const nameless = delegation.servers.filter((server) => server.addresses.length === 0 && server.name !== "");
      const next = nameless[lookups];
      if (next === undefined || lookups >= LIMITS.serverNames || depth >= LIMITS.depth) return undefined;
      lookups++;
      // Its address lies in the zone that it is a server of, and came without: there is no way in.
      if (isWithin(next.name, delegation.zone)) continue;
      next.addresses = await this.#addressesOf(next.name, budget, depth + 1);
    }
  }

  async #addressesOf(name: string, budget: Budget, depth: number): Promise<string[]> {
    const { ipv6 } = this.#options;
    const found: string[] = [];
    const types = ipv6() ? [RECORD_TYPES.A, RECORD_TYPES.AAAA] : [RECORD_TYPES.A];
    for (const type of types) {
      if (found.length > 0) break;
      const { answers } = await this.resolve(name, type, budget, depth);
      for (const record of answers) {
        const address = addressOf(record, ipv6());
        if (address !== undefined) found.push(address);
      }
    }
    return found;
  }
}

/** Neither a refusal nor a shrug: an answer, an absence, or a way down. Servers that know nothing of a zone lead back up. */
function isOfUse(message: DnsMessage, zone: string, name: string): boolean {
  if (message.rcode === NXDOMAIN) return true;
  if (message.rcode !== NOERROR) return false;
  if (message.authoritative || message.answers.length > 0) return true;
  if (message.authorities.some((record) => record.type === "SOA" && isWithin(lowerName(record.name), zone)))
    return true;
  return readReferral(message, zone, name, false, 0) !== undefined;
}
