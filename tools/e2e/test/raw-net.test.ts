// Network devices without a stack.
import { build, Guest, HOST, Namespace, namespacesMissing, runIn, serves, targets } from "@soloist/tool-e2e";
import { inject } from "@soloist/tool-wire";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();

describe.skipIf(missing !== undefined).each(targets)(
  `network devices on %s${missing ? ` (skipped: ${missing})` : ""}`,
  (target) => {
    it("every frame that comes in goes out", async () => {
      const image = build("tools/e2e/apps/raw-net.ts", target);
      using net = new Namespace();
      net.tap("tap0", `${HOST}/24`);
      await using guest = Guest.boot({ target, image, namespace: net, nets: { service: "tap0" } });
      const [, mac, mtu] = await guest.says(/listening (\S+) (\d+)/);
      expect(mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      expect(Number(mtu)).toBeGreaterThanOrEqual(1500);
      const frames = Array.from({ length: 100 }, (_, index) => {
        const frame = new Uint8Array(60 + index * 10).fill(index);
        frame.set([2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
        return frame;
      });
      expect(inject(`packet:tap0@${net.name}`, frames)).toBe(100);
      expect(await guest.code()).toBe(0);
      expect(guest.output).toContain("received 100, sent 100");
      // What the guest sent is what the tap received.
      expect(net.ip("-s", "-j", "link", "show", "tap0")).toMatch(/"rx":\{"bytes":\d+,"packets":100,/);
    });

    it("two devices are told apart", async () => {
      const image = build("tools/e2e/apps/two-nets.ts", target);
      using net = new Namespace();
      net.tap("tap0");
      net.tap("tap1");
      await using guest = Guest.boot({ target, image, namespace: net, nets: { inside: "tap0", outside: "tap1" } });
      expect(await guest.code()).toBe(0);
      const macs = [...guest.output.matchAll(/^(inside|outside) (\S+)$/gm)];
      expect(macs.map((match) => match[1])).toEqual(["inside", "outside"]);
      expect(macs[0]![2]).not.toBe(macs[1]![2]);
    });

    it("--ipv4 that is no address stops the boot with one line and exit code 2", async () => {
      const image = build("apps/web-server", target);
      using net = new Namespace();
      net.tap("tap0");
      await using guest = Guest.boot({
        target,
        image,
        namespace: net,
        nets: { service: "tap0" },
        args: ["--ipv4=10.0.0.300/24"],
      });
      expect(await guest.code()).toBe(2);
      expect(guest.output).toMatch(/^error: --ipv4: .*\n$/);
    });

    it("serves again after a restart on the same tap", async () => {
      for (let round = 0; round < 2; round++) {
        await using server = await serves("apps/web-server", target);
        const { code } = await runIn(server.net, "curl", ["-sSf", "http://10.0.0.2/hello/Ada"]);
        expect(code).toBe(0);
      }
    });
  },
);
