import type { Host } from "@soloist/interface";
import { createCounters, InvalidArgumentError, registerStack, type Stack } from "@soloist/net";
import { createHostDns } from "./dns.ts";
import { createHostIcmp } from "./icmp.ts";
import { createHostTcp } from "./tcp.ts";
import { createHostUdp } from "./udp.ts";

/** What the command line says; the rest of the stack's keys means nothing to sockets of the host. */
export interface StackParameters {
  /** Addresses with their prefixes; int32. */
  readonly addresses: readonly { readonly address: number; readonly prefix: number }[] | undefined;
  readonly dns: readonly string[] | undefined;
}

const LOOPBACK = { address: 0x7f000001, prefix: 8 };

/** A stack whose sockets are the host's. */
export function openHostStack(host: Host, parameters: StackParameters): Stack {
  const addresses = parameters.addresses ?? [LOOPBACK];
  const texts = addresses.map(({ address }) => format(address));
  const own = texts[0]!;
  const isOwn = (address: string): boolean => address.startsWith("127.") || texts.includes(address);
  const dns = createHostDns(parameters.dns);
  const stack: Stack = {
    tcp: createHostTcp({ bytes: host.bytes, log: host.log, address: own, isOwn }),
    udp: createHostUdp({ address: own, isOwn }),
    icmp: createHostIcmp(),
    dns,
    ntp: {
      clock: host.clock,
      // The host keeps its clock: there is nothing to correct.
      sync: async () => 0,
      keep: ({ signal }) =>
        new Promise((_, reject) => {
          if (signal?.aborted) reject(signal.reason);
          signal?.addEventListener("abort", () => reject(signal.reason));
        }),
    },
    mdns: {
      async publish({ name }) {
        if (!/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name)) {
          throw new InvalidArgumentError(`not a host name: ${JSON.stringify(name)}`);
        }
        const close = (): void => {};
        return { hostname: `${name}.local`, conflicts: 0, close, [Symbol.asyncDispose]: async () => close() };
      },
    },
    ipv4: {
      address: own,
      prefix: addresses[0]!.prefix,
      gateway: undefined,
      dns: dns.servers,
      addresses: addresses.map(({ address, prefix }) => `${format(address)}/${prefix}`),
      ntp: [],
      hostName: undefined,
      domainName: undefined,
      mtu: 65_536,
    },
    ipv6: undefined,
    mac: "02:00:00:00:00:00",
    // The host's kernel counts, and tells nobody.
    counters: createCounters(),
    usage: { connections: 0, bufferBytes: 0, fragmentBytes: 0, neighbours: 0, addresses: 0 },
  };
  registerStack(stack);
  return stack;
}

function format(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
