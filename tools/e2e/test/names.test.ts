// DNS and NTP of a booted image against servers that share no code with it.
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ADDRESS, build, client, GUEST, Guest, HOST, Namespace, namespacesMissing, serves } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();
const program = fileURLToPath(new URL("../clients/name-server.ts", import.meta.url));

/** Boots the app with a name server on the host's side of its cable, and returns its console by first words. */
async function names(args: readonly string[], serving = true): Promise<Map<string, string>> {
  const image = build("tools/e2e/apps/names.ts", "spt");
  using net = new Namespace();
  net.tap("tap0", `${HOST}/24`);
  const server = serving
    ? net.spawn(process.execPath, [program, HOST], { stdio: ["ignore", "pipe", "inherit"] })
    : undefined;
  try {
    if (server !== undefined) await once(server.stdout!, "data");
    const nets = { service: "tap0" };
    await using guest = Guest.boot({ target: "spt", image, namespace: net, nets, args: [...ADDRESS, ...args] });
    expect(await guest.code(), guest.output).toBe(0);
    const lines = guest.output.trim().split("\n");
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
  } finally {
    server?.kill();
  }
}

describe.skipIf(missing !== undefined)(`names on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  it("are looked up, through aliases, losses, forgeries and servers that change the case", async () => {
    const asked = "host.test,alias.test,HOST.test,slow.test,lower.test,forged.test,fail.test,missing.test";
    const said = await names([`--dns=${HOST}`, `--names=${asked}`]);
    expect(Object.fromEntries(said)).toMatchObject({
      "host.test": '["192.0.2.1","192.0.2.2"]',
      "alias.test": '["192.0.2.1","192.0.2.2"]',
      "HOST.test": '["192.0.2.1","192.0.2.2"]',
      "slow.test": '["192.0.2.3"]',
      "lower.test": '["192.0.2.4"]',
      "forged.test": '["192.0.2.5"]',
      "fail.test": "ESERVFAIL",
      "missing.test": "ENOTFOUND",
    });
    const counters = JSON.parse(said.get("counters")!);
    expect(counters).toMatchObject({ cacheHits: 1, failures: 1 });
    // One of each is due; a busy machine, where answers come late, causes more.
    expect(counters.retransmissions).toBeGreaterThanOrEqual(1);
    expect(counters.wrongCase).toBeGreaterThanOrEqual(1);
    expect(counters.malformed + counters.mismatched).toBeGreaterThanOrEqual(4);
  });

  it("have records of other types, over TCP when there are many", async () => {
    const said = await names([
      `--dns=${HOST}`,
      "--records=TXT:text.test,CNAME:alias.test,COUNT:many.test,TXT:host.test",
    ]);
    expect(Object.fromEntries(said)).toMatchObject({
      "TXT:text.test": '[["hello"]]',
      "CNAME:alias.test": '["host.test"]',
      "COUNT:many.test": "100",
      "TXT:host.test": "ENODATA",
    });
    expect(JSON.parse(said.get("counters")!)).toMatchObject({ streams: 1 });
  });

  it("are connected to; an address that does not answer costs a quarter of a second", async () => {
    const said = await names([`--dns=10.0.0.98,${HOST}`, "--connect=dead-then-here.test:7", "--dns-search=test"]);
    expect(said.get("dead-then-here.test:7")).toBe(`["${HOST}","hello\\n"]`);
  });

  it("in a search domain are found by their first part; without a server they are not, and that says why", async () => {
    const found = await names([`--dns=${HOST}`, "--dns-search=nowhere.test,test", "--names=host"]);
    expect(found.get("host")).toBe('["192.0.2.1","192.0.2.2"]');
    const lost = await names(["--names=host.test,10.1.2.3"], false);
    expect(lost.get("host.test")).toBe("ENOSERVER");
    expect(lost.get("10.1.2.3")).toBe('["10.1.2.3"]');
  });

  it("of its own are found on the link, by plain resolvers and by members of the group", async () => {
    const publishing = { args: ["--publish=printer"], ready: /published printer\.local/ };
    await using served = await serves("tools/e2e/apps/names.ts", "spt", publishing);
    const found = await client(served.net, "mdns", [HOST, "Printer.local"]);
    expect(found).toEqual({ unicast: GUEST, multicast: GUEST });
  });

  it("of a time server set the clock by it", async () => {
    const said = await names([`--dns=${HOST}`, "--time=here.test"]);
    expect(Math.abs(Number(said.get("here.test")) - 3_600_000)).toBeLessThan(60_000);
    expect(Math.abs(Number(said.get("clock")) - 3_600_000)).toBeLessThan(60_000);
  });

  it("of a time server set Date by it, and leave the monotonic clock alone", async () => {
    const said = await names([`--dns=${HOST}`, "--time=here.test"]);
    expect(Math.abs(Number(said.get("date")) - 3_600_000)).toBeLessThan(60_000);
    expect(Number(said.get("apart"))).toBeLessThan(60_000);
    expect(Number(said.get("monotonic"))).toBeLessThan(600_000);
  });
});
