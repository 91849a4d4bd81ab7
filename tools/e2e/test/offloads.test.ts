// What QEMU's network device, or the tender's, does for an image on a tap: checksums, segments cut and joined. All, parts, none.
import { execFileSync, spawnSync } from "node:child_process";
import {
  ADDRESS,
  build,
  client,
  GUEST,
  Guest,
  HOST,
  Namespace,
  namespacesMissing,
  output,
  type PeerStatus,
  peerStatus,
  type Target,
  targets,
} from "@soloist/tool-e2e";
import { connect } from "@soloist/tool-wire";
import { describe, expect, it } from "vitest";

const missing =
  namespacesMissing() ?? (spawnSync("tcpdump", ["--version"]).error === undefined ? undefined : "there is no tcpdump");
const APP = "tools/e2e/apps/peer.ts";
const MEGABYTE = 1_000_000;
const MSS = 1460;
const IPV6 = ["2001:db8::1", "2001:db8::2"] as const;
const NONE =
  "csum=off,guest_csum=off,gso=off,mrg_rxbuf=off,guest_tso4=off,guest_tso6=off,host_tso4=off,host_tso6=off,event_idx=off";

interface Echoed {
  readonly received: number;
  readonly wrong: number;
}

/** Echoes `bytes` on a tap, and returns what the guest counted. */
async function echoed(
  target: Target,
  offloads: boolean | string,
  bytes: number,
  ipv6 = false,
): Promise<PeerStatus["tcp"]> {
  using net = new Namespace();
  net.tap("tap0", `${HOST}/24`);
  if (ipv6) net.allowIpv6("tap0", `${IPV6[0]}/64`);
  const args = ipv6 ? ["--ipv4=off", `--ipv6=${IPV6[1]}/64`] : [...ADDRESS, "--ipv6=off"];
  const image = build(APP, target);
  const nets = { service: "tap0" };
  await using guest = Guest.boot({ target, image, namespace: net, nets, args, offloads });
  await guest.says(/listening/);
  const address = ipv6 ? IPV6[1] : GUEST;
  const result = await client<Echoed>(net, "echo", [address, 7, bytes]);
  expect(result).toMatchObject({ received: bytes, wrong: -1 });
  const { tcp, dropped } = await peerStatus(net, address);
  expect(dropped).toMatchObject({ tcpChecksum: 0, tcpMalformed: 0, ipv4Checksum: 0, ipv4Malformed: 0 });
  return tcp;
}

const suffix = missing ? ` (skipped: ${missing})` : "";

describe.skipIf(missing !== undefined)(`offloads${suffix}`, () => {
  it.each<[string, Target, boolean | string, boolean]>([
    ["spt, IPv4", "spt", true, false],
    ["spt, IPv6", "spt", true, true],
    ["all, IPv4", "virtio", true, false],
    ["all, IPv6", "virtio", true, true],
    ["all of a modern device", "virtio", "disable-legacy=on,disable-modern=off", false],
    ["all of a legacy device", "virtio", "disable-modern=on", false],
  ])("%s: many segments at a time, both ways", async (_name, target, offloads, ipv6) => {
    const tcp = await echoed(target, offloads, 5 * MEGABYTE, ipv6);
    expect(tcp.sent).toBeLessThan((5 * MEGABYTE) / MSS);
    expect(tcp.received).toBeLessThan((5 * MEGABYTE) / MSS);
  });

  it.each<[string, string, boolean]>([
    ["none", NONE, false],
    ["none, IPv6", NONE, true],
    ["no checksums, with all that needs them", "csum=off", false],
    ["no segments cut", "host_tso4=off,host_tso6=off", false],
  ])("%s: a segment at a time is sent", async (_name, offloads, ipv6) => {
    const tcp = await echoed("virtio", offloads, 2 * MEGABYTE, ipv6);
    expect(tcp.sent).toBeGreaterThanOrEqual((2 * MEGABYTE) / MSS);
  });

  it.each([
    ["no mergeable buffers", "mrg_rxbuf=off"],
    ["no checksums vouched for", "guest_csum=off"],
    ["no segments joined", "guest_tso4=off,guest_tso6=off"],
    ["no header in front of frames (a plain tap)", false],
  ])("%s: a segment at a time is received", async (_name, offloads) => {
    const tcp = await echoed("virtio", offloads, 2 * MEGABYTE);
    expect(tcp.received).toBeGreaterThanOrEqual((2 * MEGABYTE) / MSS);
  });

  it("spt, plain frames: a segment at a time, both ways", async () => {
    const tcp = await echoed("spt", false, 2 * MEGABYTE);
    expect(tcp.sent).toBeGreaterThanOrEqual((2 * MEGABYTE) / MSS);
    expect(tcp.received).toBeGreaterThanOrEqual((2 * MEGABYTE) / MSS);
  });

  it.each(targets)(
    "%s: on the other side of a router nothing is longer than the MTU, and all checksums are right",
    async (target) => {
      using inside = new Namespace();
      using outside = new Namespace();
      inside.tap("tap0", `${HOST}/24`);
      inside.tap("out0", "10.1.0.1/24");
      outside.tap("in0", "10.1.0.2/24");
      execFileSync("ip", ["netns", "exec", inside.name, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
      await using _cable = await connect(`tap:out0@${inside.name}`, `tap:in0@${outside.name}`, {});
      outside.ip("route", "add", "10.0.0.0/24", "via", "10.1.0.1");
      const image = build(APP, target);
      const args = [...ADDRESS, "--ipv6=off"];
      await using guest = Guest.boot({ target, image, namespace: inside, nets: { service: "tap0" }, args });
      await guest.says(/listening/);
      const tcpdump = outside.spawn("tcpdump", ["-i", "in0", "-Q", "in", "-nn", "-v", "-c", "1000", "tcp"], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      const seen = output(tcpdump);
      await new Promise((resolve) => tcpdump.stderr!.once("data", resolve));
      const result = await client<Echoed>(outside, "echo", [GUEST, 7, 4 * MEGABYTE]);
      expect(result).toMatchObject({ received: 4 * MEGABYTE, wrong: -1 });
      const { tcp } = await peerStatus(outside);
      // What the guest sent as one was cut on the way.
      expect(tcp.sent).toBeLessThan((4 * MEGABYTE) / MSS);
      const { stdout } = await seen;
      const sums = stdout.match(/cksum 0x[0-9a-f]+ \(\w+/g)!;
      expect(sums.length).toBe(1000);
      expect(sums.filter((sum) => !sum.endsWith("(correct"))).toEqual([]);
      expect(stdout).not.toContain("bad cksum");
      const lengths = [...stdout.matchAll(/proto TCP \(6\), length (\d+)/g)].map(([, length]) => Number(length));
      expect(Math.max(...lengths)).toBe(1500);
    },
  );
});
