import type { ByteHelpers } from "@soloist/interface";
import type { DnsRecord, RecordType } from "../wire/dns-records.ts";
import { formatAddress } from "../wire/ipv4-address.ts";
import { formatIpv6 } from "../wire/ipv6-address.ts";

/** Where a service is (RFC 2782): try the lowest priority first, among equals by weight. */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Whose zone it is. Times are seconds. */
export interface SoaRecord {
  readonly nsname: string;
  readonly hostmaster: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minttl: number;
}

/** What `resolve` gives for each type, as Node's `dns.resolve` does. */
export interface RecordResults {
  readonly A: readonly string[];
  readonly AAAA: readonly string[];
  readonly CNAME: readonly string[];
  readonly NS: readonly string[];
  readonly PTR: readonly string[];
  /** One array of strings a record. */
  readonly TXT: readonly (readonly string[])[];
  readonly SRV: readonly SrvRecord[];
  readonly SOA: SoaRecord;
}

function resultOf(record: DnsRecord, bytes: ByteHelpers): unknown {
  switch (record.type) {
    case "A":
      return formatAddress(record.address);
    case "AAAA":
      return formatIpv6(record.address);
    case "CNAME":
    case "NS":
    case "PTR":
      return record.target;
    case "TXT":
      return record.texts.map((text) => bytes.utf8Decode(text, 0, text.length));
    case "SRV": {
      const { target, port, priority, weight } = record;
      return { name: target, port, priority, weight };
    }
    case "SOA": {
      const { server, mailbox, serial, refresh, retry, expire, minimum } = record;
      return { nsname: server, hostmaster: mailbox, serial, refresh, retry, expire, minttl: minimum };
    }
    default:
      return undefined;
  }
}

/** Records, all of `type`, as callers like them. */
export function results<Type extends RecordType>(
  type: Type,
  records: readonly DnsRecord[],
  bytes: ByteHelpers,
): RecordResults[Type] {
  const list = records.map((record) => resultOf(record, bytes));
  return (type === "SOA" ? list[0] : list) as RecordResults[Type];
}
