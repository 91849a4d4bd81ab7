import { stack } from "@soloist/net";
import { Simulation } from "@soloist/testing";
import { expect, it } from "vitest";
import { useStack } from "../src/index.ts";
import net from "../src/modules/net.ts";
import { network } from "../src/network.ts";
import { event } from "./simulated.ts";

it("before a stack is open there is ENETDOWN; then the first one is used, unless another was chosen", async () => {
  const [error] = await event(net.connect(7, "10.0.0.2"), "error");
  expect(error).toMatchObject({ code: "ENETDOWN", syscall: "connect" });
  const simulation = new Simulation({ seed: 1 });
  const open = (address: string) =>
    simulation.run(stack().open(simulation.addHost({ parameters: { ipv4: `${address}/24` } })) as Promise<never>);
  const first = await open("10.0.0.1");
  const second = await open("10.0.0.2");
  expect(network()).toBe(first);
  useStack(second);
  expect(network()).toBe(second);
});
