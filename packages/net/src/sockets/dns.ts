import type { ByteHelpers } from "@soloist/interface";
import type { DnsCounters } from "../dns/counters.ts";
import { lookupError } from "../dns/errors.ts";
import type { Family } from "../dns/happy-eyeballs.ts";
import type { Lookup, LookupFailure } from "../dns/lookup.ts";
import { Resolver } from "../dns/resolver.ts";
import { type RecordResults, results } from "../dns/results.ts";
import { InvalidArgumentError } from "../errors.ts";
import { type AddressTable, isIpv6, MDNS_GROUP } from "../ipv6/addresses.ts";
import { GROUP } from "../mdns/responder.ts";
import type { UdpLayer } from "../udp/layer.ts";
import { type DnsRecord, RECORD_TYPES, type RecordType } from "../wire/dns-records.ts";
import { formatAddress, parseAddress } from "../wire/ipv4-address.ts";
import { formatIpv6, parseIpv6 } from "../wire/ipv6-address.ts";
import { streamSink } from "./dns-streams.ts";
import { type Driver, deadline } from "./driver.ts";
import type { Tcp } from "./tcp.ts";

export interface ResolveOptions {
  /** Gives up: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds for everything; default: until every server was asked four times, 7.5 s for one server. */
  readonly timeout?: number;
}

export interface LookupOptions extends ResolveOptions {
  /**
   * 4, 6, or 0: both. Default: those that the stack has addresses for, others than the link's own. Both are in the order of RFC
   * 6724 6.
   */
  readonly family?: Family | 0;
}

export interface LookupAddress {
  readonly address: string;
  readonly family: Family;
}

/**
 * Names (RFC 1034, 1035). Servers come from `--dns`, else from DHCP.
 *
 * @example
 * const [first] = await dns.lookup("example.com");
 * const mail = await dns.resolve("example.com", "TXT");
 */
export interface Dns {
  /**
   * The addresses of a name, at least one. An address stands for itself, `localhost` for 127.0.0.1 and ::1 (RFC 6761 6.3).
   * @throws {NameNotFoundError} `ENOTFOUND`, `EBADNAME`
   * @throws {NameTimedOutError} `ETIMEOUT`
   * @throws {NameServerError} `ESERVFAIL`, `EREFUSED`…
   */
  lookup(name: string, options?: LookupOptions): Promise<readonly LookupAddress[]>;
  /** The records of one type. @throws as `lookup`, and `ENODATA` when the name has none of that type */
  resolve<Type extends RecordType = "A">(
    name: string,
    type?: Type,
    options?: ResolveOptions,
  ): Promise<RecordResults[Type]>;
  /** The names of an address. @throws as `resolve` */
  reverse(address: string, options?: ResolveOptions): Promise<readonly string[]>;
  /** Those that are asked now, in order. */
  readonly servers: readonly string[];
  readonly counters: Readonly<DnsCounters>;
}

export interface DnsParts {
  readonly udp: UdpLayer;
  readonly tcp: Pick<Tcp, "connect">;
  readonly driver: Driver;
  readonly bytes: ByteHelpers;
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly servers: () => readonly number[];
  /** Domains that short names are tried in. */
  readonly search: () => readonly string[];
  readonly table: AddressTable;
  /** Families that reach beyond the link now. */
  readonly families: () => readonly Family[];
  /** Addresses in the order to try them (RFC 6724 6). */
  readonly sort: (addresses: readonly string[]) => readonly string[];
}

/** Servers whose addresses are held, the current ones among them. */
const MAX_HELD = 32;

export function createDns(parts: DnsParts): Dns {
  const { udp, driver, bytes, monotonic, table } = parts;
  const resolver = new Resolver({ random: parts.random });
  const wake = (): void => driver.wake();
  const streams = streamSink(resolver, parts.tcp, (address) => table.format(address), monotonic, wake);
  function trySend(port: number, server: number, serverPort: number, message: Uint8Array, length: number): boolean {
    try {
      udp.send(port, server, serverPort, message, 0, length);
      return true;
    } catch {
      return false;
    }
  }
  const sink = {
    ...streams,
    open(port: number): boolean {
      try {
        udp.bind(port, (data, at, length, address, sourcePort) => {
          resolver.process(data, at, length, address, sourcePort, port, monotonic());
          wake();
          return true;
        });
        return true;
      } catch {
        return false;
      }
    },
    close: (port: number): void => udp.unbind(port),
    send(port: number, server: number, serverPort: number, message: Uint8Array, length: number): boolean {
      let sent = trySend(port, server, serverPort, message, length);
      // Multicast DNS has a group of each family: some hosts are in one of them only (RFC 6762 20).
      if (server === GROUP && trySend(port, MDNS_GROUP, serverPort, message, length)) sent = true;
      // An ARP request may be due.
      if (sent) wake();
      return sent;
    },
  };
  driver.add({ pollAt: () => resolver.pollAt(), dispatch: (now) => resolver.dispatch(now, sink) });

  function query(name: string, type: RecordType, options: ResolveOptions): Promise<readonly DnsRecord[]> {
    return new Promise((resolve, reject) => {
      const { signal, timeout } = options;
      if (signal?.aborted) throw signal.reason;
      assertTimeout(timeout);
      const now = monotonic();
      const onAbort = (): void => {
        end();
        reject(signal!.reason);
      };
      const end = (): void => {
        signal?.removeEventListener("abort", onAbort);
        driver.remove(late);
        if (!lookup.done) resolver.cancel(lookup);
        wake();
      };
      const settle = (ended: Lookup): void => {
        if (ended.failure === undefined) resolve(ended.records);
        else reject(lookupError(ended.failure, name, type));
      };
      const owner = {
        onLookup(ended: Lookup): void {
          // Unless it was known at once, there is something to take back.
          if (lookup !== undefined) end();
          settle(ended);
        },
      };
      const servers = parts.servers();
      hold(servers);
      resolver.setServers(servers);
      resolver.search = parts.search();
      let lookup = undefined as unknown as Lookup;
      lookup = resolver.lookup(name, RECORD_TYPES[type], owner, now);
      if (lookup.done) return;
      const late = deadline(driver, timeout === undefined ? Number.POSITIVE_INFINITY : now + timeout, () => {
        end();
        reject(lookupError("ETIMEOUT", name, type));
      });
      signal?.addEventListener("abort", onAbort);
      wake();
    });
  }

  // Questions go on to ask those that they began with: addresses of servers are held for longer than they are told of.
  const held: number[] = [];
  function hold(servers: readonly number[]): void {
    for (const server of servers) {
      if (held.includes(server)) continue;
      table.retain(server);
      held.push(server);
      if (held.length > MAX_HELD) table.release(held.shift()!);
    }
  }

  function sorted(found: readonly LookupAddress[]): readonly LookupAddress[] {
    const families = new Map(found.map(({ address, family }) => [address, family]));
    return parts.sort([...families.keys()]).map((address) => ({ address, family: families.get(address)! }));
  }

  async function addresses(name: string, family: Family, options: ResolveOptions): Promise<readonly LookupAddress[]> {
    const records = await query(name, family === 4 ? "A" : "AAAA", options);
    return records.map((record) => ({ address: addressOf(record), family }));
  }

  return {
    async lookup(name, options = {}) {
      const { family = parts.families().length > 1 ? 0 : parts.families()[0]! } = options;
      if (family !== 0 && family !== 4 && family !== 6)
        throw new InvalidArgumentError(`a family is 0, 4 or 6, not ${family}`);
      const known = knownAddresses(name, table);
      if (known !== undefined) {
        // An address is what it is, whatever the default.
        const some =
          options.family === undefined && known.length === 1
            ? known
            : known.filter((each) => family === 0 || family === each.family);
        if (some.length > 0) return some;
        throw lookupError("ENOTFOUND", name, `IPv${family}`);
      }
      const wanted: readonly Family[] = family === 0 ? [4, 6] : [family];
      const outcomes = await Promise.allSettled(wanted.map((each) => addresses(name, each, options)));
      const found = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []));
      if (found.length > 0) return wanted.length === 1 ? found : sorted(found);
      const failures = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason as { code?: LookupFailure });
      // Whoever looks for an address does not care which records a name without one has.
      const told = failures.find(({ code }) => code !== "ENODATA" && code !== "ENOTFOUND");
      throw told ?? lookupError("ENOTFOUND", name, family === 0 ? "address" : `IPv${family}`);
    },
    async resolve<Type extends RecordType>(name: string, type = "A" as Type, options: ResolveOptions = {}) {
      if (!Object.hasOwn(RECORD_TYPES, type)) {
        throw new InvalidArgumentError(`a type is one of ${Object.keys(RECORD_TYPES).join(", ")}, not ${type}`);
      }
      return results(type, await query(name, type, options), bytes);
    },
    async reverse(address, options = {}) {
      return results("PTR", await query(reverseName(address), "PTR", options), bytes);
    },
    get servers() {
      return parts.servers().map((server) => table.format(server));
    },
    counters: resolver.counters,
  };
}

function addressOf(record: DnsRecord): string {
  if (record.type === "A") return formatAddress(record.address);
  return record.type === "AAAA" ? formatIpv6(record.address) : "";
}

/** Names that no server has to be asked for. */
function knownAddresses(name: string, table: AddressTable): readonly LookupAddress[] | undefined {
  if (parseAddress(name) !== undefined) return [{ address: name, family: 4 }];
  const address = name.includes(":") ? table.parse(name) : undefined;
  if (address !== undefined) return [{ address: table.format(address), family: isIpv6(address) ? 6 : 4 }];
  if (!/^(.*\.)?localhost\.?$/i.test(name)) return undefined;
  return [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
}

/** RFC 1035 3.5, RFC 3596 2.5. */
function reverseName(address: string): string {
  const ipv4 = parseAddress(address);
  if (ipv4 !== undefined) return `${formatAddress(ipv4).split(".").reverse().join(".")}.in-addr.arpa.`;
  const ipv6 = parseIpv6(address);
  if (ipv6 === undefined) throw new InvalidArgumentError(`not an address: ${JSON.stringify(address)}`);
  const digits = Array.from(ipv6, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${[...digits].reverse().join(".")}.ip6.arpa.`;
}

export function assertTimeout(timeout: number | undefined): void {
  if (timeout !== undefined && !(timeout >= 0)) {
    throw new InvalidArgumentError(`a timeout is a number of milliseconds, not ${timeout}`);
  }
}
