import type { Device, Host, NetDevice, Parameter } from "@soloist/interface";
import type { Counters } from "./counters.ts";
import { registerStack } from "./current.ts";
import { AddressError } from "./errors.ts";
import type { Route } from "./ipv4/routes.ts";
import { DisciplinedClock } from "./ntp/clock.ts";
import { type NamedTcp, withNames } from "./sockets/connect.ts";
import { createDns, type Dns } from "./sockets/dns.ts";
import { Driver } from "./sockets/driver.ts";
import { createIcmp, type Icmp } from "./sockets/icmp.ts";
import { limitWaits } from "./sockets/limits.ts";
import { createMdns, type Mdns } from "./sockets/mdns.ts";
import { createNtp, type Ntp } from "./sockets/ntp.ts";
import { Signal } from "./sockets/signal.ts";
import { createTcp } from "./sockets/tcp.ts";
import { createUdp, type Udp } from "./sockets/udp.ts";
import { NetStack } from "./stack.ts";
import { encodeName } from "./wire/dns-name.ts";
import { formatMac } from "./wire/ethernet.ts";
import { type Cidr, formatAddress, parseAddress, parseCidr } from "./wire/ipv4-address.ts";

export interface StackOptions {
  /** The network device of the manifest; default "service". */
  readonly name?: string;
  /**
   * What frames go through, in place of the device `name` itself: `trace(net("service"))`, `capture(net("service"), …)`, or anything
   * that opens to a network device. Its name is then that of the first device in its manifest.
   */
  readonly device?: Device<NetDevice>;
  /** How long `open` waits for an address from DHCP, milliseconds; default 10,000. */
  readonly dhcpTimeout?: number;
  /** What DHCP servers are told that we are called. */
  readonly hostName?: string;
  /** Bytes that all send and receive buffers may hold together before windows shrink; default 16 MiB. */
  readonly memory?: number;
}

/** Our address; `undefined` while DHCP has none to give. */
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

/** A network stack on one device. */
export interface Stack {
  readonly tcp: NamedTcp;
  readonly udp: Udp;
  readonly icmp: Icmp;
  readonly dns: Dns;
  readonly ntp: Ntp;
  readonly mdns: Mdns;
  readonly ipv4: Ipv4Info | undefined;
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
  /** Entries of the ARP cache. */
  readonly neighbours: number;
}

const DHCP_TIMEOUT = 10_000;
const MEMORY = 16 * 1024 * 1024;

function cidr(text: string): Cidr {
  const value = parseCidr(text);
  if (value === undefined) throw new Error("expected an address with its prefix, such as 10.0.0.2/24");
  return value;
}

function cidrs(text: string): readonly Cidr[] {
  return text.split(",").map(cidr);
}

function routes(text: string): readonly Route[] {
  return text.split(",").map((each) => {
    const [network, gateway, ...rest] = each.split("@");
    if (network === undefined || gateway === undefined || rest.length > 0) {
      throw new Error("expected routes such as 10.1.0.0/16@10.0.0.9");
    }
    const { address: destination, prefix } = cidr(network);
    return { destination, prefix, gateway: address(gateway), source: 0 };
  });
}

function address(text: string): number {
  const value = parseAddress(text);
  if (value === undefined) throw new Error("expected an address such as 10.0.0.1");
  return value;
}

function addresses(text: string): readonly number[] {
  const values = text.split(",").map(parseAddress);
  if (values.includes(undefined)) throw new Error("expected addresses such as 10.0.0.53,10.0.0.54");
  return values as number[];
}

function domains(text: string): readonly string[] {
  const names = text.split(",");
  if (names.some((domain) => domain === "" || encodeName(domain) === undefined)) {
    throw new Error("expected domains such as example.com,example.net");
  }
  return names;
}

/**
 * A network stack: ARP, IPv4, ICMP, UDP, TCP and DNS on the device `name`.
 *
 * Its address comes from `--ipv4=ADDRESS/PREFIX` and `--ipv4-gateway=ADDRESS` (for a device with another name than "service":
 * `--NAME-ipv4`…), else from DHCP: main then starts once there is one. Opening rejects with an {@link AddressError},
 * `EADDRNOTAVAIL`, when nobody offers any in time.
 *
 * Name servers come from `--dns=ADDRESS[,ADDRESS]`, else from DHCP; `--dns-search=DOMAIN[,DOMAIN]` are tried behind short
 * names.
 */
export function stack(options: StackOptions = {}): Device<Stack> {
  const name = options.name ?? options.device?.manifest[0]?.name ?? "service";
  const device: Device<NetDevice> = options.device ?? {
    manifest: [{ name, type: "net" }],
    parameters: [],
    open: (host) => host.netDevice(name),
  };
  const prefix = name === "service" ? "" : `${name.toLowerCase()}-`;
  const addressKey: Parameter<readonly Cidr[]> = {
    name: `${prefix}ipv4`,
    help: `IPv4 addresses of "${name}", the one to speak with first; without any DHCP is asked`,
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
  const dnsKey: Parameter<readonly number[]> = {
    name: `${prefix}dns`,
    help: `name servers of "${name}"; without any those that DHCP tells of`,
    placeholder: "ADDRESS,…",
    parse: addresses,
  };
  const searchKey: Parameter<readonly string[]> = {
    name: `${prefix}dns-search`,
    help: "domains that short names are tried in",
    placeholder: "DOMAIN,…",
    parse: domains,
  };
  return {
    manifest: device.manifest,
    parameters: [...device.parameters, addressKey, gatewayKey, routesKey, dnsKey, searchKey],
    open: (host) =>
      openStack(host, device.open(host), name, options, {
        address: host.parameter(addressKey),
        gateway: host.parameter(gatewayKey),
        routes: host.parameter(routesKey),
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
  readonly dns: readonly number[] | undefined;
  readonly search: readonly string[] | undefined;
}

async function openStack(
  host: Host,
  opening: NetDevice | Promise<NetDevice>,
  name: string,
  options: StackOptions,
  parameters: StackParameters,
): Promise<Stack> {
  const { address: fixed, gateway } = parameters;
  const device = await opening;
  let wakeup = { wake() {} };
  const net = new NetStack(
    device,
    host.bytes,
    host.rng,
    { wake: () => wakeup.wake() },
    {
      memory: options.memory ?? MEMORY,
    },
  );
  const changed = new Signal();
  const onAddress = new Set<() => void>();
  net.onAddress = () => {
    changed.fire();
    for (const listener of onAddress) listener();
  };
  if (fixed !== undefined) {
    net.configureAll(fixed, gateway ?? 0, parameters.routes ?? [], false);
    wakeup = host.drive(net);
    wakeup.wake();
  } else {
    net.startDhcp(options.hostName);
    // Registered before the app's own: its last packets still go out.
    host.onShutdown(() => net.release());
    const deadline = host.clock.monotonic() + (options.dhcpTimeout ?? DHCP_TIMEOUT);
    const waiting = new Deadline(net, deadline);
    wakeup = host.drive(waiting);
    wakeup.wake();
    if (net.egress.config.address === 0) await Promise.race([changed.wait(), waiting.passed.wait()]);
    waiting.deadline = Number.POSITIVE_INFINITY;
    if (net.egress.config.address === 0) {
      throw new AddressError(
        "EADDRNOTAVAIL",
        `no DHCP server on "${name}" offered an address; give one with --${name === "service" ? "" : `${name.toLowerCase()}-`}ipv4=ADDRESS/PREFIX`,
      );
    }
  }
  const monotonic = (): number => host.clock.monotonic();
  const driver = new Driver();
  driver.attach(host.drive(driver));
  limitWaits([net.tcp, net.udp], driver, monotonic);
  const tcp = createTcp(net.tcp, net.egress, monotonic);
  const random = (): number => host.rng.uint32();
  const dns = createDns({
    udp: net.udp,
    tcp,
    driver,
    bytes: host.bytes,
    monotonic,
    random,
    servers: () => parameters.dns ?? net.lease?.dns ?? [],
    search: parameters.search ?? [],
  });
  return {
    tcp: withNames(tcp, dns, driver, monotonic),
    dns,
    ntp: createNtp({ udp: net.udp, dns, driver, clock: new DisciplinedClock(host.clock), random }),
    mdns: createMdns({
      udp: net.udp,
      driver,
      monotonic,
      random,
      address: () => net.egress.config.address,
      isOnLink: (address) => net.egress.isOnLink(address),
      onAddress,
    }),
    udp: createUdp(net.udp, net.egress, wakeup, () => {
      net.tcp.woken = true;
    }),
    icmp: createIcmp({
      layer: net.icmp,
      egress: net.egress,
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
        dns: (net.lease?.dns ?? []).map(formatAddress),
        addresses: net.egress.addresses.map((each) => `${formatAddress(each.address)}/${each.prefix}`),
        ntp: (net.lease?.ntp ?? []).map(formatAddress),
        hostName: net.lease?.hostName || undefined,
        domainName: net.lease?.domainName || undefined,
        mtu: net.egress.mtu,
      };
    },
    mac: formatMac(device.mac),
    counters: net.counters,
    get usage() {
      return {
        connections: net.tcp.connections,
        bufferBytes: net.tcp.pool.used,
        fragmentBytes: net.fragmentBytes,
        neighbours: net.egress.arp.size,
      };
    },
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
