// On a clean link nothing is malformed, lost or sent twice: by Linux's own count, and by Wireshark's judgement of a capture.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  ADDRESS,
  build,
  client,
  GUEST,
  Guest,
  HOST,
  image,
  Namespace,
  namespacesMissing,
  type PeerStatus,
  peerStatus,
  runIn,
} from "@soloist/tool-e2e";
import { frames } from "@soloist/tool-wire";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();
const noTshark = spawnSync("tshark", ["--version"]).error ? "tshark is not installed" : undefined;
const BYTES = Number(process.env.SOLOIST_LINUX_BYTES ?? 2_000_000);
/**
 * A machine that stands still for a fifth of a second makes either end believe that something was lost. A fault of ours shows in
 * every run.
 */
const RUNS = 20;

interface Result {
  readonly client: { readonly wrong: number; readonly info: string };
  readonly server: { readonly wrong: number; readonly info: string };
}

/** Transfers in both roles, all captured. */
async function run(): Promise<{ result: Result; capture: string; status: PeerStatus }> {
  const capture = image("clean.pcap");
  using net = new Namespace();
  net.tap("tap0", `${HOST}/24`);
  net.ip("link", "set", "tap0", "txqueuelen", "20000");
  // Linux probes for lost tails after two round trips, which are half a millisecond here: every pause of the scheduler is longer.
  await runIn(net, "sysctl", ["-qw", "net.ipv4.tcp_early_retrans=0"]);
  const app = build("tools/e2e/apps/peer.ts", "spt");
  const nets = { service: "tap0" };
  const args = [...ADDRESS, "--ipv6=off"];
  await using guest = Guest.boot({ target: "spt", image: app, namespace: net, nets, args, offloads: false });
  await guest.says(/listening/);
  const tcpdump = net.spawn("tcpdump", ["-i", "tap0", "-s", "0", "-B", "65536", "-U", "-w", capture], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const closed = once(tcpdump, "close");
  await once(tcpdump.stderr!, "data"); // "listening on"
  try {
    const [result] = await client<Result[]>(net, "options", [GUEST, HOST, BYTES, "1110"]);
    const status = await peerStatus(net);
    return { result: result!, capture, status };
  } finally {
    tcpdump.kill("SIGINT");
    await closed;
  }
}

/** Frames of a pcap file. */
function* captured(path: string): Generator<Uint8Array> {
  const file = readFileSync(path);
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    yield Uint8Array.from(file.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
}

/** What tshark finds with a display filter, a line each. */
function found(capture: string, filter: string): string[] {
  const options = ["-n", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
  const { stdout, stderr, status } = spawnSync("tshark", [...options, "-r", capture, "-Y", filter], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.split("\n").filter((line) => line !== "");
}

const suffix = missing ? ` (skipped: ${missing})` : "";

describe.skipIf(missing !== undefined)(`a clean link${suffix}`, () => {
  it(`nothing is sent twice, and every checksum is right${noTshark ? ` (without Wireshark: ${noTshark})` : ""}`, async () => {
    let faults: string[] = [];
    for (let tries = 0; tries < RUNS; tries++) {
      const { result, capture, status } = await run();
      expect(result.client.wrong).toBe(-1);
      expect(result.server.wrong).toBe(-1);
      let segments = 0;
      for (const frame of captured(capture)) {
        const segment = frames.readSegment(frame);
        if (segment?.ends.source !== GUEST) continue;
        segments++;
        expect(segment.intact).toBe(true);
      }
      expect(segments).toBeGreaterThan(BYTES / 1448);
      if (noTshark === undefined) {
        // Linux leaves its checksums to the device, and a capture sees its packets before that.
        expect(
          found(
            capture,
            `_ws.malformed || (ip.src == ${GUEST} && (tcp.checksum.status == 0 || ip.checksum.status == 0))`,
          ),
        ).toEqual([]);
      }
      faults = [];
      for (const side of ["client", "server"] as const) {
        const { info } = result[side];
        if (/ (retrans|lost|sacked|dsack_dups|reord_seen):/.test(info)) faults.push(info);
        const [, cwnd] = /cwnd:(\d+)/.exec(info)!;
        expect(Number(cwnd)).toBeGreaterThanOrEqual(10);
      }
      const { retransmitted, timeouts, fastRetransmitted, undone, duplicatesReported } = status.tcp;
      const ours = { retransmitted, timeouts, fastRetransmitted, undone, duplicatesReported };
      if (Object.values(ours).some((count) => count !== 0)) faults.push(JSON.stringify(ours));
      if (noTshark === undefined) {
        const flags = [
          "retransmission",
          "spurious_retransmission",
          "fast_retransmission",
          "lost_segment",
          "duplicate_ack",
        ];
        const filter = flags.map((flag) => `tcp.analysis.${flag}`).join(" || ");
        faults.push(...found(capture, filter).slice(0, 20));
      }
      if (faults.length === 0) return;
    }
    expect(faults).toEqual([]);
  });
});
