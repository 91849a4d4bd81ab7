import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boots, GUEST, type Namespace, residentBytes, runIn } from "@soloist/tool-e2e";
import { Bench, NODE } from "./bench.ts";
import type { Row } from "./table.ts";

const MEGABYTE = 1_000_000;
const SECONDS = 4;
const CONNECTIONS = 32;
const APP = "tools/bench/apps/web-load.ts";
const BODY = '{"name":"Ada","links":[1,2,3],"open":true}';

/** Where the time of a request goes, without a device and a host. */
export async function requestLayers(): Promise<Row[]> {
  const { output } = await boots("tools/bench/apps/requests.ts", "spt", { memory: 64 });
  const figures = JSON.parse(output) as Record<string, Record<string, number>>;
  return Object.entries(figures).flatMap(([name, layers]) =>
    Object.entries(layers).map(([layer, soloist]) => ({
      name: `JavaScript, ${name}: ${layer}`,
      unit: "us",
      soloist,
      ...(name.startsWith("app.request") ? { note: `${(1e6 / soloist).toFixed(0)} a second` } : {}),
    })),
  );
}

const LOADS: readonly (readonly [name: string, path: string, body?: string])[] = [
  ["text", ":80/hello/Ada"],
  ["JSON with a parameter", ":80/json/12"],
  ["file of 10 KB with ETag", ":80/ten-kilobytes.txt"],
  ["POST of JSON, and JSON back", ":80/echo", BODY],
  ["Hono, text", ":81/hello/Ada"],
];

interface Load {
  /** A second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

async function load(net: Namespace, url: string, body: string | undefined, seconds: number): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), "soloist-wrk-"));
  try {
    const script = join(folder, "post.lua");
    if (body !== undefined) {
      const fields = `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n`;
      writeFileSync(script, `${fields}wrk.body = ${JSON.stringify(body)}\n`);
    }
    const args = ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "--latency", ...(body ? ["-s", script] : []), url];
    const { code, stdout, stderr } = await runIn(net, "wrk", args);
    if (code !== 0) throw new Error(`wrk: ${stderr}`);
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk saw errors:\n${stdout}`);
    const latency = (percent: number) => milliseconds(new RegExp(`^ +${percent}% +(\\S+)`, "m").exec(stdout)?.[1]);
    return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), p50: latency(50), p99: latency(99) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of wrk's "850.00us", "1.20ms", "1.01s". */
function milliseconds(text: string | undefined): number {
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(text ?? "") ?? [];
  return Number(number) * (unit === "us" ? 0.001 : unit === "ms" ? 1 : 1000);
}

/** Requests a second and how long they take, Node.js with its own http, and Hono on it. */
export async function webLoads(): Promise<Row[]> {
  using bench = new Bench();
  await using guest = bench.boot(APP, "spt");
  await guest.says(/listening/);
  const server = await bench.node("web-load.ts");
  const rows: Row[] = [];
  for (const [name, path, body] of LOADS) {
    const measure = async (address: string) => {
      await load(bench.net, `http://${address}${path}`, body, 1); // warms Node's compiler up
      return load(bench.net, `http://${address}${path}`, body, SECONDS);
    };
    const soloist = await measure(GUEST);
    const node = await measure(NODE);
    rows.push(
      {
        name,
        unit: "/s",
        soloist: soloist.rate,
        node: node.rate,
        higherIsBetter: true,
        note: `wrk -t1 -c${CONNECTIONS}`,
      },
      { name: `${name}, median`, unit: "ms", soloist: soloist.p50, node: node.p50 },
      { name: `${name}, 99 %`, unit: "ms", soloist: soloist.p99, node: node.p99 },
    );
  }
  server.kill();
  return rows;
}

const MANY = 1_000_000;

/** Memory in RAM after so many requests. */
export async function webMemory(): Promise<Row[]> {
  using bench = new Bench();
  const after = async (address: string, pid: number): Promise<number[]> => {
    const resident: number[] = [residentBytes(pid) / MEGABYTE];
    for (let done = 0; done < MANY; ) {
      const { rate } = await load(bench.net, `http://${address}:80/hello/Ada`, undefined, 10);
      done += rate * 10;
      if (resident.length === 1 || done >= MANY) resident.push(residentBytes(pid) / MEGABYTE);
    }
    return resident;
  };
  await using guest = bench.boot(APP, "spt");
  await guest.says(/listening/);
  const soloist = await after(GUEST, guest.pid);
  const server = await bench.node("web-load.ts");
  const node = await after(NODE, server.pid!);
  server.kill();
  return ["before requests", "after those of 10 s", "after a million"].map((when, index) => ({
    name: `web server, resident ${when}`,
    unit: "MB",
    soloist: soloist[index]!,
    node: node[index]!,
  }));
}
