import { spawnSync } from "node:child_process";
import type { Device, NetDevice } from "@soloist/interface";
import { loopback, netDeviceSuite, pattern, QueueDevice, Simulation } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { captured } from "../../src/devices/capture.ts";
import { tapped } from "../../src/devices/tap.ts";
import { capture, describeFrame, stack, trace } from "../../src/index.ts";

const hasTcpdump = spawnSync("tcpdump", ["--version"]).status === 0;

const service: Device<NetDevice> = {
  manifest: [{ name: "service", type: "net" }],
  parameters: [],
  open: (host) => host.netDevice("service"),
};

/** Command lines of two hosts that speak one family. */
const families = {
  IPv4: { a: "10.0.0.1", own: { ipv4: "10.0.0.1/24", ipv6: "off" }, peer: { ipv4: "10.0.0.2/24", ipv6: "off" } },
  IPv6: { a: "fd00::1", own: { ipv6: "fd00::1/64", ipv4: "off" }, peer: { ipv6: "fd00::2/64", ipv4: "off" } },
};

/** Traffic of every kind between two stacks; the first one's device is wrapped. */
async function talk(
  device: Device<NetDevice>,
  family: keyof typeof families = "IPv4",
  parameters: Readonly<Record<string, string>> = {},
): Promise<void> {
  const simulation = new Simulation({ seed: 11, delay: 5 });
  const { a: address, own, peer } = families[family];
  const work = async () => {
    const [a, b] = await Promise.all([
      stack({ device }).open(simulation.addHost({ parameters: { ...own, ...parameters } })),
      stack().open(simulation.addHost({ parameters: { ...peer, dns: address } })),
    ]);
    const listener = a.tcp.listen({ port: 7 });
    const flow = await b.tcp.connect({ address, port: 7 });
    const server = (await listener.accept())!;
    await flow.write(pattern(5000, 1));
    let length = 0;
    while (length < 5000) length += (await server.read())!.length;
    await server.write("bye");
    await flow.read();
    await Promise.all([flow.close(), server.close()]);
    await b.tcp.connect({ address, port: 8 }).catch(() => {});
    await b.icmp.ping(address);
    await b.icmp.ping(address, { size: 3000 });
    const socket = b.udp.connect({ remote: { address, port: 9 } });
    socket.send(new Uint8Array(5));
    await socket.receive().catch(() => {});
    const names = a.udp.bind({ port: 53 });
    const asked = b.dns.lookup("host.test").catch(() => {});
    const { data, remote } = (await names.receive())!;
    const answer = new Uint8Array(data.length + 16);
    answer.set(data.subarray(0, 12));
    answer[2] = 0x85;
    answer[3] = 0x80;
    answer[7] = 1;
    answer[11] = 0;
    const question = data.subarray(12, data.length - 11);
    answer.set(question, 12);
    answer.set([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1], 12 + question.length);
    names.send(answer.subarray(0, 12 + question.length + 16), remote);
    await asked;
  };
  await simulation.run(work());
}

describe("devices that wrap devices", () => {
  for (const [name, wrap] of [
    ["a tap", (device: NetDevice) => tapped(device, () => {})],
    ["a capture", (device: NetDevice) => captured(device, { monotonic: () => 0, wall: () => 0 }, () => {})],
  ] as const) {
    describe(name, () => {
      const suite = netDeviceSuite((use) => {
        const device = new QueueDevice();
        const frames: Uint8Array[] = [];
        device.onSend = (frame) => void frames.push(frame);
        return use({ device: wrap(device), deliver: (frame) => device.deliver(frame), sent: () => frames.splice(0) });
      });
      for (const { name, run } of suite) it(name, run);
    });
  }

  it("a trace prints a line for each packet, either way", async () => {
    const lines: string[] = [];
    await talk(trace(service, { print: (line) => lines.push(line) }));
    for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{6} (in |out) (ARP|IP6?)[ ,]/);
    const text = lines.join("\n");
    expect(text).toMatch(/in {2}ARP, Request who-has 10\.0\.0\.1 tell 10\.0\.0\.2, length 28/);
    expect(text).toMatch(/out ARP, Reply 10\.0\.0\.1 is-at 02:00:00:00:00:01, length 28/);
    expect(text).toMatch(
      /in {2}IP 10\.0\.0\.2\.\d+ > 10\.0\.0\.1\.7: Flags \[S\], seq \d+, win \d+, options \[mss 1460,.*wscale \d+.*\], length 0/,
    );
    expect(text).toMatch(/out IP 10\.0\.0\.1\.8 > 10\.0\.0\.2\.\d+: Flags \[R\.\]/);
    expect(text).toMatch(/out IP 10\.0\.0\.1 > 10\.0\.0\.2: ICMP 10\.0\.0\.1 udp port 9 unreachable, length/);
    expect(text).toMatch(/out IP 10\.0\.0\.1\.53 > 10\.0\.0\.2\.\d+: \d+\* 1\/0\/0 A 192\.0\.2\.1 \(\d+\)/);
  });

  it("a trace with a flag is silent without it on the command line", async () => {
    const lines: string[] = [];
    const traced = trace(service, { flag: "trace", print: (line) => lines.push(line) });
    expect(traced.parameters.map(({ name }) => name)).toEqual(["trace"]);
    await talk(traced);
    expect(lines).toEqual([]);
    await talk(traced, "IPv4", { trace: "true" });
    expect(lines.length).toBeGreaterThan(20);
  });

  it.skipIf(!hasTcpdump).each(["IPv4", "IPv6"] as const)(
    "a capture is read by tcpdump, which says of each frame what a trace says: %s",
    async (family) => {
      const pieces: Uint8Array[] = [];
      const lines: string[] = [];
      const both = trace(
        capture(service, (piece) => void pieces.push(piece)),
        { print: (line) => lines.push(line.slice("00:00:00.000000 in  ".length)) },
      );
      await talk(both, family);
      const read = spawnSync("tcpdump", ["-nn", "-S", "-t", "-r", "-", "-Z", "root"], { input: Buffer.concat(pieces) });
      expect(read.status, String(read.stderr)).toBe(0);
      const theirs = String(read.stdout).trimEnd().split("\n");
      // Of pieces it says less, and of ports that it has a name for it tells the protocol behind the length.
      const plain = (line: string): string =>
        line
          .replace(/ \(frag .*\)$/, "")
          .replace(/(length \d+): .*$/, "$1")
          .replace(/: (ip-proto-1|icmp|ICMP)$/, ": icmp")
          .replace(/Announcement ([\d.]+),/, "Request who-has $1 tell $1,");
      expect(lines.map(plain)).toEqual(theirs.map(plain));
    },
  );

  it("a capture keeps the first bytes of what its filter lets through", async () => {
    const pieces: Uint8Array[] = [];
    const options = { snapLength: 60, filter: (_frame: Uint8Array, sent: boolean) => sent };
    const device = loopback();
    const wrapped = captured(
      device,
      { monotonic: () => 0, wall: () => 1_500.25 },
      (piece) => pieces.push(piece),
      options,
    );
    wrapped.txBuffer.set(pattern(100, 1), wrapped.reserve());
    wrapped.send(100);
    expect(wrapped.read()).toBe(100);
    expect(pieces).toHaveLength(2);
    const record = Buffer.from(pieces[1]!);
    expect([0, 4, 8, 12].map((at) => record.readUInt32LE(at))).toEqual([1, 500_250_000, 60, 100]);
    expect(record.subarray(16)).toEqual(Buffer.from(pattern(100, 1).subarray(0, 60)));
  });
});

describe("the description of a frame", () => {
  it("never throws, whatever the bytes", () => {
    const frame = new Uint8Array(200);
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    };
    for (let round = 0; round < 5_000; round++) {
      for (let at = 0; at < 100; at++) frame[at] = random();
      frame.set(
        [
          [0x08, 0x00],
          [0x86, 0xdd],
          [0x08, 0x06],
        ][round % 3]!,
        12,
      );
      if (round % 2 === 0) {
        frame[14] = round % 3 === 1 ? 0x60 : 0x45;
        frame[16] = 0;
        frame[17] = random() % 90;
        frame[round % 3 === 1 ? 20 : 23] = [1, 6, 17, 58, 0, 44][random() % 6]!;
      }
      expect(describeFrame(frame, 0, random() % 120)).toMatch(/./);
    }
  });

  it("names IPv6's neighbours, echoes and extension headers", () => {
    const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
    const ethernet = "333300000001 020000000001 86dd";
    const from = "fe80 0000 0000 0000 0000 0000 0000 0001";
    const to = "ff02 0000 0000 0000 0000 0000 0000 0002";
    const say = (text: string): string => {
      const bytes = hex(text);
      return describeFrame(bytes, 0, bytes.length);
    };
    expect(say(`${ethernet} 60000000 0018 3aff ${from} ${to} 87000000 00000000 ${from}`)).toBe(
      "IP6 fe80::1 > ff02::2: ICMP6, neighbor solicitation, who has fe80::1, length 24",
    );
    expect(say(`${ethernet} 60000000 0010 00ff ${from} ${to} 3a000502 00000100 80000000 00070003`)).toBe(
      "IP6 fe80::1 > ff02::2: HBH ICMP6, echo request, id 7, seq 3, length 8",
    );
  });
});
