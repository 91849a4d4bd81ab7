import {
  type BlockDevice,
  type ByteHelpers,
  type Clock,
  type Host,
  type LogFields,
  type Logger,
  type NetDevice,
  type Parameter,
  type Pollable,
  type Rng,
  SoloistError,
  type Wakeup,
} from "@soloist/interface";
import { byteHelpers } from "./byte-helpers.ts";
import { seededRng } from "./seeded-rng.ts";

export interface FakeHostOptions {
  readonly clock?: Clock;
  readonly rng?: Rng;
  readonly bytes?: ByteHelpers;
  readonly netDevices?: readonly NetDevice[];
  readonly blockDevices?: readonly BlockDevice[];
  /** The command line: name to text. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Of all loggers: 0 debug to 4 nothing; default: 1. */
  readonly logLevel?: number;
}

/** A clock that stands until it is set. */
export class FakeClock implements Clock {
  now = 0;
  /** Wall time at monotonic 0: 2026-01-01. */
  epoch = 1_767_225_600_000;

  monotonic(): number {
    return this.now;
  }

  wall(): number {
    return this.epoch + this.now;
  }
}

/** A host for tests: devices by name, parameters by text, and whoever wants to be driven is in `machines`. */
export class FakeHost implements Host {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly bytes: ByteHelpers;
  readonly machines: Pollable[] = [];
  readonly logged: { source: string; level: string; message: string; fields?: LogFields }[] = [];
  readonly cleanups: (() => void | Promise<void>)[] = [];
  /** Set by `wake()`; whoever drives the machines resets it. */
  woken = false;
  readonly #options: FakeHostOptions;
  readonly #taken = new Set<string>();

  constructor(options: FakeHostOptions = {}) {
    this.#options = options;
    this.clock = options.clock ?? new FakeClock();
    this.rng = options.rng ?? seededRng(1);
    this.bytes = options.bytes ?? byteHelpers;
  }

  /** Keeps what is logged in `logged`. */
  log(source: string): Logger {
    const at = (level: string) => (message: string, fields?: LogFields) =>
      void this.logged.push({ source, level, message, ...(fields === undefined ? {} : { fields }) });
    return {
      level: this.#options.logLevel ?? 1,
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
    };
  }

  netDevice(name: string): NetDevice {
    return this.#take(name, this.#options.netDevices);
  }

  blockDevice(name: string): BlockDevice {
    return this.#take(name, this.#options.blockDevices);
  }

  parameter<T>(parameter: Parameter<T>): T | undefined {
    const text = this.#options.parameters?.[parameter.name];
    return text === undefined ? parameter.default : parameter.parse(text);
  }

  drive(machine: Pollable): Wakeup {
    this.machines.push(machine);
    return {
      wake: () => {
        this.woken = true;
      },
    };
  }

  onShutdown(cleanup: () => void | Promise<void>): void {
    this.cleanups.push(cleanup);
  }

  #take<Found extends { readonly name: string }>(name: string, devices: readonly Found[] = []): Found {
    const device = devices.find((candidate) => candidate.name === name);
    if (device === undefined) throw new SoloistError("ENODEV", `no device "${name}"`);
    if (this.#taken.has(name)) throw new SoloistError("EBUSY", `device "${name}" was taken already`);
    this.#taken.add(name);
    return device;
  }
}
