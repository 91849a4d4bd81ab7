import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { boots, cpuSeconds, GUEST, type Namespace, residentBytes, runIn, type Target } from "@soloist/tool-e2e";
import { Bench, NODE } from "./bench.ts";
import { compiled } from "./program.ts";
import { median, type Row } from "./table.ts";

const MEGABYTE = 1_000_000;
const SECONDS = 3;
const APP = "tools/bench/apps/net-load.ts";

/** What each kind of packet costs, without a device and a host. */
export async function packets(): Promise<Row[]> {
  const { output } = await boots("tools/bench/apps/packets.ts", "spt", { memory: 64 });
  const figures = JSON.parse(output) as Record<string, number>;
  return Object.entries(figures).map(([name, soloist]) => ({ name: `JavaScript, ${name}`, unit: "us", soloist }));
}

async function load(net: Namespace, address: string, mode: string, ...args: (string | number)[]): Promise<number> {
  const { code, stdout, stderr } = await runIn(net, compiled("net-load"), [mode, address, ...args.map(String)]);
  if (code !== 0) throw new Error(`net-load ${mode} ${address}: ${stderr}`);
  return Number(stdout);
}

/** Mode, port, connections, bytes of a message. */
const LOADS: readonly (readonly [name: string, mode: string, port: number, connections: number, size: number])[] = [
  ["64 bytes there and back, 1 connection", "ping", 7, 1, 64],
  ["64 bytes there and back, 1 connection, a client that never sleeps", "spin", 7, 1, 64],
  ["64 bytes there and back, 32 connections", "ping", 7, 32, 64],
  ["echo each way, 1 connection", "echo", 7, 1, 1],
  ["echo each way, 32 connections", "echo", 7, 32, 1],
  ["bulk receive, 1 connection", "send", 9, 1, 1],
  ["bulk receive, 32 connections", "send", 9, 32, 1],
  ["bulk send, 1 connection", "receive", 19, 1, 1],
  ["bulk send, 32 connections", "receive", 19, 32, 1],
  ["connections one after another", "connect", 7, 1, 1],
  ["connections, 16 at a time", "connect", 7, 16, 1],
];

const isStream = (mode: string) => mode === "echo" || mode === "send" || mode === "receive";

/** Packets that have gone through the tap, both ways. */
function tapPackets(net: Namespace): number {
  const [link] = JSON.parse(net.ip("-s", "-j", "link", "show", "tap0"));
  return link.stats64.rx.packets + link.stats64.tx.packets;
}

/** Load from a client in C, on the same machine: both share its processors. */
export async function loads(): Promise<Row[]> {
  using bench = new Bench();
  await using guest = bench.boot(APP, "spt");
  await guest.says(/listening/);
  const server = await bench.node("net-load.ts");
  const rows: Row[] = [];
  rows.push(await firstConnection(bench));
  for (const [name, mode, port, connections, size] of LOADS) {
    const rate = (address: string) => load(bench.net, address, mode, port, connections, size, SECONDS);
    const before = { packets: tapPackets(bench.net), cpu: cpuSeconds(guest.pid) };
    const soloist = await rate(GUEST);
    const cpu = cpuSeconds(guest.pid) - before.cpu;
    const microseconds = (cpu * 1e6) / (tapPackets(bench.net) - before.packets);
    const stream = isStream(mode);
    const scale = stream ? MEGABYTE : 1;
    rows.push({
      name,
      unit: stream ? "MB/s" : "/s",
      soloist: soloist / scale,
      node: (await rate(NODE)) / scale,
      higherIsBetter: true,
      note: `${(1e6 / microseconds).toFixed(0)} packets a second of the guest's processor time`,
    });
  }
  server.kill();
  return rows;
}

const NO_OFFLOADS =
  "csum=off,guest_csum=off,gso=off,mrg_rxbuf=off,guest_tso4=off,guest_tso6=off,host_tso4=off,host_tso6=off";

/** With all that a tap and QEMU's network device do, and with nothing of it; one after the other, so that a ratio means something. */
export async function offloads(): Promise<Row[]> {
  return [
    ...(await withAndWithout("spt", "spt", [1, 32], false)),
    ...(await withAndWithout("virtio without KVM", "virtio", [1], NO_OFFLOADS)),
  ];
}

async function withAndWithout(
  title: string,
  target: Target,
  counts: readonly number[],
  nothing: string | false,
): Promise<Row[]> {
  const streams = LOADS.filter(([, mode, , connections]) => isStream(mode) && counts.includes(connections));
  const rates = async (offloads: string | boolean): Promise<number[]> => {
    using bench = new Bench();
    await using guest = bench.boot(APP, target, 64, { offloads });
    await guest.says(/listening/);
    const each: number[] = [];
    for (const [, mode, port, connections, size] of streams)
      each.push((await load(bench.net, GUEST, mode, port, connections, size, SECONDS)) / MEGABYTE);
    return each;
  };
  const without = await rates(nothing);
  const all = await rates(true);
  return streams.map(([name], index) => ({
    name: `${title}, ${name}`,
    unit: "MB/s",
    soloist: all[index]!,
    note: `${without[index]!.toFixed(1)} without offloads: ${(all[index]! / without[index]!).toFixed(1)} times`,
  }));
}

/** A client whose MAC the server does not know yet: ARP both ways, SYN, SYN-ACK. */
async function firstConnection({ net }: Bench): Promise<Row> {
  const measure = async (address: string, device: string) => {
    const prefix = address.slice(0, address.lastIndexOf("."));
    const times: number[] = [];
    for (let host = 100; host < 109; host++) {
      const source = `${prefix}.${host}`;
      net.ip("addr", "add", `${source}/24`, "dev", device);
      net.ip("neigh", "flush", "dev", device);
      times.push((await load(net, address, "first", 7, 1, 1, 1, source)) / 1000);
      net.ip("addr", "del", `${source}/24`, "dev", device);
    }
    return median(times);
  };
  return {
    name: "first connection from an unknown host",
    unit: "ms",
    soloist: await measure(GUEST, "tap0"),
    node: await measure(NODE, "cable0"),
  };
}

function voluntarySwitches(pid: number): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
}

/** Opens `count` connections with `size` bytes on each, which stay until it is disposed. */
async function hold(net: Namespace, address: string, port: number, count: number, size: number) {
  const args = ["hold", address, port, count, size, 0].map(String);
  const child = net.spawn(compiled("net-load"), args, { stdio: ["pipe", "pipe", "inherit"] });
  const [said] = await Promise.race([once(child.stdout!, "data"), once(child, "exit")]);
  if (!String(said).startsWith("open")) throw new Error(`only some of ${count} connections to ${address} opened`);
  // Empty buffers are given back a moment later, and timers of the handshakes run out.
  await sleep(3000);
  return {
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "exit");
    },
  };
}

const IDLE_SECONDS = 3;

/** What connections cost that do nothing, and their effect on one that does. */
export async function connectionCosts(): Promise<Row[]> {
  const rows: Row[] = [];
  const counts = [1, 100, 1000, 10_000];
  /** Resident bytes, wake-ups a second and round trips a second with so many idle connections. */
  const costs = async (net: Namespace, pid: number, address: string) => {
    const each: { resident: number; wakeups: number; rate: number }[] = [];
    for (const count of counts) {
      await using _held = await hold(net, address, 7, count, 0);
      const resident = residentBytes(pid);
      const before = voluntarySwitches(pid);
      await sleep(IDLE_SECONDS * 1000);
      const wakeups = (voluntarySwitches(pid) - before) / IDLE_SECONDS;
      each.push({ resident, wakeups, rate: await load(net, address, "ping", 7, 1, 64, 1) });
    }
    return each;
  };
  using bench = new Bench();
  const node = await bench.node("net-load.ts");
  const ofNode = await costs(bench.net, node.pid!, NODE);
  node.kill();
  await using guest = bench.boot(APP, "spt", 128);
  await guest.says(/listening/);
  const ofSoloist = await costs(bench.net, guest.pid, GUEST);
  counts.forEach((count, index) => {
    const [soloist, node] = [ofSoloist[index]!, ofNode[index]!];
    const name = `${count} idle connection${count === 1 ? "" : "s"}`;
    rows.push({
      name: `${name}, resident`,
      unit: "MB",
      soloist: soloist.resident / MEGABYTE,
      node: node.resident / MEGABYTE,
    });
    rows.push({ name: `${name}, wake-ups`, unit: "/s", soloist: soloist.wakeups, node: node.wakeups });
    rows.push({
      name: `${name}, 64 bytes there and back`,
      unit: "/s",
      soloist: soloist.rate,
      node: node.rate,
      higherIsBetter: true,
    });
  });
  const perConnection = (of: typeof ofNode) => (of[3]!.resident - of[1]!.resident) / (counts[3]! - counts[1]!);
  rows.push({
    name: "an idle connection",
    unit: "B",
    soloist: perConnection(ofSoloist),
    node: perConnection(ofNode),
    note: "with the task and promise that wait for it",
  });
  return [...rows, ...(await unreadConnections())];
}

/** Connections that no task waits for: what the stack itself keeps, without and with bytes that nobody has read. */
async function unreadConnections(): Promise<Row[]> {
  const COUNT = 4000;
  const BYTES = 4000;
  const measure = async (net: Namespace, pid: number, address: string) => {
    const before = residentBytes(pid);
    await using _empty = await hold(net, address, 13, COUNT, 0);
    const empty = residentBytes(pid);
    await using _full = await hold(net, address, 13, COUNT, BYTES);
    return [(empty - before) / COUNT, (residentBytes(pid) - empty) / COUNT] as const;
  };
  using bench = new Bench();
  const node = await bench.node("net-load.ts");
  const ofNode = await measure(bench.net, node.pid!, NODE);
  node.kill();
  await using guest = bench.boot(APP, "spt", 128);
  await guest.says(/listening/);
  const ofSoloist = await measure(bench.net, guest.pid, GUEST);
  const note = "Node.js: without what Linux keeps";
  return [
    { name: "a connection that nobody reads", unit: "B", soloist: ofSoloist[0], node: ofNode[0], note },
    { name: `the same with ${BYTES} bytes unread`, unit: "B", soloist: ofSoloist[1], node: ofNode[1], note },
  ];
}
