import { vi } from "vitest";

type Runtime = typeof import("../src/index.ts");
type FakePlatform = typeof import("./fake-platform.ts");

/** A machine whose kernel is this file: it runs jobs, calls turn(), and lets time jump to the next deadline. */
export interface Machine {
  readonly runtime: Runtime;
  readonly timers: typeof import("../src/globals/timers.ts");
  readonly abort: typeof import("../src/globals/abort.ts");
  readonly platform: FakePlatform;
  readonly fake: FakePlatform["fake"];
  /** Boots and goes on until the machine exits, nothing is left to wait for, or `milliseconds` of its time have passed. */
  boot(milliseconds?: number): Promise<void>;
  /** Goes on for a while longer. */
  run(milliseconds?: number): Promise<void>;
}

/** A machine with fresh modules; `declare` plays the app's main module. */
export async function createMachine(declare: (runtime: Runtime, platform: FakePlatform) => void): Promise<Machine> {
  vi.resetModules();
  const platform = await import("./fake-platform.ts");
  platform.resetFake();
  const { fake } = platform;
  const { boot } = await import("../src/boot.ts");
  const runtime = await import("../src/index.ts");
  const timers = await import("../src/globals/timers.ts");
  const abort = await import("../src/globals/abort.ts");
  boot({
    createRng: ({ sources }) => {
      const seed = new Uint8Array(1);
      if (sources[0]!.fill(seed) === 0) throw new Error("no usable source of entropy");
      let next = 0;
      return {
        fill: (into) => {
          for (let index = 0; index < into.length; index++) into[index] = next++;
          return into;
        },
        uint32: () => next++,
        addEvent: () => {
          events.count++;
        },
      };
    },
  });
  declare(runtime, platform);

  async function run(milliseconds = 60_000): Promise<void> {
    const end = fake.time + milliseconds;
    while (fake.exitCode === undefined) {
      await jobs();
      if (fake.exitCode !== undefined) return;
      const next = fake.handlers!.turn();
      await jobs();
      if (next <= fake.time) continue;
      // Jobs may have made work since: a second look before time passes, as the kernel takes one.
      const again = fake.handlers!.turn();
      await jobs();
      if (again <= fake.time) continue;
      if (again === Infinity || again > end) return;
      fake.time = again;
    }
  }

  return {
    runtime,
    timers,
    abort,
    platform,
    fake,
    run,
    async boot(milliseconds) {
      try {
        fake.handlers!.boot();
      } catch (error) {
        fake.handlers!.uncaught(error);
        platform.exit(1);
      }
      await run(milliseconds);
    },
  };
}

/** Runs `main` on a machine of its own and gives what it returned; throws what left it. */
export async function inMain<T>(main: (runtime: Runtime, machine: Machine) => T | Promise<T>): Promise<T> {
  let outcome: { value: T } | { error: unknown } | undefined;
  const machine = await createMachine(({ run }) => {
    run([], async () => {
      try {
        outcome = { value: await main(machine.runtime, machine) };
      } catch (error) {
        outcome = { error };
      }
    });
  });
  await machine.boot();
  if (outcome === undefined) throw new Error("main did not end: everything waits for something that never comes");
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

/** How often hooks of external events fed the generator. */
export const events = { count: 0 };

/** All promise reactions run. */
export function jobs(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
