import { seededRng } from "@soloist/testing";
import type { Lookup } from "../../src/dns/lookup.ts";
import type { Attempt } from "../../src/dns/question.ts";
import { Resolver } from "../../src/dns/resolver.ts";
import { createDnsMessage, type DnsMessage, emitDns, parseDns } from "../../src/wire/dns.ts";
import { CLASS_IN, type DnsRecord, RECORD_TYPES, type RecordType } from "../../src/wire/dns-records.ts";

export const SERVER = 0x0a000035;
export const OTHER = 0x0a000036;

export interface Sent {
  readonly at: number;
  readonly port: number;
  readonly server: number;
  readonly serverPort: number;
  readonly message: DnsMessage;
}

export const a = (name: string, address: number, ttl = 60): DnsRecord => ({ name, class: 1, ttl, type: "A", address });
export const cname = (name: string, target: string, ttl = 60): DnsRecord => ({
  name,
  class: 1,
  ttl,
  type: "CNAME",
  target,
});
export const soa = (name: string, minimum: number, ttl = 3600): DnsRecord => ({
  name,
  class: 1,
  ttl,
  type: "SOA",
  server: `ns.${name}`,
  mailbox: `admin.${name}`,
  serial: 1,
  refresh: 2,
  retry: 3,
  expire: 4,
  minimum,
});

/** A resolver with time by hand; what it sends is in `sent` and `streams`. */
export class Network {
  now = 1000;
  readonly resolver: Resolver;
  readonly sent: Sent[] = [];
  readonly streams: { attempt: Attempt; message: DnsMessage }[] = [];
  readonly ports = new Set<number>();
  readonly done: Lookup[] = [];
  reachable = (_server: number): boolean => true;
  endedStreams = 0;

  constructor(servers: readonly number[] = [SERVER], search: readonly string[] = [], seed = 1) {
    const rng = seededRng(seed);
    this.resolver = new Resolver({ random: () => rng.uint32(), search });
    this.resolver.setServers(servers);
  }

  lookup(name: string, type: RecordType = "A"): Lookup {
    const owner = { onLookup: (lookup: Lookup) => void this.done.push(lookup) };
    const lookup = this.resolver.lookup(name, RECORD_TYPES[type], owner, this.now);
    this.run(0);
    return lookup;
  }

  /** Lets time pass. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.resolver.pollAt() <= end) {
      this.now = Math.max(this.now, this.resolver.pollAt());
      this.resolver.dispatch(this.now, {
        open: (port) => {
          if (this.ports.has(port)) return false;
          this.ports.add(port);
          return true;
        },
        close: (port) => void this.ports.delete(port),
        send: (port, server, serverPort, bytes, length) => {
          if (!this.reachable(server)) return false;
          this.sent.push({ at: this.now, port, server, serverPort, message: parseDns(bytes, 0, length)! });
          return true;
        },
        stream: (attempt, bytes, length) => void this.streams.push({ attempt, message: parseDns(bytes, 0, length)! }),
        endStream: () => void this.endedStreams++,
      });
    }
    this.now = end;
  }

  get last(): Sent {
    return this.sent.at(-1)!;
  }

  /** Answers a query, by default the last one, as `change` says. */
  answer(change: Partial<DnsMessage>, to: Sent = this.last, from: { address?: number; port?: number } = {}): boolean {
    const bytes = reply(to.message, change);
    const { address = to.server, port = 53 } = from;
    const taken = this.resolver.process(bytes, 0, bytes.length, address, port, to.port, this.now);
    this.run(0);
    return taken;
  }

  answerStream(change: Partial<DnsMessage>): void {
    const { attempt, message } = this.streams.at(-1)!;
    const bytes = reply(message, change);
    this.resolver.processStream(attempt, bytes, 0, bytes.length, this.now);
    this.run(0);
  }
}

export function reply(query: DnsMessage, change: Partial<DnsMessage>): Uint8Array {
  const message = Object.assign(createDnsMessage(), {
    id: query.id,
    response: true,
    recursionDesired: true,
    recursionAvailable: true,
    questions: query.questions,
    ...change,
  });
  const into = new Uint8Array(65_535);
  return into.slice(0, emitDns(into, 0, message));
}

export const question = (name: string, type = 1) => ({ name, type, class: CLASS_IN });
