import type { Clock, SoloistError } from "@soloist/interface";
import { ConnectionRefusedError, InvalidArgumentError, TimedOutError } from "../errors.ts";
import type { AddressTable } from "../ipv6/addresses.ts";
import { MAX_SAMPLES, NtpClient } from "../ntp/client.ts";
import { DisciplinedClock, STEP_THRESHOLD } from "../ntp/clock.ts";
import type { UdpLayer } from "../udp/layer.ts";
import { emitNtpRequest, HEADER_LENGTH, PORT, parseNtp } from "../wire/ntp.ts";
import { assertTimeout, type Dns } from "./dns.ts";
import { type Driven, type Driver, deadline } from "./driver.ts";

export interface SyncOptions {
  /** A name or an address. */
  readonly server: string;
  /** Good answers to wait for, two seconds apart; the one with the least delay counts. 1 (the default) to 8. */
  readonly samples?: number;
  readonly signal?: AbortSignal;
  /** Milliseconds for everything; default: until four questions in a row were not answered, 15 s. */
  readonly timeout?: number;
}

/** Milliseconds between two questions: 2^6 and 2^10 s (RFC 5905 7.2: MINPOLL and a MAXPOLL that ntpd has by default). */
export const MIN_POLL = 64_000;
export const MAX_POLL = 1_024_000;
/** Of each time: the one with the least delay counts. */
const KEEP_SAMPLES = 4;

export interface KeepOptions {
  /** A name, looked up each time, or an address. */
  readonly server: string;
  readonly signal?: AbortSignal;
}

/**
 * Network time (RFC 5905, client mode).
 *
 * @example
 * await ntp.sync({ server: "pool.ntp.org" });
 * const now = new Date();
 */
export interface Ntp {
  /**
   * Asks a server and adjusts `clock`. Resolves to what was added to it, milliseconds: at once when more than 128, else slowly,
   * half a millisecond each second.
   * @throws {TimedOutError} `ETIMEDOUT`
   * @throws {ConnectionRefusedError} `ECONNREFUSED`: the server told us to stay away
   * @throws {SoloistError} as `dns.lookup`
   */
  sync(options: SyncOptions): Promise<number>;
  /**
   * Keeps the clock right from now on: asks every 64 seconds at first, up to every 17 minutes while there is little to correct
   * (RFC 5905 13.1). Questions that fail are asked again at the next time. Never resolves.
   * @throws what `signal` says
   * @throws {ConnectionRefusedError} `ECONNREFUSED`: the server told us to stay away
   * @example
   * spawn(() => ntp.keep({ server: "pool.ntp.org" }));
   */
  keep(options: KeepOptions): Promise<never>;
  /** The machine's clocks with the corrections that `sync` found. In an image `Date` has them, too; on Node.js it is the host's. */
  readonly clock: Clock;
}

export interface NtpParts {
  readonly udp: UdpLayer;
  readonly dns: Dns;
  readonly driver: Driver;
  /** The host's. */
  readonly clock: Clock;
  readonly random: () => number;
  readonly table: AddressTable;
}

export function createNtp(parts: NtpParts): Ntp {
  const { udp, dns, driver, random, table } = parts;
  const clock = new DisciplinedClock(parts.clock);

  function measure(
    server: number,
    name: string,
    samples: number,
    until: number,
    signal?: AbortSignal,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const client = new NtpClient({ server, samples, random, wall: (at) => clock.wallAt(at), now: clock.monotonic() });
      const request = new Uint8Array(HEADER_LENGTH);
      const port = udp.bind(0, (bytes, at, length, address, sourcePort) => {
        const fields = parseNtp(bytes, at, length);
        if (fields !== undefined) client.process(fields, address, sourcePort, clock.monotonic());
        settle();
        driver.wake();
        return true;
      });
      table.retain(server);
      const end = (): void => {
        table.release(server);
        udp.unbind(port);
        driver.remove(machine);
        driver.remove(late);
        signal?.removeEventListener("abort", onAbort);
      };
      const fail = (error: unknown): void => {
        end();
        reject(error);
      };
      const onAbort = (): void => fail(signal!.reason);
      const settle = (): void => {
        if (!client.done) return;
        if (client.failure !== undefined) {
          fail(failureOf(client.failure, name));
          return;
        }
        end();
        const { offset } = client.best!;
        clock.adjust(offset, clock.monotonic());
        resolve(offset);
      };
      const machine: Driven = {
        pollAt: () => client.pollAt(),
        dispatch(now) {
          try {
            client.dispatch(now, (high, low) => {
              emitNtpRequest(request, 0, high, low);
              udp.send(port, server, PORT, request, 0, HEADER_LENGTH);
              // An ARP request may be due.
              driver.wake();
            });
            settle();
          } catch (error) {
            fail(error);
          }
        },
      };
      const late = deadline(driver, until, () => fail(failureOf("ETIMEDOUT", name)));
      signal?.addEventListener("abort", onAbort);
      driver.add(machine);
    });
  }

  function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        driver.remove(timer);
        reject(signal!.reason);
      };
      const timer = deadline(driver, clock.monotonic() + milliseconds, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort);
    });
  }

  const ntp: Ntp = {
    async keep({ server, signal }) {
      const options = { server, samples: KEEP_SAMPLES, ...(signal === undefined ? {} : { signal }) };
      for (let interval = MIN_POLL; ; ) {
        try {
          const offset = await ntp.sync(options);
          interval = Math.abs(offset) > STEP_THRESHOLD ? MIN_POLL : Math.min(2 * interval, MAX_POLL);
        } catch (error) {
          if (error instanceof ConnectionRefusedError || error instanceof InvalidArgumentError) throw error;
        }
        signal?.throwIfAborted();
        await pause(interval, signal);
      }
    },
    async sync({ server, samples = 1, signal, timeout }) {
      if (!Number.isInteger(samples) || samples < 1 || samples > MAX_SAMPLES) {
        throw new InvalidArgumentError(`samples are 1 to ${MAX_SAMPLES}, not ${samples}`);
      }
      assertTimeout(timeout);
      const until = timeout === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() + timeout;
      const limits = { ...(signal === undefined ? {} : { signal }), ...(timeout === undefined ? {} : { timeout }) };
      const [first] = await dns.lookup(server, limits);
      signal?.throwIfAborted();
      const name = server === first!.address ? server : `${server} (${first!.address})`;
      return measure(table.parse(first!.address)!, name, samples, until, signal);
    },
    clock,
  };
  return ntp;
}

function failureOf(code: "ETIMEDOUT" | "ECONNREFUSED", server: string): SoloistError {
  return code === "ETIMEDOUT"
    ? new TimedOutError(`the time server ${server} did not answer in time`)
    : new ConnectionRefusedError(`the time server ${server} refused to answer`);
}
