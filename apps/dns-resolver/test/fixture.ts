import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  ADDRESS,
  build,
  GUEST,
  Guest,
  HOST,
  image,
  Namespace,
  namespacesMissing,
  runIn,
  type Target,
} from "@soloist/tool-e2e";
import { makeTable } from "../src/blocklist/make.ts";

const authority = fileURLToPath(new URL("servers/authority.ts", import.meta.url));
const nameServer = fileURLToPath(new URL("../../../tools/e2e/clients/name-server.ts", import.meta.url));
/** Addresses of the authoritative servers beside the host's own. */
const ADDRESSES = ["10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.14"];
const HOST_IPV6 = "fd00::1";
export const GUEST_IPV6 = "fd00::2";
export const ROOT = "10.0.0.11";

/** Why these tests cannot run here. */
export const missing =
  namespacesMissing() ?? (spawnSync("dig", ["-v"]).error === undefined ? undefined : "bind9-dnsutils is not installed");

/** `count` names that look like those of a real list, always the same. */
export function* blockedNames(count: number): Generator<string, undefined> {
  for (let index = 0; index < count; index++) {
    yield `ads${index}.tracker${(Math.imul(index, 0x9e3779b1) >>> 0).toString(36)}.example`;
  }
}

const disks = new Map<number, string>();

/** A disk with a blocklist of `count` names. */
export function blocklistDisk(count: number): string {
  let path = disks.get(count);
  if (path === undefined) {
    path = image(`blocklist-${count}.img`);
    writeFileSync(path, makeTable(blockedNames(count)));
    disks.set(count, path);
  }
  return path;
}

/** What `soloist run` attaches by itself when no disk is given. */
export function noDisk(): string {
  const path = image("no-disk.img");
  writeFileSync(path, new Uint8Array(512));
  return path;
}

export interface Dug {
  /** NOERROR, NXDOMAIN…; "" when nothing came. */
  readonly status: string;
  readonly flags: string;
  /** `TYPE DATA` of each record in the answer. */
  readonly answers: readonly string[];
  readonly text: string;
}

/** A resolver that runs, its network, and servers for it to ask. */
export interface Resolving extends AsyncDisposable {
  readonly guest: Guest;
  readonly net: Namespace;
  /** What the authoritative servers were asked so far: `SERVER NAME TYPE`. */
  asked(): readonly string[];
  dig(...args: string[]): Promise<Dug>;
}

export async function resolving(
  target: Target,
  args: readonly string[],
  options: { disk?: string; memory?: number } = {},
): Promise<Resolving> {
  const built = build("apps/dns-resolver", target);
  const net = new Namespace();
  net.tap("tap0", `${HOST}/24`);
  net.allowIpv6("tap0", `${HOST_IPV6}/64`);
  for (const address of ADDRESSES) net.ip("addr", "add", `${address}/24`, "dev", "tap0");
  const asked: string[] = [];
  const servers = [
    net.spawn(process.execPath, [authority], { stdio: ["ignore", "pipe", "inherit"] }),
    net.spawn(process.execPath, [nameServer, HOST], { stdio: ["ignore", "pipe", "inherit"] }),
  ];
  await Promise.all(servers.map((server) => once(server.stdout!, "data")));
  servers[0]!.stdout!.setEncoding("utf8").on("data", (text: string) => asked.push(...text.trim().split("\n")));
  const guest = Guest.boot({
    target,
    image: built,
    namespace: net,
    nets: { service: "tap0" },
    blocks: { blocklist: options.disk ?? noDisk() },
    args: [...ADDRESS, `--ipv6=${GUEST_IPV6}/64`, ...args],
    ...(options.memory === undefined ? {} : { memory: options.memory }),
  });
  const dispose = async (): Promise<void> => {
    for (const server of servers) server.kill("SIGKILL");
    await guest[Symbol.asyncDispose]();
    net.remove();
  };
  try {
    await guest.says(/Listening on port 53/);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    guest,
    net,
    asked: () => asked,
    dig: (...question) => dig(net, question),
    [Symbol.asyncDispose]: dispose,
  };
}

async function dig(net: Namespace, question: readonly string[]): Promise<Dug> {
  // A busy machine may need a second try; what is tested is the answer.
  const { stdout } = await runIn(net, "dig", [`@${GUEST}`, "+tries=3", "+timeout=30", ...question]);
  const answers = stdout
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith(";"))
    .map((line) => line.split(/\s+/).slice(3).join(" "));
  return {
    status: /status: (\w+)/.exec(stdout)?.[1] ?? "",
    flags: /;; flags: ([^;]*)/.exec(stdout)?.[1] ?? "",
    answers,
    text: stdout,
  };
}
