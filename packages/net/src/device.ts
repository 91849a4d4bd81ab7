import type { BlockDevice, Device, Host, NetDevice, Parameter } from "@soloist/interface";
import type { Counters } from "./counters.ts";
import { registerStack } from "./current.ts";
import type { Family } from "./dns/happy-eyeballs.ts";
import { AddressError } from "./errors.ts";
import type { Route } from "./ipv4/routes.ts";
import { isIpv6 } from "./ipv6/addresses.ts";
import type { OwnAddress } from "./ipv6/own-addresses.ts";
import { sortDestinations } from "./ipv6/policy.ts";
import type { HostAddress } from "./mdns/responder.ts";
import {
  address,
  cidrs,
  domains,
  type Ipv6Cidr,
  ipv6Cidrs,
  ipv6Gateway,
  nameServers,
  routes,
  secret,
} from "./parameters.ts";
import { createDns, withNames } from "./parts/dns.ts";
import { createMdns } from "./parts/mdns.ts";
import { createNtp } from "./parts/ntp.ts";
import type { SocketAddresses } from "./sockets/addresses.ts";
import type { NamedTcp } from "./sockets/connect.ts";
import type { Dns } from "./sockets/dns.ts";
import { Driver } from "./sockets/driver.ts";
import { createIcmp, type Icmp } from "./sockets/icmp.ts";
import { limitWaits } from "./sockets/limits.ts";
import type { Mdns } from "./sockets/mdns.ts";
import type { Ntp } from "./sockets/ntp.ts";
import { Signal } from "./sockets/signal.ts";
import { createTcp } from "./sockets/tcp.ts";
import { createUdp, type Udp } from "./sockets/udp.ts";
import { NetStack } from "./stack.ts";
import { StackState } from "./state.ts";
import { formatMac } from "./wire/ethernet.ts";
import { type Cidr, formatAddress } from "./wire/ipv4-address.ts";
import { formatIpv6 } from "./wire/ipv6-address.ts";

export interface StackOptions {
  /** The network device of the manifest; default "service". */
  readonly name?: string;
  /**
   * What frames go through, in place of the device `name` itself: `trace(net("service"))`, `capture(net("service"), …)`, or anything
   * that opens to a network device. Its name is then that of the first device in its manifest.
   */
  readonly device?: Device<NetDevice>;
  /** How long `open` waits for an address, milliseconds; default 10,000. */
  readonly dhcpTimeout?: number;
  /** What DHCP servers are told that we are called. */
  readonly hostName?: string;
  /**
   * A disk for what is to be the same at the next boot: its first block remembers the address that DHCP lent us, which is asked for
   * again, and what IPv6's addresses are made with. It may have nothing else in it. The lease is then not given back at shutdown.
   *
   * @example
   * stack({ state: block("state") })
   */
  readonly state?: Device<BlockDevice>;
  /** Bytes that all send and receive buffers may hold together before windows shrink; default 16 MiB. */
  readonly memory?: number;
}

/** Our IPv4 address; `undefined` while there is none. */
export interface Ipv4Info {
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string | undefined;
  /** Name servers that DHCP told of. */
  readonly dns: readonly string[];
  /** All our addresses, with their prefixes, the first one first: `10.0.0.2/24`. */
  readonly addresses: readonly string[];
  /** What else DHCP told of: time servers, our name and domain; the MTU in use. */
  readonly ntp: readonly string[];
  readonly hostName: string | undefined;
  readonly domainName: string | undefined;
  readonly mtu: number;
}

/** What is known of IPv6; more comes as routers speak. */
export interface Ipv6Info {
  /** Addresses in use, with their prefixes, those first that reach beyond the link and stay: `2001:db8::5/64`. */
  readonly addresses: readonly string[];
  /** Of these the ones for a day or two, which connections go out from (RFC 8981). */
  readonly temporary: readonly string[];
  /** Those that are being probed for: they are used in a second, unless somebody has them. */
  readonly tentative: readonly string[];
  readonly gateway: string | undefined;
  /** Name servers and search domains that routers and DHCPv6 told of. */
  readonly dns: readonly string[];
  readonly domains: readonly string[];
  readonly mtu: number;
}

/** A network stack on one device. */
export interface Stack {
  readonly tcp: NamedTcp;
  readonly udp: Udp;
  readonly icmp: Icmp;
  readonly dns: Dns;
  readonly ntp: Ntp;
  readonly mdns: Mdns;
  readonly ipv4: Ipv4Info | undefined;
  /** `undefined` with `--ipv6=off`. */
  readonly ipv6: Ipv6Info | undefined;
  /** `02:00:00:00:00:01` */
  readonly mac: string;
  readonly counters: Readonly<Counters>;
  /** What is held now. */
  readonly usage: StackUsage;
}

/** Memory that strangers can make the stack hold. */
export interface StackUsage {
  /** TCP connections in any state, TIME-WAIT among them. */
  readonly connections: number;
  /** Bytes of send and receive buffers. */
  readonly bufferBytes: number;
  /** Bytes of datagrams of which fragments are missing. */
  readonly fragmentBytes: number;
  /** Entries of the neighbour caches of both families. */
  readonly neighbours: number;
  /** IPv6 addresses that something refers to, or did lately. */
  readonly addresses: number;
}

const MAX_PUBLISHED = 4;
const DHCP_TIMEOUT = 10_000;
const MEMORY = 16 * 1024 * 1024;

/**
 * A network stack: ARP, IPv4, IPv6, ICMP, UDP, TCP and DNS on the device `name`.
 *
 * Its address comes from `--ipv4=ADDRESS/PREFIX` and `--ipv4-gateway=ADDRESS` (for a device with another name than "service":
 * `--NAME-ipv4`…), else from DHCP: main then starts once there is one. Opening rejects with an {@link AddressError},
 * `EADDRNOTAVAIL`, when nobody offers any in time and there is no IPv6 address either.
 *
 * IPv6 is on: a link-local address, and what routers say. `--ipv6=ADDRESS/PREFIX` and `--ipv6-gateway=ADDRESS` say otherwise,
 * `--ipv6=off` turns it off, and `--ipv4=off` leaves it alone. Main does not wait for it, unless there is no IPv4.
 *
 * Name servers come from `--dns=ADDRESS[,ADDRESS]`, else from DHCP and routers; `--dns-search=DOMAIN[,DOMAIN]` are tried behind short
 * names.
 */
export function stack(options: StackOptions = {}): Device<Stack> {
  const name = options.name ?? options.device?.manifest[0]?.name ?? "service";
  const device: Device<NetDevice> = options.device ?? {
    manifest: [{ name, type: "net", offloads: true }],
    parameters: [],
    open: (host) => host.netDevice(name, { offloads: true }),
  };
  const prefix = name === "service" ? "" : `${name.toLowerCase()}-`;
  const addressKey: Parameter<readonly Cidr[]> = {
    name: `${prefix}ipv4`,
    help: `IPv4 addresses of "${name}", the one to speak with first, or off; without any DHCP is asked`,
    placeholder: "ADDRESS/PREFIX,…",
    parse: cidrs,
  };
  const gatewayKey: Parameter<number> = {
    name: `${prefix}ipv4-gateway`,
    help: `IPv4 router of "${name}"`,
    placeholder: "ADDRESS",
    parse: address,
  };
  const routesKey: Parameter<readonly Route[]> = {
    name: `${prefix}ipv4-routes`,
    help: `IPv4 routes of "${name}" beside the router, longest prefix first used`,
    placeholder: "NETWORK/PREFIX@ROUTER,…",
    parse: routes,
  };
  const ipv6Key: Parameter<readonly Ipv6Cidr[] | "off" | "temporary"> = {
    name: `${prefix}ipv6`,
    help: `IPv6 addresses of "${name}", or off; without any those that routers' prefixes make, with temporary ones for a day, too`,
    placeholder: "ADDRESS/PREFIX,…",
    parse: ipv6Cidrs,
  };
  const ipv6GatewayKey: Parameter<string> = {
    name: `${prefix}ipv6-gateway`,
    help: `IPv6 router of "${name}", while none says that it is one`,
    placeholder: "ADDRESS",
    parse: ipv6Gateway,
  };
  const secretKey: Parameter<Uint8Array> = {
    name: `${prefix}ipv6-secret`,
    help: `what identifiers of "${name}" are made with: the same addresses at each boot, and nobody else can tell which`,
    placeholder: "HEX",
    parse: secret,
  };
  const dnsKey: Parameter<readonly string[] | "dhcp"> = {
    name: `${prefix}dns`,
    help: `name servers of "${name}"; without any those that DHCP and routers tell of; dhcp: ask DHCP though the address is given`,
    placeholder: "ADDRESS,…",
    parse: nameServers,
  };
  const searchKey: Parameter<readonly string[]> = {
    name: `${prefix}dns-search`,
    help: "domains that short names are tried in",
    placeholder: "DOMAIN,…",
    parse: domains,
  };
  return {
    manifest: [...device.manifest, ...(options.state?.manifest ?? [])],
    parameters: [
      ...device.parameters,
      addressKey,
      gatewayKey,
      routesKey,
      ipv6Key,
      ipv6GatewayKey,
      secretKey,
      dnsKey,
      searchKey,
    ],
    open: (host) =>
      openStack(host, device.open(host), options.state?.open(host), name, options, {
        address: host.parameter(addressKey),
        gateway: host.parameter(gatewayKey),
        routes: host.parameter(routesKey),
        ipv6: host.parameter(ipv6Key),
        ipv6Gateway: host.parameter(ipv6GatewayKey),
        secret: host.parameter(secretKey),
        dns: host.parameter(dnsKey),
        search: host.parameter(searchKey),
      }).then(registerStack),
  };
}

/** What the command line says. */
interface StackParameters {
  readonly address: readonly Cidr[] | undefined;
  readonly gateway: number | undefined;
  readonly routes: readonly Route[] | undefined;
  readonly ipv6: readonly Ipv6Cidr[] | "off" | "temporary" | undefined;
  readonly ipv6Gateway: string | undefined;
  readonly secret: Uint8Array | undefined;
  readonly dns: readonly string[] | "dhcp" | undefined;
  readonly search: readonly string[] | undefined;
}

async function openStack(
  host: Host,
  opening: NetDevice | Promise<NetDevice>,
  openingDisk: BlockDevice | Promise<BlockDevice> | undefined,
  name: string,
  options: StackOptions,
  parameters: StackParameters,
): Promise<Stack> {
  const { address: fixed, gateway } = parameters;
  const device = await opening;
  const disk = await openingDisk;
  const state = disk === undefined ? undefined : new StackState(disk, device.mac, () => host.rng.uint32());
  let wakeup = { wake() {} };
  const net = new NetStack(
    device,
    host.bytes,
    host.rng,
    { wake: () => wakeup.wake() },
    {
      memory: options.memory ?? MEMORY,
      log: (source) => host.log(source),
      secret: parameters.secret ?? state?.remembered.secret,
    },
  );
  const changed = new Signal();
  const onAddress = new Set<() => void>();
  net.onAddress = () => {
    changed.fire();
    for (const listener of onAddress) listener();
  };
  if (parameters.ipv6 !== "off") startIpv6(net, parameters.ipv6 ?? [], parameters.ipv6Gateway);
  if (fixed !== undefined && fixed.length > 0) {
    net.configureAll(fixed, gateway ?? 0, parameters.routes ?? [], false);
    if (parameters.dns === "dhcp") net.startInform(options.hostName);
    wakeup = host.drive(net);
    wakeup.wake();
  } else {
    if (fixed === undefined) {
      net.startDhcp(options.hostName, state === undefined ? 0 : rememberLease(host, net, state));
      // Registered before the app's own: its last packets still go out. Who remembers a lease wants it again.
      if (state === undefined) host.onShutdown(() => net.release());
    }
    const { own } = net.ipv6;
    const manual = typeof parameters.ipv6 === "object" && parameters.ipv6.length > 0;
    const ready = (): boolean => {
      if (net.egress.config.address !== 0) return true;
      return fixed !== undefined && (manual ? own.hasWide : own.linkLocal !== 0 || own.hasWide);
    };
    const deadline = host.clock.monotonic() + (options.dhcpTimeout ?? DHCP_TIMEOUT);
    const waiting = new Deadline(net, deadline);
    wakeup = host.drive(waiting);
    wakeup.wake();
    const passed = waiting.passed.wait();
    // With both off nothing will come.
    if (fixed !== undefined && parameters.ipv6 === "off") waiting.deadline = Number.POSITIVE_INFINITY;
    while (!ready() && waiting.deadline !== Number.POSITIVE_INFINITY) await Promise.race([changed.wait(), passed]);
    waiting.deadline = Number.POSITIVE_INFINITY;
    if (!ready() && !own.hasWide) {
      const key = name === "service" ? "" : `${name.toLowerCase()}-`;
      const who = fixed === undefined ? "no DHCP server offered" : "IPv4 is off, and IPv6 has";
      throw new AddressError(
        "EADDRNOTAVAIL",
        `${who} an address on "${name}"; give one with --${key}ipv4=ADDRESS/PREFIX`,
      );
    }
  }
  const monotonic = (): number => host.clock.monotonic();
  const driver = new Driver();
  driver.attach(host.drive(driver));
  limitWaits([net.tcp, net.udp], driver, monotonic);
  const sockets: SocketAddresses = { table: net.addresses, ipv4: net.egress, ipv6: net.ipv6 };
  const tcp = createTcp(net.tcp, sockets, monotonic);
  const random = (): number => host.rng.uint32();
  const fixedServers = parameters.dns === "dhcp" ? undefined : parameters.dns?.map((text) => hold(net, text));
  const dns = createDns({
    udp: net.udp,
    tcp,
    driver,
    bytes: host.bytes,
    monotonic,
    random,
    servers: () => fixedServers ?? [...net.ipv6.servers, ...(net.told?.dns ?? [])],
    search: () => parameters.search ?? searchDomains(net),
    table: net.addresses,
    families: () => familiesOf(net),
    sort: (texts) => sortTexts(net, texts),
  });
  return {
    tcp: withNames({ tcp, dns, driver, monotonic, families: () => familiesOf(net) }),
    dns,
    ntp: createNtp({
      udp: net.udp,
      dns,
      driver,
      clock: host.clock,
      random,
      table: net.addresses,
    }),
    mdns: createMdns({
      udp: net.udp,
      driver,
      monotonic,
      random,
      addresses: () => publishedAddresses(net),
      isOnLink: (address) => (isIpv6(address) ? net.ipv6.routes.isOnLink(address) : net.egress.isOnLink(address)),
      onAddress,
    }),
    udp: createUdp(net.udp, sockets, wakeup, () => {
      net.tcp.woken = true;
    }),
    icmp: createIcmp({
      ipv4: net.icmp,
      ipv6: net.ipv6.icmp,
      addresses: sockets,
      driver,
      monotonic,
      random: () => host.rng.uint32(),
      wake: () => wakeup.wake(),
    }),
    get ipv4() {
      const { address: own, prefix, gateway: router } = net.egress.config;
      if (own === 0) return undefined;
      return {
        address: formatAddress(own),
        prefix,
        gateway: router === 0 ? undefined : formatAddress(router),
        dns: (net.told?.dns ?? []).map(formatAddress),
        addresses: net.egress.addresses.map((each) => `${formatAddress(each.address)}/${each.prefix}`),
        ntp: (net.told?.ntp ?? []).map(formatAddress),
        hostName: net.told?.hostName || undefined,
        domainName: net.told?.domainName || undefined,
        mtu: net.egress.mtu,
      };
    },
    get ipv6() {
      return net.ipv6.egress.enabled ? ipv6Info(net) : undefined;
    },
    mac: formatMac(device.mac),
    counters: net.counters,
    get usage() {
      return {
        connections: net.tcp.connections,
        bufferBytes: net.tcp.pool.used,
        fragmentBytes: net.fragmentBytes,
        neighbours: net.egress.arp.size + net.ipv6.neighbours.size,
        addresses: net.addresses.size,
      };
    },
  };
}

/** What routers and DHCPv6 say, and the domain that DHCP puts us in (RFC 2132 3.17). */
function searchDomains(net: NetStack): readonly string[] {
  const { domains: told } = net.ipv6;
  const own = net.told?.domainName ?? "";
  return own === "" || told.includes(own) ? told : [...told, own];
}

/** Keeps the lease in `state` from now on; returns the address that was kept there, 0 when its time is over. */
function rememberLease(host: Host, net: NetStack, state: StackState): number {
  net.onLease = (lease) => {
    const left = lease === undefined ? 0 : lease.expiresAt - host.clock.monotonic();
    state.save(lease?.address ?? 0, lease === undefined ? 0 : host.clock.wall() + left);
  };
  const { address: kept, until } = state.remembered;
  return until > host.clock.wall() ? kept : 0;
}

/** The number of an address for as long as the stack lives. */
function hold(net: NetStack, text: string): number {
  const number = net.addresses.parse(text)!;
  net.addresses.retain(number);
  return number;
}

function startIpv6(net: NetStack, said: readonly Ipv6Cidr[] | "temporary", router: string | undefined): void {
  const cidrs = said === "temporary" ? [] : said;
  net.startIpv6({
    addresses: cidrs.map(({ bytes, prefix }) => ({ address: hold(net, formatIpv6(bytes)), prefix })),
    temporary: said === "temporary",
    gateway: router === undefined ? 0 : hold(net, router),
  });
}

/** Addresses that last, a few of each family at most, so that a message holds them. */
function publishedAddresses(net: NetStack): readonly HostAddress[] {
  const { addresses: table } = net;
  const ipv4 = net.egress.addresses
    .slice(0, MAX_PUBLISHED)
    .map(({ address: each }) => ({ type: "A", address: each }) as const);
  const lasting = net.ipv6.own.list.filter(({ tentative, origin }) => !tentative && origin !== "temporary");
  const ipv6 = lasting.slice(0, MAX_PUBLISHED).map(({ address: each }) => {
    const at = table.at(each);
    return { type: "AAAA", address: table.bytes.slice(at, at + 16) } as const;
  });
  return [...ipv4, ...ipv6];
}

/** Families that reach beyond the link, the one first whose addresses RFC 6724 prefers: IPv6, unless ours are unlike the Internet's. */
function familiesOf(net: NetStack): readonly Family[] {
  const { own } = net.ipv6;
  if (net.egress.config.address === 0 && (own.hasWide || own.linkLocal !== 0)) return [6];
  if (!own.hasWide) return [4];
  return net.ipv6.isGlobal ? [6, 4] : [4, 6];
}

function sortTexts(net: NetStack, texts: readonly string[]): readonly string[] {
  const { addresses: table } = net;
  const destinations = texts.map((text) => {
    const number = table.parse(text)!;
    const egress = isIpv6(number) ? net.ipv6.egress : net.egress;
    return { text, address: number, source: egress.nextHop(number) === 0 ? 0 : egress.sourceFor(number) };
  });
  return sortDestinations(table, destinations).map(({ text }) => text);
}

function ipv6Info(net: NetStack): Ipv6Info {
  const { ipv6, addresses: table } = net;
  const format = (each: number): string => table.format(each);
  const rank = ({ origin }: OwnAddress): number => (origin === "link-local" ? 2 : origin === "temporary" ? 1 : 0);
  const own = [...ipv6.own.list].sort((a, b) => rank(a) - rank(b));
  const cidrOf = ({ address: each, prefix }: OwnAddress): string => `${format(each)}/${prefix}`;
  return {
    addresses: own.filter(({ tentative }) => !tentative).map(cidrOf),
    temporary: own.filter(({ tentative, origin }) => !tentative && origin === "temporary").map(cidrOf),
    tentative: own.filter(({ tentative }) => tentative).map(cidrOf),
    gateway: ipv6.gateway === 0 ? undefined : format(ipv6.gateway),
    dns: ipv6.servers.map(format),
    domains: ipv6.domains,
    mtu: ipv6.egress.mtu,
  };
}

/** The stack, with one deadline of the opener beside its own. */
class Deadline {
  readonly passed = new Signal();
  deadline: number;
  readonly #net: NetStack;

  constructor(net: NetStack, deadline: number) {
    this.#net = net;
    this.deadline = deadline;
  }

  poll(now: number): number {
    const next = this.#net.poll(now);
    if (now >= this.deadline) {
      this.deadline = Number.POSITIVE_INFINITY;
      this.passed.fire();
    }
    return Math.min(next, this.deadline);
  }
}
