import { LEAP_UNSYNCHRONIZED, MODE_SERVER, type NtpFields, PORT } from "../wire/ntp.ts";

/** How long the first question waits, milliseconds; twice as long after each that was lost. */
export const FIRST_TIMEOUT = 1000;
/** Questions without an answer before it gives up: 1 + 2 + 4 + 8 s. */
export const MAX_SILENT = 4;
/** "a client MUST NOT … poll intervals less than" some seconds (RFC 4330 10); two are what ntpd's burst has (RFC 5905 13.1). */
export const SAMPLE_INTERVAL = 2000;
/** Samples of the clock filter (RFC 5905 10). */
export const MAX_SAMPLES = 8;
/** MAXDIST, "1 s" in RFC 5905 7.2; ntpd's 1.5 s lets servers in that were asked after a while. */
const MAX_DISTANCE = 1500;
/** "RATE" (RFC 5905 7.4). */
const KISS_RATE = 0x52415445;

export type SyncFailure = "ETIMEDOUT" | "ECONNREFUSED";

/** One measurement. Milliseconds: what has to be added to our clock, and the round trip. */
export interface Sample {
  readonly offset: number;
  readonly delay: number;
}

/** Sends a question with this transmit timestamp. */
export type NtpSink = (transmitHigh: number, transmitLow: number) => void;

export interface NtpClientOptions {
  /** int32 */
  readonly server: number;
  /** Good answers to wait for, 1 to 8; of several the one with the least delay counts. */
  readonly samples: number;
  /** 32 random bits that nobody can guess. */
  readonly random: () => number;
  /** Our clock's reading at a monotonic time. */
  readonly wall: (now: number) => number;
  readonly now: number;
}

/**
 * One synchronisation in client mode (RFC 5905 8, 9.2), simplified as RFC 4330 allows: one server, the sample of least delay,
 * no clock filter beyond that, no selection among servers. A machine: `process`, `dispatch`, `pollAt`. Times are milliseconds.
 */
export class NtpClient {
  /** The best measurement so far. */
  best: Sample | undefined;
  stratum = 0;
  /** All samples are there, or it has failed. */
  done = false;
  failure: SyncFailure | undefined;
  /** Answers that were dropped: another server, question or mode; a server without the right time. */
  dropped = 0;
  readonly #options: NtpClientOptions;
  #left: number;
  #silent = 0;
  #timeout = FIRST_TIMEOUT;
  #nextAt: number;
  #high = 0;
  #low = 0;
  #sentAt = Number.NaN;

  constructor(options: NtpClientOptions) {
    this.#options = options;
    this.#left = options.samples;
    this.#nextAt = options.now;
  }

  pollAt(): number {
    return this.done ? Number.POSITIVE_INFINITY : this.#nextAt;
  }

  /** Asks when it is time, or gives up. */
  dispatch(now: number, sink: NtpSink): void {
    if (this.pollAt() > now) return;
    if (this.#silent === MAX_SILENT) {
      this.#finish(this.best === undefined ? "ETIMEDOUT" : undefined);
      return;
    }
    this.#high = this.#options.random() | 0;
    this.#low = this.#options.random() | 0;
    this.#sentAt = now;
    this.#nextAt = now + this.#timeout;
    this.#silent++;
    this.#timeout *= 2;
    sink(this.#high, this.#low);
  }

  /** An answer arrived from `address`. False: it is none to our question, and was counted. */
  process(fields: NtpFields, address: number, port: number, now: number): boolean {
    const { server, wall } = this.#options;
    // "If the packet's origin timestamp does not match … the packet is … bogus" (RFC 5905 8); each question has one answer.
    const ours = fields.originHigh === this.#high && fields.originLow === this.#low && !Number.isNaN(this.#sentAt);
    if (this.done || address !== server || port !== PORT || fields.mode !== MODE_SERVER || !ours) {
      this.dropped++;
      return false;
    }
    if (fields.stratum === 0) {
      this.#kiss(fields.reference, now);
      return true;
    }
    const { receive, transmit } = fields;
    const distance = fields.rootDelay / 2 + fields.rootDispersion;
    // "leap indicator is 3, … stratum greater than 15" (RFC 4330 5), a time that is no time, or one too far from the truth.
    const wrong = fields.leap === LEAP_UNSYNCHRONIZED || fields.stratum > 15 || distance > MAX_DISTANCE;
    if (wrong || Number.isNaN(receive) || Number.isNaN(transmit) || transmit < receive) {
      this.dropped++;
      return false;
    }
    const sent = wall(this.#sentAt);
    const arrived = wall(now);
    // RFC 5905 8: theta and delta.
    const offset = (receive - sent + (transmit - arrived)) / 2;
    const delay = Math.max(arrived - sent - (transmit - receive), 0);
    if (this.best === undefined || delay < this.best.delay) this.best = { offset, delay };
    this.stratum = fields.stratum;
    this.#sentAt = Number.NaN;
    this.#silent = 0;
    this.#timeout = FIRST_TIMEOUT;
    this.#nextAt = now + SAMPLE_INTERVAL;
    if (--this.#left === 0) this.#finish(undefined);
    return true;
  }

  /** "RATE … reduce its polling interval"; for all other codes "MUST … stop sending packets to that server" (RFC 5905 7.4). */
  #kiss(code: number, now: number): void {
    this.#sentAt = Number.NaN;
    if (code === KISS_RATE) this.#nextAt = Math.max(this.#nextAt, now + 4 * SAMPLE_INTERVAL);
    else this.#finish(this.best === undefined ? "ECONNREFUSED" : undefined);
  }

  #finish(failure: SyncFailure | undefined): void {
    this.done = true;
    this.failure = failure;
  }
}
