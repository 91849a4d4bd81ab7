/**
 * DNS messages and what a server or resolver of one's own is made of: parsers, writers, a cache of records.
 *
 * @example A server that knows one address:
 * import { createDnsMessage, emitDns, parseDns, RECORD_TYPES } from "@soloist/net/dns";
 *
 * const into = new Uint8Array(512);
 * const socket = udp.bind({ port: 53 });
 * for await (const { data, remote } of socket) {
 *   const query = parseDns(data, 0, data.length);
 *   if (query === undefined || query.response) continue;
 *   const reply = { ...createDnsMessage(), id: query.id, response: true, questions: query.questions };
 *   for (const { name } of query.questions) {
 *     reply.answers.push({ name, class: 1, ttl: 60, type: "A", address: 0x0a000001 });
 *   }
 *   const length = emitDns(into, 0, reply);
 *   if (length > 0) socket.send(into.subarray(0, length), remote);
 * }
 */
export { type Absence, type CacheEntry, DnsCache } from "./dns/cache.ts";
export {
  BADVERS,
  createDnsMessage,
  type DnsMessage,
  type DnsQuestion,
  emitDns,
  FORMERR,
  HEADER_LENGTH,
  NOERROR,
  NOTIMP,
  NXDOMAIN,
  parseDns,
  REFUSED,
  SERVFAIL,
} from "./wire/dns.ts";
export { emitName, encodeName, lowerName, MAX_NAME, type NameCursor, readName } from "./wire/dns-name.ts";
export {
  CLASS_IN,
  type DnsRecord,
  RECORD_TYPES,
  type RecordData,
  type RecordType,
  recordCode,
  TYPE_OPT,
} from "./wire/dns-records.ts";
export { type Cidr, formatAddress, parseAddress, parseCidr } from "./wire/ipv4-address.ts";
export { formatIpv6, parseIpv6 } from "./wire/ipv6-address.ts";
