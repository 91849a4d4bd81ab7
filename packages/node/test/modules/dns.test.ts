import { describe, expect, it } from "vitest";
import promises from "../../src/modules/dns/promises.ts";
import dns from "../../src/modules/dns.ts";
import { simulated } from "../simulated.ts";

const looked = (name: string, ...options: unknown[]) =>
  new Promise<unknown[]>((resolve) => dns.lookup(name, ...options, (...results: unknown[]) => resolve(results)));

describe("dns", () => {
  it("hands addresses through, in the three forms of lookup", async () => {
    const { simulation } = await simulated();
    expect(await simulation.run(looked("10.1.2.3"))).toEqual([null, "10.1.2.3", 4]);
    expect(await simulation.run(looked("::1", { all: true }))).toEqual([null, [{ address: "::1", family: 6 }]]);
    expect(await simulation.run(promises.lookup("localhost", 4))).toEqual({ address: "127.0.0.1", family: 4 });
    expect(dns.getServers()).toEqual(["10.0.0.2"]);
  });

  it("rejects with code, syscall and hostname", async () => {
    const { simulation } = await simulated();
    const [error] = await simulation.run(looked("nowhere.test"));
    expect(error).toMatchObject({
      syscall: "getaddrinfo",
      hostname: "nowhere.test",
      code: expect.stringMatching(/^E/),
    });
    const failed = promises.resolveTxt("nowhere.test").catch((reason: unknown) => reason);
    expect(await simulation.run(failed)).toMatchObject({ syscall: "queryTXT", hostname: "nowhere.test" });
  });
});
