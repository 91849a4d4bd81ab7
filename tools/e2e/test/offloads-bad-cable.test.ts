// Segments that a device cuts, over a bad cable beyond a router: what is lost is one of many that were sent as one.
import { execFileSync } from "node:child_process";
import {
  ADDRESS,
  build,
  client,
  GUEST,
  Guest,
  HOST,
  Namespace,
  namespacesMissing,
  peerStatus,
} from "@soloist/tool-e2e";
import { connect, type Impairment } from "@soloist/tool-wire";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();
/** About 2,000 frames each way: that one of the fates meets none of them does not happen. */
const BYTES = 3_000_000;
const MSS = 1460;
const IMPAIRMENT: Impairment = { seed: 5, loss: 1, duplicate: 1, corrupt: 1, reorder: 1, delay: 0.5 };

describe.skipIf(missing !== undefined)(`offloads and a bad cable${missing ? ` (skipped: ${missing})` : ""}`, () => {
  it("loss, duplicates, reordering and corruption: every byte is right, and what was corrupted is seen", async () => {
    using inside = new Namespace();
    using outside = new Namespace();
    inside.tap("tap0", `${HOST}/24`);
    inside.tap("out0", "10.1.0.1/24");
    outside.tap("in0", "10.1.0.2/24");
    execFileSync("ip", ["netns", "exec", inside.name, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    outside.ip("route", "add", "10.0.0.0/24", "via", "10.1.0.1");
    const image = build("tools/e2e/apps/peer.ts", "virtio");
    const args = [...ADDRESS, "--ipv6=off"];
    await using guest = Guest.boot({ target: "virtio", image, namespace: inside, nets: { service: "tap0" }, args });
    await guest.says(/listening/);
    await using cable = await connect(`tap:out0@${inside.name}`, `tap:in0@${outside.name}`, IMPAIRMENT);
    const result = await client(outside, "echo", [GUEST, 7, BYTES, 5]);
    expect(result).toMatchObject({ received: BYTES, wrong: -1 });
    const { tcp, dropped } = await peerStatus(inside);
    const [out, back] = await cable.end();
    for (const fate of ["lost", "duplicated", "corrupted", "reordered"] as const) {
      expect(out[fate], fate).toBeGreaterThan(0);
      expect(back[fate], fate).toBeGreaterThan(0);
    }
    // Many segments went as one, some of each were lost, and nobody vouched for what the cable had changed.
    expect(tcp.sent!).toBeLessThan(BYTES / MSS + tcp.received!);
    expect(out.sent).toBeGreaterThan(tcp.sent!);
    expect(tcp.retransmitted!).toBeGreaterThan(0);
    expect(dropped.tcpChecksum!).toBeGreaterThan(0);
  });
});
