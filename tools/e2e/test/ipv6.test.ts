// IPv6 of an image against that of Linux, and a router and name server that share no code with it (dnsmasq).
import { spawnSync } from "node:child_process";
import { build, client, curl, Guest, HOST, Namespace, namespacesMissing, runIn, targets } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const missing =
  namespacesMissing() ?? (spawnSync("dnsmasq", ["--version"]).error === undefined ? undefined : "dnsmasq is missing");
const APP = "tools/e2e/apps/ipv6.ts";
const ROUTER = "2001:db8::1";
const IPV4 = "10.0.0.2";

interface Answer {
  readonly length: number;
  readonly same: boolean;
  readonly text: string;
}

interface Info {
  readonly addresses: readonly string[];
  readonly tentative: readonly string[];
  readonly gateway?: string;
  readonly dns: readonly string[];
  readonly domains: readonly string[];
}

/** A namespace whose tap speaks both families. */
async function network(): Promise<Namespace> {
  const net = new Namespace();
  net.tap("tap0", `${HOST}/24`);
  const keys = ["net.ipv6.conf.tap0.disable_ipv6=0", "net.ipv6.conf.tap0.router_solicitations=0"];
  const { code, stderr } = await runIn(net, "sysctl", ["-qw", ...keys]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  net.ip("-6", "addr", "add", `${ROUTER}/64`, "dev", "tap0", "nodad");
  return net;
}

/** Advertises the prefix and itself, answers DHCPv6 and names. Ends with the namespace's processes, or when killed. */
function router(net: Namespace) {
  return net.spawn(
    "dnsmasq",
    [
      "--no-daemon",
      "--conf-file=/dev/null",
      "--user=root",
      "--pid-file=",
      "--leasefile-ro",
      "--interface=tap0",
      "--except-interface=lo",
      "--bind-interfaces",
      "--enable-ra",
      "--dhcp-range=2001:db8::,ra-stateless,64",
      `--dhcp-option=option6:dns-server,[${ROUTER}]`,
      "--dhcp-option=option6:domain-search,lan.example",
      "--no-resolv",
      "--no-hosts",
      "--local=/example/",
      `--host-record=six.example,${ROUTER}`,
      `--host-record=both.example,${HOST},${ROUTER}`,
    ],
    { stdio: "ignore" },
  );
}

const say = async (net: Namespace, to: string, text: string) =>
  (await client<Answer>(net, "datagram", [to, 7], text)).text;

/** Asks over IPv4 until the guest's IPv6 is as wanted. */
async function info(net: Namespace, wanted: (info: Info) => boolean): Promise<Info> {
  for (let tries = 0; ; tries++) {
    const text = await say(net, IPV4, "info");
    const found = JSON.parse(text) as Info;
    if (wanted(found)) return found;
    if (tries === 400) throw new Error(`not as wanted after a long time: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const hasWide = ({ addresses }: Info) => addresses.some((each) => each.startsWith("2001:db8:"));

describe.skipIf(missing !== undefined).each(targets)(
  `IPv6 on %s${missing ? ` (skipped: ${missing})` : ""}`,
  (target) => {
    const boot = (net: Namespace, args: readonly string[], app = APP) =>
      Guest.boot({ target, image: build(app, target), namespace: net, nets: { service: "tap0" }, args });

    it("an address from a router's prefix: pings of any size, datagrams, connections, neighbours, names", async () => {
      using net = await network();
      const dnsmasq = router(net);
      try {
        await using guest = boot(net, [`--ipv4=${IPV4}/24`]);
        await guest.says(/listening/);
        const found = await info(net, (each) => hasWide(each) && each.domains.length > 0);
        expect(found.dns).toEqual([ROUTER]);
        expect(found.domains).toEqual(["lan.example"]);
        expect(found.gateway).toMatch(/^fe80::/);
        const own = found.addresses.find((each) => each.startsWith("2001"))!.split("/")[0]!;
        for (const size of [56, 4000, 60_000]) {
          const args = ["-6", "-c", "3", "-i", "0.2", "-W", "60", "-s", `${size}`, own];
          expect((await runIn(net, "ping", args)).stdout).toMatch(/ 3 received, 0% packet loss/);
        }
        expect(net.ip("-6", "neigh", "show", own)).toMatch(/lladdr [0-9a-f:]{17} .*(REACHABLE|STALE|DELAY|PROBE)/);
        expect(await client<Answer>(net, "datagram", [own, 7, 20_000])).toMatchObject({ length: 20_000, same: true });
        expect(await client(net, "echo", [own, 7, 500_000])).toMatchObject({ received: 500_000, wrong: -1 });
        expect(await say(net, own, `ping ${ROUTER} 56`)).toMatch(/^pong [0-9.e-]+$/);
        expect(await say(net, own, `ping ${ROUTER} 8000`)).toMatch(/^pong [0-9.e-]+$/);
        expect(await say(net, own, "ping ::1 100")).toMatch(/^pong [0-9.e-]+$/);
        expect(await say(net, own, "lookup both.example")).toBe(`${ROUTER} ${HOST}`);
        expect(await say(net, own, "lookup six.example")).toBe(ROUTER);
        expect(await say(net, own, "connect six.example 9")).toBe("failed ECONNREFUSED");
      } finally {
        dnsmasq.kill();
      }
    });

    it("duplicate addresses: neither takes what the other has", async () => {
      using net = await network();
      net.ip("-6", "addr", "add", "2001:db8::7/64", "dev", "tap0", "nodad");
      await using guest = boot(net, [`--ipv4=${IPV4}/24`, "--ipv6=2001:db8::7/64,2001:db8::8/64"]);
      await guest.says(/listening/);
      const { addresses, tentative } = await info(net, (each) => hasWide(each) && each.tentative.length === 0);
      expect(tentative).toEqual([]);
      expect(addresses.filter((each) => each.startsWith("2001"))).toEqual(["2001:db8::8/64"]);
      net.ip("-6", "addr", "add", "2001:db8::8/64", "dev", "tap0");
      for (let tries = 0; tries < 400; tries++) {
        if (net.ip("-6", "addr", "show", "dev", "tap0").includes("dadfailed")) break;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      expect(net.ip("-6", "addr", "show", "dev", "tap0")).toMatch(/2001:db8::8\/64 .*dadfailed/);
    });

    it("a web server over IPv6 alone; nothing of it with --ipv6=off", async () => {
      using net = await network();
      await using guest = boot(net, ["--ipv4=off", "--ipv6=2001:db8::2/64"], "apps/web-server");
      await guest.says(/listening/i);
      expect(await curl(net, ["http://[2001:db8::2]/hello/six"])).toContain("six");
      guest.kill("SIGTERM");
      await guest.ended;
      await using other = boot(net, [`--ipv4=${IPV4}/24`, "--ipv6=off"], "apps/web-server");
      await other.says(/listening/i);
      expect(await curl(net, [`http://${IPV4}/hello/four`])).toContain("four");
      expect((await runIn(net, "ping", ["-6", "-c", "1", "-W", "1", "ff02::1%tap0"])).stdout).not.toMatch(/DUP/);
    });
  },
);
