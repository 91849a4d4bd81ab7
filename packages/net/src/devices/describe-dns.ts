import { type DnsMessage, parseDns } from "../wire/dns.ts";
import { type DnsRecord, RECORD_TYPES } from "../wire/dns-records.ts";
import { formatAddress } from "../wire/ipv4-address.ts";
import { formatIpv6 } from "../wire/ipv6-address.ts";

const RCODES = ["", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused"];
const TYPE_NAMES = new Map<number, string>(Object.entries(RECORD_TYPES).map(([name, number]) => [number, name]));
/** Answers that a line names; the counts tell of the others. */
const MAX_SHOWN = 8;

/** `12345+ A? host.test. (27)`; undefined: not DNS after all. */
export function describeDns(bytes: Uint8Array, at: number, length: number): string | undefined {
  const message = parseDns(bytes, at, length);
  if (message === undefined) return undefined;
  return message.response ? describeAnswer(message, length) : describeQuestion(message, length);
}

function describeQuestion(message: DnsMessage, length: number): string {
  const { id, questions, recursionDesired, answers, authorities } = message;
  const additional = message.additionals.length + (message.udpSize > 0 ? 1 : 0);
  let counts = "";
  if (answers.length > 0) counts += `[${answers.length}a] `;
  if (questions.length !== 1) counts += `[${questions.length}q] `;
  if (authorities.length > 0) counts += `[${authorities.length}n] `;
  if (additional > 0) counts += `[${additional}au] `;
  const asked = questions.map(({ name, type }) => `${typeName(type)}? ${dotted(name)}`).join(" ");
  return `${id}${recursionDesired ? "+" : ""} ${counts}${asked} (${length})`;
}

function describeAnswer(message: DnsMessage, length: number): string {
  const { id, rcode, authoritative, truncated, recursionAvailable, answers, authorities } = message;
  const additional = message.additionals.length + (message.udpSize > 0 ? 1 : 0);
  const flags = `${authoritative ? "*" : ""}${recursionAvailable ? "" : "-"}${truncated ? "|" : ""}`;
  const shown = answers.slice(0, MAX_SHOWN).map(describeRecord).join(", ");
  const more = answers.length > MAX_SHOWN ? ", …" : "";
  const counts = `${answers.length}/${authorities.length}/${additional}`;
  return `${id}${RCODES[rcode] ?? ` Resp${rcode}`}${flags} ${counts}${shown && ` ${shown}${more}`} (${length})`;
}

function describeRecord(record: DnsRecord): string {
  switch (record.type) {
    case "A":
      return `A ${formatAddress(record.address)}`;
    case "AAAA":
      return `AAAA ${formatIpv6(record.address)}`;
    default:
      return String(record.type);
  }
}

const typeName = (type: number): string => TYPE_NAMES.get(type) ?? (type === 255 ? "ANY" : `Type${type}`);
const dotted = (name: string): string => (name.endsWith(".") ? name : `${name}.`);
