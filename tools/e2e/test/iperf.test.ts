// iperf 2 and iperf 3 as peers of apps/iperf.ts, in both directions. The rates are printed, not judged.
import { spawnSync } from "node:child_process";
import {
  ADDRESS,
  build,
  GUEST,
  Guest,
  HOST,
  Namespace,
  namespacesMissing,
  runIn,
  serves,
  type Target,
} from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const SECONDS = process.env.SOLOIST_IPERF_SECONDS ?? "1";
const APP = "tools/e2e/apps/iperf.ts";
/** By hand SOLOIST_LINUX_TARGET=virtio, with all that QEMU's device offers. */
const target = (process.env.SOLOIST_LINUX_TARGET ?? "spt") as Target;

const hasNot = (command: string) =>
  spawnSync(command, ["--version"]).error ? `${command} is not installed` : undefined;
const missing = namespacesMissing() ?? hasNot("iperf") ?? hasNot("iperf3");

interface Iperf3 {
  readonly end: {
    readonly sum_sent: { readonly bytes: number; readonly bits_per_second: number; readonly retransmits?: number };
    readonly sum_received: { readonly bytes: number; readonly bits_per_second: number };
  };
}

const megabytes = (bitsPerSecond: number) => `${(bitsPerSecond / 8e6).toFixed(0)} MB/s`;

describe.skipIf(missing !== undefined)(`iperf${missing ? ` (skipped: ${missing})` : ""}`, () => {
  it.each<[string, string[]]>([
    ["one stream to the guest", []],
    ["one stream from the guest", ["--reverse"]],
    ["four streams to the guest", ["--parallel", "4"]],
    ["four streams from the guest", ["--parallel", "4", "--reverse"]],
  ])("3: %s, and both count the same bytes", async (name, flags) => {
    await using server = await serves(APP, target);
    const args = ["--client", GUEST, "--time", SECONDS, "--json", ...flags];
    const { code, stdout, stderr } = await runIn(server.net, "iperf3", args);
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
    const { end } = JSON.parse(stdout) as Iperf3;
    const [, verb, bytes] = await server.guest.says(/iperf3 (received|sent) (\d+) bytes/);
    expect(verb).toBe(flags.includes("--reverse") ? "sent" : "received");
    const counted = Number(bytes);
    expect(end.sum_sent.bytes).toBeGreaterThan(100_000);
    // What one has sent when time is up is partly on its way: at most the buffers of both ends, for each stream.
    const onItsWay = 8 << 20;
    const theirs = verb === "sent" ? end.sum_received.bytes : end.sum_sent.bytes;
    expect(Math.abs(counted - theirs)).toBeLessThan(flags.includes("4") ? 4 * onItsWay : onItsWay);
    console.log(`iperf3, ${name}: ${megabytes(end.sum_received.bits_per_second)}`);
  });

  it("2: its client sends, and the guest counts what it says it sent", async () => {
    await using server = await serves(APP, target);
    const args = ["--client", GUEST, "--time", SECONDS, "--reportstyle", "C"];
    const { stdout, code } = await runIn(server.net, "iperf", args);
    expect(code).toBe(0);
    // CSV: time, addresses, ports, id, interval, bytes, bits a second.
    const fields = stdout.trim().split("\n").at(-1)!.split(",");
    const [, bytes] = await server.guest.says(/iperf2 received (\d+) bytes/);
    expect(Number(bytes)).toBeGreaterThan(100_000);
    expect(Math.abs(Number(bytes) - Number(fields[7]))).toBeLessThan(1 << 20);
    console.log(`iperf2, to the guest: ${megabytes(Number(fields[8]))}`);
  });

  it("2: its server counts what the guest says it sent", async () => {
    const image = build(APP, target);
    using net = new Namespace();
    net.tap("tap0", `${HOST}/24`);
    const server = net.spawn("iperf", ["--server", "--reportstyle", "C"], { stdio: ["ignore", "pipe", "inherit"] });
    let report = "";
    server.stdout!.on("data", (chunk) => {
      report += chunk;
    });
    try {
      // The guest tries once: its server must be there.
      while ((await runIn(net, "ss", ["-tlnH", "sport = :5001"])).stdout === "");
      const args = [...ADDRESS, `--to=${HOST}`, `--seconds=${SECONDS}`];
      await using guest = Guest.boot({ target, image, namespace: net, nets: { service: "tap0" }, args });
      const [line, bytes] = await guest.says(/iperf2 sent (\d+) bytes.*/);
      for (let tries = 0; !report.includes("\n") && tries < 1000; tries++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      const fields = report.trim().split("\n").at(-1)!.split(",");
      expect(Number(bytes)).toBeGreaterThan(100_000);
      // It takes the first four bytes for flags of a header and counts them apart.
      expect(Number(bytes) - Number(fields[7])).toBeGreaterThanOrEqual(0);
      expect(Number(bytes) - Number(fields[7])).toBeLessThan(64);
      console.log(`${line}; its server says ${megabytes(Number(fields[8]))}`);
    } finally {
      server.kill();
    }
  });
});
