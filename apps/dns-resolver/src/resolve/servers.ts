import type { Endpoint } from "@soloist/interface";

/** What is known of one server. */
export interface ServerRecord {
  readonly endpoint: Endpoint;
  asked: number;
  /** Times that it said nothing, or nothing of use. */
  failed: number;
  /** Smoothed time of an answer, milliseconds; 0: none came yet. */
  rtt: number;
  /** No sooner is it asked first again, milliseconds. */
  sickUntil: number;
}

/** Weight of the newest time, as in RFC 6298. */
const ALPHA = 1 / 8;
/** A server that was silent is asked last for so long. */
const SICK_FOR = 30_000;
/** Records that are kept; the one that was used first leaves. */
const MAX_SERVERS = 2048;

/** How servers did, so that good ones are asked first. Times are arguments, milliseconds. */
export class ServerBook {
  readonly #records = new Map<string, ServerRecord>();

  record(endpoint: Endpoint): ServerRecord {
    const key = `${endpoint.address} ${endpoint.port}`;
    let record = this.#records.get(key);
    if (record === undefined) {
      if (this.#records.size >= MAX_SERVERS) this.#records.delete(this.#records.keys().next().value!);
      record = { endpoint, asked: 0, failed: 0, rtt: 0, sickUntil: 0 };
      this.#records.set(key, record);
    }
    return record;
  }

  answered(record: ServerRecord, milliseconds: number): void {
    record.asked++;
    record.rtt = record.rtt === 0 ? milliseconds : record.rtt + (milliseconds - record.rtt) * ALPHA;
    record.sickUntil = 0;
  }

  failed(record: ServerRecord, now: number): void {
    record.asked++;
    record.failed++;
    record.sickUntil = now + SICK_FOR;
  }

  /** Healthy ones first, then by time; unknown ones are worth a try. */
  sorted(endpoints: readonly Endpoint[], now: number): ServerRecord[] {
    return endpoints
      .map((endpoint) => this.record(endpoint))
      .sort((a, b) => Number(a.sickUntil > now) - Number(b.sickUntil > now) || a.rtt - b.rtt);
  }

  /** Most asked first. */
  list(count: number): ServerRecord[] {
    return [...this.#records.values()].sort((a, b) => b.asked - a.asked).slice(0, count);
  }
}
