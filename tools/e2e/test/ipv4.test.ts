// IPv4 and DHCP of an image against those of Linux.
import {
  build,
  client,
  GUEST,
  Guest,
  HOST,
  Namespace,
  namespacesMissing,
  runIn,
  serves,
  targets,
} from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();
const APP = "tools/e2e/apps/net.ts";
/** Seconds. */
const LEASE = 6;

interface Answer {
  readonly length: number;
  readonly same: boolean;
  readonly text: string;
}

describe.skipIf(missing !== undefined).each(targets)(
  `IPv4 on %s${missing ? ` (skipped: ${missing})` : ""}`,
  (target) => {
    it("fragments both ways, pings of any size, ourselves", async () => {
      await using app = await serves(APP, target);
      const { net } = app;
      for (const size of [56, 4000, 60_000]) {
        const { stdout } = await runIn(net, "ping", ["-c", "3", "-i", "0.2", "-W", "60", "-s", `${size}`, GUEST]);
        expect(stdout).toMatch(/ 3 received, 0% packet loss/);
      }
      const echoed = await client<Answer>(net, "datagram", [GUEST, 7, 20_000]);
      expect(echoed).toMatchObject({ length: 20_000, same: true });
      const say = async (text: string) => (await client<Answer>(net, "datagram", [GUEST, 7], text)).text;
      expect(await say(`ping ${HOST} 56`)).toMatch(/^pong [0-9.]+$/);
      expect(await say(`ping ${HOST} 8000`)).toMatch(/^pong [0-9.]+$/);
      expect(await say("ping 127.0.0.1 8000")).toMatch(/^pong [0-9.]+$/);
      expect(await say("ping 192.0.2.1 56 1000")).toMatch(/^failed E(NETUNREACH|HOSTUNREACH|TIMEDOUT)$/);
      expect(await say("loop")).toBe("to myself");
    });

    it("an address is lent, renewed and given back", async () => {
      const image = build(APP, target);
      using net = new Namespace();
      net.tap("tap0", `${HOST}/24`);
      net.ip("route", "add", "255.255.255.255/32", "dev", "tap0");
      const server = client<{ type: number; unicast: boolean }[]>(net, "dhcp-server", [HOST, "10.0.0.42", LEASE]);
      await using guest = Guest.boot({ target, image, namespace: net, nets: { service: "tap0" } });
      const [, info] = await guest.says(/listening (\{.*\})\r?\n/);
      expect(JSON.parse(info!)).toMatchObject({
        address: "10.0.0.42",
        prefix: 24,
        gateway: HOST,
        mtu: 1400,
        ntp: [HOST],
        hostName: "box",
      });
      // Past the first lease: without renewal it would have no address any more.
      await new Promise((resolve) => setTimeout(resolve, (LEASE + 1) * 1000));
      await client<Answer>(net, "datagram", ["10.0.0.42", 7], "still there?");
      void client<Answer>(net, "datagram", ["10.0.0.42", 7], "bye").catch(() => {});
      expect(await guest.code()).toBe(0);
      const seen = await server;
      expect(seen.slice(0, 2)).toEqual([
        { type: 1, unicast: false },
        { type: 3, unicast: false },
      ]);
      // At half of the lease, and of the next one; a server that takes its time is asked again, in the end by broadcast.
      expect(seen[2]).toEqual({ type: 3, unicast: true });
      expect(seen.slice(2, -1).length).toBeGreaterThanOrEqual(2);
      for (const renewal of seen.slice(2, -1)) expect(renewal.type).toBe(3);
      expect(seen.at(-1)).toEqual({ type: 7, unicast: true });
    });
  },
);
