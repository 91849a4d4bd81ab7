import { createDnsMessage, type DnsMessage, type DnsRecord, emitDns, parseAddress, parseDns } from "@soloist/net/dns";

/** Builders of records and messages, so that tests read as zones do. */
export const a = (name: string, address: string, ttl = 300): DnsRecord => ({
  name,
  class: 1,
  ttl,
  type: "A",
  address: parseAddress(address)!,
});
export const cname = (name: string, target: string, ttl = 300): DnsRecord => ({
  name,
  class: 1,
  ttl,
  type: "CNAME",
  target,
});
export const ns = (name: string, target: string, ttl = 300): DnsRecord => ({ name, class: 1, ttl, type: "NS", target });
export const soa = (name: string, minimum = 60): DnsRecord => ({
  name,
  class: 1,
  ttl: 300,
  type: "SOA",
  server: "ns",
  mailbox: "root",
  serial: 1,
  refresh: 1,
  retry: 1,
  expire: 1,
  minimum,
});

export function message(parts: Partial<DnsMessage>): DnsMessage {
  return { ...createDnsMessage(), response: true, ...parts };
}

export function emit(parts: Partial<DnsMessage>): Uint8Array {
  const into = new Uint8Array(4096).fill(0xa5);
  const length = emitDns(into, 0, { ...createDnsMessage(), ...parts });
  if (length < 0) throw new Error("it does not fit");
  return into.slice(0, length);
}

/** What a client sends. */
export function ask(name: string, type = 1, parts: Partial<DnsMessage> = {}): Uint8Array {
  return emit({ id: 0x1234, recursionDesired: true, questions: [{ name, type, class: 1 }], ...parts });
}

export function read(bytes: Uint8Array): DnsMessage {
  const parsed = parseDns(bytes, 0, bytes.length);
  if (parsed === undefined) throw new Error("it cannot be parsed");
  return parsed;
}
