import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { capture, guest, tender } from "./support/build.ts";
import { createNamespace, type Namespace, noNamespaces } from "./support/namespace.ts";
import { run, scratch } from "./support/run.ts";

const net = guest("net");
const gifts = guest("gifts");
const file = scratch();

/** Frames of a pcap file with nanoseconds: when, and what. Throws where it is not whole. */
function readPcap(path: string): { readonly seconds: number; readonly frame: Buffer }[] {
  const bytes = readFileSync(path);
  expect([bytes.readUInt32LE(0), bytes.readUInt16LE(4), bytes.readUInt32LE(20)]).toEqual([0xa1b23c4d, 2, 1]);
  const frames = [];
  for (let at = 24; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    expect(bytes.readUInt32LE(at + 12)).toBe(length);
    expect(at + 16 + length).toBeLessThanOrEqual(bytes.length);
    const seconds = bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) / 1e9;
    frames.push({ seconds, frame: bytes.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return frames;
}

function start(namespace: Namespace, ...command: readonly string[]): ChildProcess {
  const [program = "", ...args] = [...namespace.prefix, ...command];
  return spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
}

describe("soloist-capture", () => {
  it("what it cannot use: one line and an exit code", () => {
    expect(run([], capture)).toMatchObject({ status: 2, stderr: "usage: soloist-capture INTERFACE FILE\n" });
    expect(run(["nowhere0", file("x.pcap")], capture)).toMatchObject({
      status: 1,
      stderr: "soloist-capture: nowhere0: No such device\n",
    });
  });

  const reason = noNamespaces();
  it.skipIf(reason !== undefined)("writes all that a guest sends and receives, both ways", async () => {
    using namespace = createNamespace();
    namespace.ip("tuntap add tap0 mode tap");
    namespace.ip("addr add 10.77.0.1/24 dev tap0");
    namespace.ip("link set tap0 up");
    const path = file("ping.pcap");
    const before = Date.now() / 1000;
    const capturing = start(namespace, capture, "tap0", path);
    const captured = once(capturing, "close");
    await once(capturing.stdout!, "data");
    const machine = start(namespace, tender, "--net:service=tap0", net);
    const ended = once(machine, "close");
    await once(machine.stdout!, "data");
    const [program = "", ...prefix] = namespace.prefix;
    const ping = spawnSync(program, [...prefix, ..."ping -c 20 -i 0.01 -W 60 10.77.0.2".split(" ")], {
      encoding: "utf8",
    });
    expect(ping.stdout).toContain("20 received");
    machine.kill("SIGTERM");
    await ended;
    capturing.kill("SIGTERM");
    expect(await captured).toEqual([0, null]);

    const frames = readPcap(path);
    const echoes = (type: number) => frames.filter(({ frame }) => frame[23] === 1 && frame[34] === type);
    expect([echoes(8).length, echoes(0).length]).toEqual([20, 20]);
    for (const { seconds } of frames) {
      expect(seconds).toBeGreaterThan(before - 1);
      expect(seconds).toBeLessThan(Date.now() / 1000 + 1);
    }
  });

  it.skipIf(reason !== undefined)("fills in checksums that Linux leaves to the interface", async () => {
    using namespace = createNamespace();
    for (const name of ["tap0", "tap1"]) {
      namespace.ip(`tuntap add ${name} mode tap`);
      namespace.ip(`link set ${name} up`);
    }
    namespace.ip("addr add 10.77.0.1/24 dev tap0");
    namespace.ip("neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev tap0");
    const machine = start(namespace, tender, "--net:large=tap0", "--net:plain=tap1", gifts, "stay");
    const ended = once(machine, "close");
    expect(String((await once(machine.stdout!, "data"))[0])).toMatch(/^1/);
    const path = file("checksum.pcap");
    const capturing = start(namespace, capture, "tap0", path);
    const captured = once(capturing, "close");
    await once(capturing.stdout!, "data");
    const [program = "", ...prefix] = namespace.prefix;
    const sent = spawnSync(program, [...prefix, "bash", "-c", "printf hello! > /dev/udp/10.77.0.2/9"]);
    expect(sent.status).toBe(0);
    capturing.kill("SIGTERM");
    expect(await captured).toEqual([0, null]);
    machine.kill("SIGTERM");
    await ended;

    const [datagram] = readPcap(path).filter(({ frame }) => frame[23] === 17 && frame.readUInt16BE(36) === 9);
    expect(datagram!.frame.subarray(42).toString()).toBe("hello!");
    // With the pseudo-header: addresses, protocol and length.
    const summed = Buffer.concat([Uint8Array.of(0, 17, 0, 14), datagram!.frame.subarray(26)]);
    let sum = 0;
    for (let at = 0; at < summed.length; at += 2) sum += summed.readUInt16BE(at);
    expect((sum & 0xffff) + (sum >> 16)).toBe(0xffff);
  });
});
