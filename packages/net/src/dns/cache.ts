import { lowerName } from "../wire/dns-name.ts";
import type { DnsRecord } from "../wire/dns-records.ts";

/** Sets of records and absences that are remembered; the one unused for longest makes room. */
export const MAX_ENTRIES = 1024;
/** Sets with more records, or larger, are not kept: 1,024 answers over TCP could otherwise hold 64 MiB. */
export const MAX_SET = 64;
export const MAX_SET_BYTES = 4096;
/** "a TTL … of one week" is the most that RFC 1035 7.1 would believe; a day is plenty for a machine that restarts in milliseconds. */
export const MAX_TTL = 86_400;
/** "values of one to three hours have been found to work well" for absences (RFC 2308 5). */
export const MAX_NEGATIVE_TTL = 10_800;

/** The name does not exist, or has no records of that type. */
export type Absence = "ENOTFOUND" | "ENODATA";

export interface CacheEntry {
  /** Empty when `absence` is set. */
  readonly records: readonly DnsRecord[];
  readonly absence: Absence | undefined;
  /** Milliseconds. */
  readonly expiresAt: number;
}

/** "no such name" holds for all types (RFC 2308 5). */
const ANY_TYPE = 0;

const keyOf = (name: string, type: number): string => `${type} ${lowerName(name)}`;

/** About so many bytes of data. */
function sizeOf(record: DnsRecord): number {
  switch (record.type) {
    case "TXT":
      return record.texts.reduce((sum, text) => sum + text.length, 0);
    case "OTHER":
      return record.bytes.length;
    case "SOA":
      return record.server.length + record.mailbox.length;
    case "A":
    case "AAAA":
      return 16;
    default:
      return record.target.length;
  }
}

/** What servers said, as long as they said it holds. Bounded; time is an argument, milliseconds. */
export class DnsCache {
  /** In the order of use. */
  readonly #entries = new Map<string, CacheEntry>();
  readonly #limit: number;

  constructor(limit: number = MAX_ENTRIES) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(name: string, type: number, now: number): CacheEntry | undefined {
    return this.#take(keyOf(name, type), now) ?? this.#take(keyOf(name, ANY_TYPE), now);
  }

  /** Keeps a set of records of one name and type for its smallest TTL (RFC 2181 5.2). */
  put(name: string, type: number, records: readonly DnsRecord[], now: number): void {
    this.#entries.delete(keyOf(name, ANY_TYPE));
    const key = keyOf(name, type);
    this.#entries.delete(key);
    let ttl = MAX_TTL;
    let bytes = 0;
    for (const record of records) {
      ttl = Math.min(ttl, record.ttl);
      bytes += sizeOf(record);
    }
    if (records.length > MAX_SET || bytes > MAX_SET_BYTES) return;
    this.#add(key, { records, absence: undefined, expiresAt: now + ttl * 1000 });
  }

  /** @param ttl seconds */
  putAbsence(name: string, type: number, absence: Absence, ttl: number, now: number): void {
    const expiresAt = now + Math.min(ttl, MAX_NEGATIVE_TTL) * 1000;
    this.#add(keyOf(name, absence === "ENOTFOUND" ? ANY_TYPE : type), { records: [], absence, expiresAt });
  }

  clear(): void {
    this.#entries.clear();
  }

  #take(key: string, now: number): CacheEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAt <= now) return undefined;
    this.#entries.set(key, entry);
    return entry;
  }

  #add(key: string, entry: CacheEntry): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limit) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(key, entry);
  }
}
