import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  ADDRESS,
  boots,
  build,
  client,
  GUEST,
  type Namespace,
  namespacesMissing,
  nodeIn,
  residentBytes,
  runIn,
  targets,
  tender,
} from "@soloist/tool-e2e";
import { Bench, NODE } from "./bench.ts";
import { smallest } from "./bisect.ts";
import { connectionCosts, loads, offloads, packets } from "./net.ts";
import { compiled } from "./program.ts";
import { median, type Row } from "./table.ts";
import { requestLayers, webLoads, webMemory } from "./web.ts";
import { workshop } from "./workshop.ts";

const here = fileURLToPath(new URL("..", import.meta.url));
const node = process.execPath;
const MEGABYTE = 1_000_000;

function spawnTime(count: number, command: readonly string[]): number {
  const times = execFileSync(compiled("spawn-time"), [String(count), ...command], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map(Number);
  return median(times) / 1000;
}

async function startToExit(): Promise<Row[]> {
  const image = build("apps/hello", "spt");
  const soloist = spawnTime(50, [tender, "--mem=16", image]);
  return [{ name: "hello, start to exit", unit: "ms", soloist, node: spawnTime(10, [node, `${here}node/hello.ts`]) }];
}

async function firstLine(): Promise<Row[]> {
  const times: number[] = [];
  for (let i = 0; i < 20; i++) times.push(Number((await boots("tools/bench/apps/first-line.ts", "spt")).output));
  const nodeTimes: number[] = [];
  for (let i = 0; i < 5; i++) nodeTimes.push(Number(execFileSync(node, ["-e", "console.log(performance.now())"])));
  return [{ name: "entry to first line of main", unit: "ms", soloist: median(times), node: median(nodeTimes) }];
}

async function imageSizes(): Promise<Row[]> {
  const rows: Row[] = [];
  // Node.js runs the source: what has to be there is its own executable.
  const nodeSize = statSync(node).size / MEGABYTE;
  for (const app of ["hello", "echo", "web-server"])
    for (const target of targets)
      for (const flags of [[], ["--minify"]])
        rows.push({
          name: `${app}.${target}${flags.length ? ", minified" : ""}`,
          unit: "MB",
          soloist: statSync(build(`apps/${app}`, target, flags)).size / MEGABYTE,
          node: nodeSize,
        });
  return rows;
}

async function smallestMemory(): Promise<Row[]> {
  const hello = await smallest(1, 64, async (memory) => {
    const { code, output } = await boots("apps/hello", "spt", { memory });
    return code === 0 && output === "Hello World!\n";
  });
  using bench = new Bench();
  const server = await smallest(1, 64, async (memory) => {
    await using guest = bench.boot("apps/web-server", "spt", memory);
    try {
      await guest.says(/listening/i, 5);
      const { ok } = await client<{ ok?: number }>(bench.net, "connect-many", [GUEST, 80, 500, 32]);
      return ok === 500;
    } catch {
      return false;
    }
  });
  return [
    { name: "hello, smallest --mem", unit: "MB", soloist: hello ?? Number.NaN },
    { name: "web-server, smallest --mem for 32 clients", unit: "MB", soloist: server ?? Number.NaN },
  ];
}

async function startToFirstByte(): Promise<Row[]> {
  using bench = new Bench();
  const image = build("apps/web-server", "spt");
  const mac = "02:00:00:00:00:02";
  // The host knows the guest's address beforehand: its ARP would ask only once a second while nobody is there.
  bench.net.ip("neigh", "replace", GUEST, "lladdr", mac, "dev", "tap0", "nud", "permanent");
  const command = [tender, "--mem=64", "--net:service=tap0", `--net-mac:service=${mac}`, "--", image, ...ADDRESS];
  const client = `${here}node/first-byte.ts`;
  const measure = async (namespace: Namespace, address: string, command: readonly string[]) => {
    const times: number[] = [];
    for (let i = 0; i < 7; i++) times.push(await nodeIn<number>(namespace, client, [address, ...command]));
    return median(times);
  };
  return [
    {
      name: "web-server, start to first HTTP byte",
      unit: "ms",
      soloist: await measure(bench.net, GUEST, command),
      node: await measure(bench.other, "127.0.0.1", [node, `${here}node/web-server.ts`]),
    },
  ];
}

const SECONDS = 5;

async function requests(bench: Bench, address: string): Promise<number> {
  const wrk = async (seconds: number) => {
    const args = ["-t1", "-c32", `-d${seconds}s`, `http://${address}/hello/Ada`];
    const { code, stdout, stderr } = await runIn(bench.net, "wrk", args);
    if (code !== 0) throw new Error(`wrk: ${stderr}`);
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk saw errors:\n${stdout}`);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  };
  await wrk(1); // warms Node's compiler up
  return wrk(SECONDS);
}

async function http(): Promise<Row[]> {
  using bench = new Bench();
  await using guest = bench.boot("apps/web-server", "spt");
  await guest.says(/listening/i);
  const idle = residentBytes(guest.pid) / MEGABYTE;
  const soloist = await requests(bench, GUEST);
  const resident = residentBytes(guest.pid) / MEGABYTE;
  const server = await bench.node("web-server.ts");
  const nodeIdle = residentBytes(server.pid!) / MEGABYTE;
  const nodeRate = await requests(bench, NODE);
  const nodeResident = residentBytes(server.pid!) / MEGABYTE;
  server.kill();
  const wrk = "wrk -t1 -c32";
  return [
    {
      name: "HTTP requests a second",
      unit: "/s",
      soloist,
      node: nodeRate,
      higherIsBetter: true,
      note: `${wrk}, spt on a tap`,
    },
    { name: "web-server, resident before load", unit: "MB", soloist: idle, node: nodeIdle },
    { name: "web-server, resident after load", unit: "MB", soloist: resident, node: nodeResident },
  ];
}

async function echo(): Promise<Row[]> {
  using bench = new Bench();
  await using guest = bench.boot("apps/echo", "spt");
  await guest.says(/listening/i);
  const rate = async (address: string) => {
    const bytes = 50 * MEGABYTE;
    const { received, wrong, seconds } = await client<{ received: number; wrong: number; seconds: number }>(
      bench.net,
      "echo",
      [address, 7, bytes],
    );
    if (received !== bytes || wrong >= 0) throw new Error(`the echo of ${address} is wrong`);
    return bytes / MEGABYTE / seconds;
  };
  const soloist = await rate(GUEST);
  const server = await bench.node("echo.ts");
  const nodeRate = await rate(NODE);
  server.kill();
  return [
    { name: "echo, each way", unit: "MB/s", soloist, node: nodeRate, higherIsBetter: true, note: "one connection" },
  ];
}

interface Measure {
  readonly needsNetwork: boolean;
  run(): Promise<Row[]>;
  /** Taken by name only: it lasts, or needs more of the machine than others. */
  readonly isAskedFor?: boolean;
}

export const measures: Readonly<Record<string, Measure>> = {
  hello: { needsNetwork: false, run: startToExit },
  boot: { needsNetwork: false, run: firstLine },
  size: { needsNetwork: false, run: imageSizes },
  memory: { needsNetwork: true, run: smallestMemory },
  "first-byte": { needsNetwork: true, run: startToFirstByte },
  http: { needsNetwork: true, run: http },
  echo: { needsNetwork: true, run: echo },
  packets: { needsNetwork: false, run: packets },
  net: { needsNetwork: true, run: loads },
  offloads: { needsNetwork: true, run: offloads },
  connections: { needsNetwork: true, run: connectionCosts },
  requests: { needsNetwork: false, run: requestLayers },
  web: { needsNetwork: true, run: webLoads },
  "web-memory": { needsNetwork: true, run: webMemory },
  workshop: { needsNetwork: false, isAskedFor: true, run: workshop },
};

/** Why a measure cannot be taken here. */
export function cannotMeasure(measure: Measure): string | undefined {
  return measure.needsNetwork ? namespacesMissing() : undefined;
}
