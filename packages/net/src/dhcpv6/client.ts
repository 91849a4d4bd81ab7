import type { Dhcpv6Reply } from "../wire/dhcpv6.ts";

/** RFC 8415 7.6: "INF_MAX_DELAY 1 sec", "INF_TIMEOUT 1 sec", "INF_MAX_RT 3600 secs". Milliseconds. */
const MAX_DELAY = 1000;
const FIRST_TIMEOUT = 1000;
const MAX_TIMEOUT = 3_600_000;
/** "IRT_DEFAULT 86400 secs", "IRT_MINIMUM 600 secs". */
const REFRESH_DEFAULT = 86_400_000;
const REFRESH_LEAST = 600_000;
/** 0xffffffff: "infinity". */
const FOREVER = 0xffffffff * 1000;

/** Sends an Information-request; `elapsed` in milliseconds. */
export type InformationSink = (transaction: number, elapsed: number) => void;

/** Stateless DHCPv6 (RFC 8415 18.2.6): asks for name servers and domains, and again when they are old. A machine. */
export class Dhcpv6Client {
  /** What was told last. */
  information: Dhcpv6Reply | undefined;
  readonly #random: () => number;
  #nextAt = Number.POSITIVE_INFINITY;
  #transaction = -1;
  #startedAt = 0;
  #timeout = 0;

  /** @param random 32 random bits */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** A router said that there is a server; nothing happens when it was asked already. */
  start(now: number): void {
    if (this.#nextAt !== Number.POSITIVE_INFINITY || this.information !== undefined) return;
    this.#begin(now + this.#fraction() * MAX_DELAY);
  }

  pollAt(): number {
    return this.#nextAt;
  }

  /** True: it is the answer to what we asked, and was taken. */
  process(reply: Dhcpv6Reply, now: number): boolean {
    if (this.#transaction < 0 || reply.transaction !== this.#transaction) return false;
    this.#transaction = -1;
    this.information = reply;
    const { refreshTime } = reply;
    if (refreshTime >= FOREVER) this.#nextAt = Number.POSITIVE_INFINITY;
    else this.#begin(now + (refreshTime < 0 ? REFRESH_DEFAULT : Math.max(refreshTime, REFRESH_LEAST)));
    return true;
  }

  dispatch(now: number, send: InformationSink): void {
    if (this.#nextAt > now) return;
    if (this.#timeout === 0) {
      this.#transaction = this.#random() & 0xffffff;
      this.#startedAt = now;
      this.#timeout = FIRST_TIMEOUT * this.#jitter();
    } else {
      // RFC 8415 15: RT = 2*RTprev + RAND*RTprev, at most MRT + RAND*MRT.
      this.#timeout *= 1 + this.#jitter();
      if (this.#timeout > MAX_TIMEOUT) this.#timeout = MAX_TIMEOUT * this.#jitter();
    }
    this.#nextAt = now + this.#timeout;
    send(this.#transaction, now - this.#startedAt);
  }

  #begin(at: number): void {
    this.#timeout = 0;
    this.#nextAt = at;
  }

  #fraction(): number {
    return (this.#random() >>> 0) / 0x100000000;
  }

  /** "RAND … between -0.1 and +0.1", plus one. */
  #jitter(): number {
    return 0.9 + this.#fraction() * 0.2;
  }
}
