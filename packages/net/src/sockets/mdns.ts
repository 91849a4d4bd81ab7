import { InvalidArgumentError } from "../errors.ts";
import { MDNS_GROUP } from "../ipv6/addresses.ts";
import { type Destination, GROUP, type HostAddress, isHostLabel, MdnsResponder, PORT } from "../mdns/responder.ts";
import { RateLimit } from "../rate-limit.ts";
import type { UdpLayer } from "../udp/layer.ts";
import { type DnsMessage, emitDns, parseDns } from "../wire/dns.ts";
import type { Driven, Driver } from "./driver.ts";
import { Signal } from "./signal.ts";

export interface PublishOptions {
  /** One label: `printer` becomes `printer.local`. Letters, digits and hyphens. */
  readonly name: string;
}

/** A name that others on the link find us by. */
export interface Published extends AsyncDisposable {
  /** Such as `printer.local`; `printer-2.local` when somebody else has that. May change later. */
  readonly hostname: string;
  /** How often somebody else claimed it. */
  readonly conflicts: number;
  /** Tells the others, and falls silent. */
  close(): void;
}

/**
 * Names without a server (RFC 6762).
 *
 * @example
 * const { hostname } = await mdns.publish({ name: "printer" });
 */
export interface Mdns {
  /**
   * Takes a name: resolves once nobody else has claimed it for three quarters of a second.
   * @throws {AddressError} `EADDRINUSE`: UDP port 5353 is taken, by another name or a socket
   */
  publish(options: PublishOptions): Promise<Published>;
}

export interface MdnsParts {
  readonly udp: UdpLayer;
  readonly driver: Driver;
  readonly monotonic: () => number;
  readonly random: () => number;
  /** Ours, of both families. */
  readonly addresses: () => readonly HostAddress[];
  /** Whether a host is on our link: others have nothing to say (RFC 6762 11). */
  readonly isOnLink: (address: number) => boolean;
  /** Listeners for a change of our addresses. */
  readonly onAddress: Set<() => void>;
}

/** Messages that strangers can make us send. */
const PER_SECOND = 20;

export function createMdns(parts: MdnsParts): Mdns {
  const { udp, driver, monotonic, random } = parts;
  return {
    async publish({ name }) {
      if (!isHostLabel(name)) throw new InvalidArgumentError(`no host name: ${JSON.stringify(name)}`);
      const responder = new MdnsResponder({ name, addresses: parts.addresses(), random, now: monotonic() });
      const limit = new RateLimit(PER_SECOND, PER_SECOND);
      const buffer = new Uint8Array(512);
      const established = new Signal();
      udp.bind(PORT, (bytes, at, length, address, port) => {
        const message = parts.isOnLink(address) ? parseDns(bytes, at, length) : undefined;
        if (message !== undefined) responder.process(message, { address, port }, monotonic());
        driver.wake();
        return true;
      });
      udp.join(PORT, GROUP);
      udp.join(PORT, MDNS_GROUP);
      const send = (message: DnsMessage, to: Destination | undefined): void => {
        if (!limit.allow(monotonic())) return;
        const length = emitDns(buffer, 0, message);
        // A host of both families is two on the link: to be found by each (RFC 6762 20).
        for (const address of to === undefined ? [GROUP, MDNS_GROUP] : [to.address]) {
          try {
            udp.send(PORT, address, to?.port ?? PORT, buffer, 0, length, { ttl: 255 });
          } catch {
            // We have no address of that family, or whoever asked is gone from the link.
          }
        }
        driver.wake();
      };
      const machine: Driven = {
        pollAt: () => responder.pollAt(),
        dispatch(now) {
          responder.dispatch(now, send);
          if (responder.state === "announcing" || responder.state === "established") established.fire();
        },
      };
      const onAddress = (): void => {
        responder.setAddresses(parts.addresses(), monotonic());
        driver.wake();
      };
      parts.onAddress.add(onAddress);
      driver.add(machine);
      const close = (): void => {
        if (responder.state === "closed") return;
        responder.close();
        responder.dispatch(monotonic(), send);
        driver.remove(machine);
        parts.onAddress.delete(onAddress);
        udp.unbind(PORT);
      };
      await established.wait();
      return {
        get hostname() {
          return responder.hostname;
        },
        get conflicts() {
          return responder.conflicts;
        },
        close,
        [Symbol.asyncDispose]: async () => close(),
      };
    },
  };
}
