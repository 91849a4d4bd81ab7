import { execFile } from "node:child_process";
import { clearTimeout, setTimeout } from "node:timers";
import { type Icmp, InvalidArgumentError, TimedOutError, UnreachableError } from "@soloist/net";
import { wake } from "../machine.ts";
import { assertAddress } from "./errors.ts";

const DEFAULT_TIMEOUT_MS = 5000;
const DEFAULT_SIZE = 56;
const MAX_SIZE = 65_507;

/** Ping by the host's `ping` command: Node.js has no sockets for ICMP. */
export function createHostIcmp(): Icmp {
  return {
    ping(address, options = {}) {
      const { timeout = DEFAULT_TIMEOUT_MS, size = DEFAULT_SIZE, signal } = options;
      return new Promise((resolve, reject) => {
        assertAddress(address);
        if (!Number.isInteger(size) || size < 0 || size > MAX_SIZE) {
          throw new InvalidArgumentError(`a ping has 0 to ${MAX_SIZE} bytes, not ${size}`);
        }
        signal?.throwIfAborted();
        const seconds = String(Math.max(1, Math.ceil(timeout / 1000)));
        const child = execFile(
          "ping",
          ["-n", "-c", "1", "-W", seconds, "-s", String(size), address],
          (error, output) => {
            clearTimeout(timer);
            signal?.removeEventListener("abort", onAbort);
            wake();
            const found = /ttl=(\d+)(?: time=([\d.]+))?/.exec(output);
            if (found) resolve({ address, ttl: Number(found[1]), rtt: Number(found[2] ?? 0), size });
            else if ((error as NodeJS.ErrnoException | null)?.code === "ENOENT") {
              reject(new UnreachableError("ENETUNREACH", "this host has no ping command"));
            } else if (/unreachable/i.test(output)) {
              reject(new UnreachableError("EHOSTUNREACH", `${address} cannot be reached`));
            } else reject(new TimedOutError(`${address} did not answer in time`));
          },
        );
        const timer = setTimeout(() => child.kill(), timeout);
        const onAbort = (): void => {
          child.kill();
          reject(signal!.reason);
        };
        signal?.addEventListener("abort", onAbort);
      });
    },
  };
}
