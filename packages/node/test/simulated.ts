import { stack } from "@soloist/net";
import { Simulation } from "@soloist/testing";
import { useStack } from "../src/index.ts";

/** Two hosts on one cable: `net` and its kin are those of the first. */
export async function simulated() {
  const simulation = new Simulation({ seed: 1 });
  const own = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", dns: "10.0.0.2" } }));
  const peer = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24" } }));
  useStack(own);
  return { simulation, own, peer };
}

/** The next event of this name, with its arguments. */
export function event(emitter: { once(name: string, listener: (...args: never[]) => void): unknown }, name: string) {
  return new Promise<unknown[]>((resolve) => {
    emitter.once(name, (...args: unknown[]) => resolve(args));
  });
}
