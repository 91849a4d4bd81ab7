import { CLASS_IN, type DnsRecord, NOERROR, NXDOMAIN, RECORD_TYPES } from "@soloist/net/dns";
import type { Resolution } from "./reply.ts";

/** Seconds that clients may keep what is decided here. */
const TTL = 300;

/** What names on the blocklist are answered: addresses that lead nowhere, or that there is no such name. */
export type BlockMode = "null" | "nxdomain";

/** So that absences may be kept (RFC 2308), they come with an SOA. */
function soa(name: string): DnsRecord {
  const numbers = { serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: TTL };
  return { name, class: CLASS_IN, ttl: TTL, type: "SOA", server: "localhost", mailbox: "nobody.invalid", ...numbers };
}

function addresses(name: string, type: number, v4: number, v6: Uint8Array): Resolution {
  const head = { name, class: CLASS_IN, ttl: TTL };
  if (type === RECORD_TYPES.A)
    return { rcode: NOERROR, answers: [{ ...head, type: "A", address: v4 }], authorities: [] };
  if (type === RECORD_TYPES.AAAA)
    return { rcode: NOERROR, answers: [{ ...head, type: "AAAA", address: v6 }], authorities: [] };
  return { rcode: NOERROR, answers: [], authorities: [soa(name)] };
}

export function blockedAnswer(name: string, type: number, mode: BlockMode): Resolution {
  if (mode === "nxdomain") return { rcode: NXDOMAIN, answers: [], authorities: [soa(name)] };
  return addresses(name, type, 0, new Uint8Array(16));
}

/** Names that nobody is asked for (RFC 6761 6.3, 6.4; RFC 7686); `undefined` for all others. */
export function localAnswer(name: string, type: number): Resolution | undefined {
  const last = name.slice(name.lastIndexOf(".") + 1);
  switch (last) {
    case "localhost": {
      const loopback = new Uint8Array(16);
      loopback[15] = 1;
      return addresses(name, type, 0x7f000001, loopback);
    }
    case "invalid":
    case "onion":
    case "local":
      return { rcode: NXDOMAIN, answers: [], authorities: [soa(last)] };
    default:
      return undefined;
  }
}

/** "a single RRset … HINFO" in place of all that is known: ANY is what floods are made of (RFC 8482 4.2). */
export function anyAnswer(name: string): Resolution {
  const text = "RFC8482";
  const bytes = new Uint8Array(text.length + 2);
  bytes[0] = text.length;
  for (let index = 0; index < text.length; index++) bytes[index + 1] = text.charCodeAt(index);
  return {
    rcode: NOERROR,
    answers: [{ name, class: CLASS_IN, ttl: 3600, type: "OTHER", code: 13, bytes }],
    authorities: [],
  };
}
