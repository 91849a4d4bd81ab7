import { type FakeHost, Simulation, type SimulationOptions } from "@soloist/testing";
import { type Stack, type StackOptions, stack } from "../../src/index.ts";

export const ADDRESS_A = "2001:db8::1";
export const ADDRESS_B = "2001:db8::2";

/** One host of each simulation, whose clock `sleep` uses. */
const hosts = new WeakMap<Simulation, FakeHost>();

export function open(
  simulation: Simulation,
  parameters: Record<string, string>,
  options: StackOptions = {},
): Promise<Stack> {
  const host = simulation.addHost({ parameters });
  hosts.set(simulation, host);
  return stack(options).open(host) as Promise<Stack>;
}

/** Lets virtual time pass. */
export function sleep(simulation: Simulation, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const until = simulation.now + milliseconds;
    let done = false;
    const machine = {
      poll(now: number) {
        if (now < until) return until;
        if (!done) resolve();
        done = true;
        return Number.POSITIVE_INFINITY;
      },
    };
    hosts.get(simulation)!.drive(machine).wake();
  });
}

/** Two stacks whose IPv6 addresses are in use, and no IPv4. */
export async function twoStacks(simulation: Simulation): Promise<[Stack, Stack]> {
  return Promise.all([
    open(simulation, { ipv4: "off", ipv6: `${ADDRESS_A}/64` }),
    open(simulation, { ipv4: "off", ipv6: `${ADDRESS_B}/64` }),
  ]);
}

export async function simulated<T>(
  options: SimulationOptions,
  use: (a: Stack, b: Stack, simulation: Simulation) => Promise<T>,
  limit?: number,
): Promise<T> {
  const simulation = new Simulation(options);
  return simulation.run(
    twoStacks(simulation).then(([a, b]) => use(a, b, simulation)),
    limit,
  );
}
