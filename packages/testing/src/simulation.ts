import type { NetDevice } from "@soloist/interface";
import { FakeClock, FakeHost } from "./fake-host.ts";
import { FaultPlan, type FaultRates } from "./faults.ts";
import { QueueDevice } from "./queue-device.ts";
import { type SeededRng, seededRng } from "./seeded-rng.ts";

/** A cable between the hosts of a simulation. Times are milliseconds. */
export interface LinkOptions extends FaultRates {
  /** One way. Default 0.05. */
  readonly delay?: number;
  /** Up to so much more, at random: frames may then overtake each other. */
  readonly jitter?: number;
  /** Bytes a second; default: no limit. */
  readonly rate?: number;
  /** Frames that wait for the rate; more are dropped. Default 1000. */
  readonly queue?: number;
}

export interface SimulationOptions extends LinkOptions {
  readonly seed?: number;
  /** Largest payload of a frame. */
  readonly mtu?: number;
  /** Frames that a device holds until they are read. */
  readonly rxQueue?: number;
}

export interface HostOptions {
  /** Command line parameters: name to text. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Puts something between the host and its device, such as a pcap writer. */
  readonly wrap?: (device: NetDevice) => NetDevice;
}

interface Delivery {
  readonly at: number;
  readonly order: number;
  readonly to: QueueDevice;
  readonly frame: Uint8Array;
}

interface Port {
  readonly host: FakeHost;
  readonly device: QueueDevice;
  readonly plan: FaultPlan;
  /** When the cable is free again for what this port sends. */
  freeAt: number;
  next: number;
}

/** How far behind others a reordered frame falls, milliseconds beside the delay. */
const HOLD_BACK = 3;

/** Lets every promise job run. A macrotask: jobs that make jobs are then through, however many. */
function settle(): Promise<void> {
  const { setImmediate } = globalThis as unknown as { setImmediate?: (resume: () => void) => void };
  return new Promise((resolve) => {
    if (setImmediate !== undefined) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/**
 * Hosts on one cable in virtual time. Everything is decided by the seed: the same simulation runs the same way each time,
 * and an hour of it takes as long as its frames do.
 *
 * @example
 * const simulation = new Simulation({ seed: 7, loss: 0.05, delay: 10 });
 * const server = simulation.addHost({ parameters: { ipv4: "10.0.0.1/24" } });
 * …
 * await simulation.run(done, 60_000);
 */
export class Simulation {
  readonly clock: FakeClock = new FakeClock();
  readonly rng: SeededRng;
  /** Sees every frame before anything happens to it; false: it is lost. */
  filter: (frame: Uint8Array, from: number) => boolean = () => true;
  frames = 0;
  #options: SimulationOptions;
  readonly #ports: Port[] = [];
  readonly #deliveries: Delivery[] = [];
  #order = 0;

  constructor(options: SimulationOptions = {}) {
    this.#options = options;
    this.rng = seededRng(options.seed ?? 1);
  }

  get now(): number {
    return this.clock.now;
  }

  /** Changes the cable from now on; faults keep their rates. */
  setLink(link: LinkOptions): void {
    this.#options = { ...this.#options, ...link };
  }

  addHost(options: HostOptions = {}): FakeHost {
    const index = this.#ports.length;
    const device = new QueueDevice({
      mac: new Uint8Array([2, 0, 0, 0, 0, index + 1]),
      ...(this.#options.mtu === undefined ? {} : { mtu: this.#options.mtu }),
      ...(this.#options.rxQueue === undefined ? {} : { rxQueue: this.#options.rxQueue }),
    });
    const host = new FakeHost({
      clock: this.clock,
      rng: seededRng(this.rng.uint32()),
      netDevices: [options.wrap === undefined ? device : options.wrap(device)],
      parameters: options.parameters ?? {},
    });
    const plan = new FaultPlan(this.rng.uint32(), this.#options);
    const port: Port = { host, device, plan, freeAt: 0, next: 0 };
    this.#ports.push(port);
    device.onSend = (frame) => this.#send(index, frame);
    return host;
  }

  /** The device of the host that was added as number `index`. */
  device(index: number): QueueDevice {
    return this.#ports[index]!.device;
  }

  /** Puts a frame on the cable to everybody, without faults. */
  inject(frame: Uint8Array): void {
    for (const port of this.#ports) port.device.deliver(frame);
  }

  /**
   * Runs until `done` settles, and returns its value. Throws when `limit` milliseconds of virtual time pass first, or when
   * nothing will ever happen again.
   */
  async run<T>(done: Promise<T>, limit = 600_000): Promise<T> {
    let settled = false;
    let outcome: (() => T) | undefined;
    done.then(
      (value) => {
        settled = true;
        outcome = () => value;
      },
      (error: unknown) => {
        settled = true;
        outcome = () => {
          throw error;
        };
      },
    );
    const end = this.clock.now + limit;
    for (;;) {
      await settle();
      if (settled) return outcome!();
      if (this.#pollAll()) continue;
      const next = this.#nextTime();
      if (next === Number.POSITIVE_INFINITY) throw new Error(`dead-lock at ${this.clock.now.toFixed(1)} ms`);
      if (next > end) throw new Error(`not done after ${limit} ms of virtual time`);
      if (next > this.clock.now) this.clock.now = next;
      this.#deliver();
    }
  }

  /** Lets `milliseconds` of virtual time pass. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock.now + milliseconds;
    for (;;) {
      await settle();
      if (this.#pollAll()) continue;
      const next = this.#nextTime();
      if (next > end) break;
      if (next > this.clock.now) this.clock.now = next;
      this.#deliver();
    }
    this.clock.now = end;
  }

  /** Polls whoever is due once; true: something ran, and jobs may be pending. */
  #pollAll(): boolean {
    const now = this.clock.now;
    let ran = false;
    for (const port of this.#ports) {
      if (!port.host.woken && port.next > now && port.device.waiting === 0) continue;
      port.host.woken = false;
      port.next = Number.POSITIVE_INFINITY;
      for (const machine of port.host.machines) port.next = Math.min(port.next, machine.poll(now));
      ran = true;
    }
    return ran;
  }

  #nextTime(): number {
    let next = this.#deliveries.length > 0 ? this.#deliveries[0]!.at : Number.POSITIVE_INFINITY;
    for (const port of this.#ports) next = Math.min(next, port.next);
    return next;
  }

  #send(from: number, frame: Uint8Array): void {
    this.frames++;
    if (!this.filter(frame, from)) return;
    const { delay = 0.05, jitter = 0, rate, queue = 1000 } = this.#options;
    const port = this.#ports[from]!;
    const now = this.clock.now;
    if (rate !== undefined) {
      const length = (frame.length / rate) * 1000;
      const start = Math.max(now, port.freeAt);
      if (start - now > queue * length) return;
      port.freeAt = start + length;
    }
    const leaves = rate === undefined ? now : port.freeAt;
    for (const result of port.plan.apply(frame)) {
      for (let index = 0; index < this.#ports.length; index++) {
        if (index === from) continue;
        let at = leaves + delay + (jitter > 0 ? port.plan.rng.fraction() * jitter : 0);
        if (port.plan.holdsBack()) at += HOLD_BACK + delay * port.plan.rng.fraction();
        this.#add({ at, order: this.#order++, to: this.#ports[index]!.device, frame: result });
      }
    }
  }

  #add(delivery: Delivery): void {
    const list = this.#deliveries;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle]!.at <= delivery.at) low = middle + 1;
      else high = middle;
    }
    list.splice(low, 0, delivery);
  }

  #deliver(): void {
    const list = this.#deliveries;
    let count = 0;
    while (count < list.length && list[count]!.at <= this.clock.now) {
      const { to, frame } = list[count]!;
      to.deliver(frame);
      count++;
    }
    if (count > 0) list.splice(0, count);
  }
}
