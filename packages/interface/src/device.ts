import type { BlockDevice } from "./block-device.ts";
import type { ByteHelpers } from "./byte-helpers.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "./log.ts";
import type { NetDevice } from "./net-device.ts";
import type { Parameter } from "./parameter.ts";
import type { Rng } from "./rng.ts";

/** A piece of virtual hardware that an image declares; the host attaches it by name. */
export interface ManifestEntry {
  /** 1 to 67 letters and digits. */
  readonly name: string;
  readonly type: "net" | "block";
  /** The app does without it when nobody attaches one: `soloist run` then puts a stand-in of one block there. */
  readonly optional?: boolean;
  /**
   * Of a network device: it is opened with `offloads` (`Host.netDevice`). Hosts that have to know before the image starts, as
   * soloist-spt, then give it what they have.
   */
  readonly offloads?: boolean;
}

/**
 * Something that `run` opens before it calls main: virtual hardware, a value of the command line, or anything built from
 * these, such as a network stack.
 */
export interface Device<T> {
  /** Hardware that it needs; collected at build time into the image's manifest. */
  readonly manifest: readonly ManifestEntry[];
  /** Keys of the command line that it reads; collected at build time for `--help`. */
  readonly parameters: readonly Parameter[];
  open(host: Host): T | Promise<T>;
}

/** The values that a tuple of devices opens to. */
export type Opened<Devices extends readonly Device<unknown>[]> = {
  -readonly [Index in keyof Devices]: Devices[Index] extends Device<infer T> ? T : never;
};

/** A machine that the one loop drives. It must neither block nor throw. */
export interface Pollable {
  /**
   * Does all the work that is due at `now` (milliseconds, monotonic) and returns when it next needs to run: a time on the
   * same clock, or Infinity when only a device or a `wake()` gives it work.
   */
  poll(now: number): number;
}

/** Asks for the machine's `poll` to run again before the loop waits. Cheap; may be called any number of times. */
export interface Wakeup {
  wake(): void;
}

/** What a device is opened with. */
export interface Host {
  readonly clock: Clock;
  readonly rng: Rng;
  /** For hot paths: packages other than runtime never import the native module. */
  readonly bytes: ByteHelpers;
  /** The logger of a source, such as `net.tcp`. */
  log(source: string): Logger;
  /**
   * A device of the manifest; each name may be taken once (`EBUSY`), and must have been declared (`ENODEV`). `offloads`: with what
   * it can do for the caller, who then has to reckon with large frames and unfinished checksums.
   */
  netDevice(name: string, options?: { readonly offloads?: boolean }): NetDevice;
  blockDevice(name: string): BlockDevice;
  /** Value of a parameter that the device declared. */
  parameter<T>(parameter: Parameter<T>): T | undefined;
  /** Puts a machine into the loop, until shutdown. */
  drive(machine: Pollable): Wakeup;
  /** Runs when main has ended, last registered first. */
  onShutdown(cleanup: () => void | Promise<void>): void;
}
