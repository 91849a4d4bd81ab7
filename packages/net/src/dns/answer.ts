import { type DnsMessage, NOERROR, NXDOMAIN } from "../wire/dns.ts";
import { lowerName } from "../wire/dns-name.ts";
import { CLASS_IN, type DnsRecord, RECORD_TYPES, recordCode } from "../wire/dns-records.ts";
import type { Absence, DnsCache } from "./cache.ts";

/** CNAMEs that are followed for one name, over all messages. Real chains have two or three; 16 end a circle soon. */
export const MAX_LINKS = 16;

/** What a message says of a name and type. */
export type Answer =
  | { readonly kind: "records"; readonly records: readonly DnsRecord[]; readonly links: number }
  /** The name is another one's alias, of which the message says nothing. */
  | { readonly kind: "alias"; readonly target: string; readonly links: number }
  | { readonly kind: "absent"; readonly absence: Absence }
  /** A referral, a circle: no answer to a question that asks for recursion. */
  | { readonly kind: "useless" };

/**
 * Follows the chain of CNAMEs from `name` to its records, and puts what lies on it into `cache`: nothing else in the message
 * is believed (RFC 5452 6).
 */
export function readAnswer(message: DnsMessage, name: string, type: number, cache: DnsCache, now: number): Answer {
  let current = name;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const owner = lowerName(current);
    const own = message.answers.filter((record) => record.class === CLASS_IN && lowerName(record.name) === owner);
    const records = own.filter((record) => recordCode(record) === type);
    if (records.length > 0) {
      cache.put(current, type, records, now);
      return { kind: "records", records, links };
    }
    const alias = own.find((record) => record.type === "CNAME");
    if (alias === undefined || alias.type !== "CNAME") {
      return absence(message, current, type, links, cache, now);
    }
    cache.put(current, RECORD_TYPES.CNAME, [alias], now);
    current = alias.target;
  }
  return { kind: "useless" };
}

/** RFC 2308 2: the response code and the SOA speak of the last name of the chain. */
function absence(message: DnsMessage, name: string, type: number, links: number, cache: DnsCache, now: number): Answer {
  const soa = message.authorities.find((record) => record.type === "SOA");
  const ttl = soa?.type === "SOA" ? Math.min(soa.ttl, soa.minimum) : undefined;
  if (message.rcode === NXDOMAIN) {
    // "without SOA records SHOULD NOT be cached" (RFC 2308 5).
    if (ttl !== undefined) cache.putAbsence(name, type, "ENOTFOUND", ttl, now);
    return { kind: "absent", absence: "ENOTFOUND" };
  }
  if (message.rcode !== NOERROR) return { kind: "useless" };
  if (ttl !== undefined) {
    cache.putAbsence(name, type, "ENODATA", ttl, now);
    return { kind: "absent", absence: "ENODATA" };
  }
  if (links > 0) return { kind: "alias", target: name, links };
  // Name servers of somebody else's zone, and no answer: RFC 2308 2.2's referral.
  const referral = !message.authoritative && message.authorities.some((record) => record.type === "NS");
  return referral ? { kind: "useless" } : { kind: "absent", absence: "ENODATA" };
}
