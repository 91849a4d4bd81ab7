import { failureError, InvalidArgumentError, TimedOutError, UnreachableError } from "../errors.ts";
import type { IcmpLayer, Pinger } from "../icmp/layer.ts";
import type { Icmpv6Layer } from "../icmp/layer6.ts";
import { isIpv6 } from "../ipv6/addresses.ts";
import { assertAddress, egressFor, type SocketAddresses } from "./addresses.ts";
import { type Driver, deadline } from "./driver.ts";

export interface PingOptions {
  /** Gives up: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds until `ETIMEDOUT`; default 5,000. */
  readonly timeout?: number;
  /** Bytes of data, 0 to 65,507; default 56. Large ones travel in fragments. */
  readonly size?: number;
}

export interface PingReply {
  readonly address: string;
  /** Round trip, milliseconds with a fraction. */
  readonly rtt: number;
  /** Of the reply when it arrived. */
  readonly ttl: number;
  readonly size: number;
}

/** ICMP echo (RFC 792, RFC 4443 4). */
export interface Icmp {
  /**
   * @example
   * const { rtt } = await icmp.ping("10.0.0.1", { timeout: 1000 });
   * @throws {SoloistError} `ETIMEDOUT`, `EHOSTUNREACH`, `ENETUNREACH`, `EMSGSIZE`
   */
  ping(address: string, options?: PingOptions): Promise<PingReply>;
}

const DEFAULT_TIMEOUT = 5000;
const DEFAULT_SIZE = 56;
const MAX_SIZE = 65_507;

export interface IcmpParts {
  readonly ipv4: IcmpLayer;
  readonly ipv6: Icmpv6Layer;
  readonly addresses: SocketAddresses;
  readonly driver: Driver;
  readonly monotonic: () => number;
  readonly random: () => number;
  /** Something was sent. */
  readonly wake: () => void;
}

export function createIcmp({ ipv4, ipv6, addresses, driver, monotonic, random, wake }: IcmpParts): Icmp {
  return {
    ping(text, { signal, timeout = DEFAULT_TIMEOUT, size = DEFAULT_SIZE } = {}) {
      return new Promise((resolve, reject) => {
        const address = assertAddress(addresses, text);
        const layer = isIpv6(address) ? ipv6 : ipv4;
        const egress = egressFor(addresses, address);
        if (!Number.isInteger(size) || size < 0 || size > MAX_SIZE) {
          throw new InvalidArgumentError(`a ping carries 0 to ${MAX_SIZE} bytes, not ${size}`);
        }
        if (!(timeout >= 0)) throw new InvalidArgumentError(`a timeout is a number of milliseconds, not ${timeout}`);
        if (signal?.aborted) throw signal.reason;
        if (egress.sourceFor(address) === 0 || egress.nextHop(address) === 0) {
          throw new UnreachableError("ENETUNREACH", `no route to ${text}`);
        }
        // Identifier and sequence number, both at random: nobody who does not see the request can answer it.
        const rest = random() | 0;
        const data = new Uint8Array(size);
        for (let index = 0; index < size; index++) data[index] = index;
        const sentAt = monotonic();
        const end = (): void => {
          layer.forget(rest);
          driver.remove(late);
          signal?.removeEventListener("abort", onAbort);
        };
        const onAbort = (): void => {
          end();
          reject(signal!.reason);
        };
        const pinger: Pinger = {
          address,
          onReply(bytes, at, length, ttl) {
            const rtt = monotonic() - sentAt;
            if (length !== size) return;
            for (let index = 0; index < size; index++) if (bytes[at + index] !== (index & 255)) return;
            end();
            resolve({ address: text, rtt, ttl, size });
          },
          onError(failure) {
            end();
            reject(failureError(failure, text));
          },
        };
        const late = deadline(driver, sentAt + timeout, () => {
          end();
          reject(new TimedOutError(`${text} did not answer a ping within ${timeout} ms`));
        });
        signal?.addEventListener("abort", onAbort);
        if (!layer.ping(rest, pinger, data)) {
          end();
          throw new InvalidArgumentError("too many pings are on their way");
        }
        wake();
        driver.wake();
      });
    },
  };
}
