import { type Candidate, type Family, HappyEyeballs } from "../dns/happy-eyeballs.ts";
import { ConnectionAbortedError, TimedOutError } from "../errors.ts";
import { parseAddress } from "../wire/ipv4-address.ts";
import { assertTimeout, type Dns } from "./dns.ts";
import { type Driven, type Driver, deadline } from "./driver.ts";
import { assertPort, type ConnectOptions, type Tcp } from "./tcp.ts";
import type { TcpFlowApi } from "./tcp-flow.ts";

/** What a connection is opened to by name. */
export interface ConnectByNameOptions extends Omit<ConnectOptions, "address"> {
  /** A name, or an address. */
  readonly host: string;
}

/** TCP connections, by address and by name. */
export interface NamedTcp extends Tcp {
  /**
   * With `host`, the addresses of the name are tried one after the other, 250 ms apart, and the first that answers is taken
   * (RFC 8305): IPv6's and IPv4's in turns, where the stack has addresses of both. `timeout` is for all of it.
   * @throws {SoloistError} `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH`, `ENETUNREACH`: of the last address that failed
   * @throws {NameNotFoundError} `ENOTFOUND`, `EBADNAME`
   * @throws {NameTimedOutError} `ETIMEOUT`
   * @throws {NameServerError} `ESERVFAIL`…
   */
  connect(options: ConnectOptions | ConnectByNameOptions): Promise<TcpFlowApi>;
}

/** What a connection by name needs. */
export interface NamesParts {
  readonly tcp: Tcp;
  readonly dns: Dns;
  readonly driver: Driver;
  readonly monotonic: () => number;
  /** Families that the stack can connect to now, the preferred one first. */
  readonly families: () => readonly Family[];
}

export function withNames(parts: NamesParts): NamedTcp {
  const { tcp } = parts;
  return {
    bytes: tcp.bytes,
    listen: (options) => tcp.listen(options),
    connect: (options) =>
      "host" in options && options.host !== undefined
        ? connectByName(parts, options)
        : tcp.connect(options as ConnectOptions),
  };
}

function connectByName(
  { tcp, dns, driver, monotonic, families }: NamesParts,
  options: ConnectByNameOptions,
): Promise<TcpFlowApi> {
  return new Promise((resolve, reject) => {
    const { host, signal, timeout, ...rest } = options;
    assertPort(options.port, 1);
    assertTimeout(timeout);
    if (signal?.aborted) throw signal.reason;
    const wanted: readonly Family[] = isAddress(options.host) ? [options.host.includes(":") ? 6 : 4] : families();
    const eyeballs = new HappyEyeballs(wanted);
    const controller = new AbortController();
    const all = controller.signal;
    const attempts = new Map<Candidate, AbortController>();
    let failure: unknown;
    let settled = false;

    const settle = (): void => {
      settled = true;
      driver.remove(race);
      driver.remove(late);
      signal?.removeEventListener("abort", onAbort);
      for (const attempt of attempts.values()) attempt.abort();
      attempts.clear();
      controller.abort();
    };
    const fail = (reason: unknown): void => {
      if (settled) return;
      settle();
      reject(reason);
    };
    const onAbort = (): void => fail(signal!.reason);
    const next = (): void => {
      if (eyeballs.exhausted) fail(failure ?? new ConnectionAbortedError(`${host} has no address to connect to`));
      driver.wake();
    };
    const attempt = async (candidate: Candidate): Promise<void> => {
      const own = new AbortController();
      attempts.set(candidate, own);
      try {
        const flow = await tcp.connect({ ...rest, address: candidate.address, signal: own.signal });
        attempts.delete(candidate);
        // Two at the same moment: one is too many.
        if (settled) return flow.abort();
        settle();
        resolve(flow);
      } catch (error) {
        if (settled) return;
        attempts.delete(candidate);
        failure = error;
        eyeballs.failed(monotonic());
        next();
      }
    };
    const race: Driven = {
      pollAt: () => eyeballs.pollAt(),
      dispatch(now) {
        for (let candidate = eyeballs.dispatch(now); candidate; candidate = eyeballs.dispatch(now)) {
          void attempt(candidate);
        }
      },
    };
    const look = async (family: Family): Promise<void> => {
      let found: readonly string[] = [];
      try {
        found = (await dns.lookup(host, { family, signal: all })).map(({ address }) => address);
      } catch (error) {
        failure ??= error;
      }
      if (settled) return;
      eyeballs.resolved(family, found, monotonic());
      next();
    };
    const late = deadline(driver, timeout === undefined ? Number.POSITIVE_INFINITY : monotonic() + timeout, () =>
      fail(new TimedOutError(`${host}:${options.port} did not answer in time`)),
    );
    signal?.addEventListener("abort", onAbort);
    driver.add(race);
    for (const family of wanted) void look(family);
  });
}

/** An address in place of a name. */
function isAddress(host: string): boolean {
  return host.includes(":") || parseAddress(host) !== undefined;
}
