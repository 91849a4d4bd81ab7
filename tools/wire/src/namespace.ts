import { type ChildProcess, execFileSync, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";

const PREFIX = "soloist";
const living = new Set<Namespace>();
let count = 0;

process.on("exit", () => {
  for (const namespace of living) namespace.remove();
});

let missing: string | undefined | null = null;

/** Why this machine can give tests no network namespaces with taps; `undefined` when it can. Tests that need one skip with it. */
export function namespacesMissing(): string | undefined {
  if (missing === null) missing = probe();
  return missing;
}

function probe(): string | undefined {
  if (process.getuid?.() !== 0) return "network namespaces need root";
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch {
    return "/dev/net/tun is missing";
  }
  try {
    using namespace = new Namespace();
    namespace.tap("probe0");
    return undefined;
  } catch (error) {
    return `no namespace with a tap: ${(error as Error).message.split("\n")[0]}`;
  }
}

/** A network namespace of this process, removed with all that is in it when disposed or when the process ends. */
export class Namespace implements Disposable {
  readonly name: string;

  constructor() {
    sweep();
    this.name = `${PREFIX}-${process.pid}-${count++}`;
    execFileSync("ip", ["netns", "add", this.name]);
    living.add(this);
    this.ip("link", "set", "lo", "up");
  }

  /** `ip -n NAME …` */
  ip(...args: string[]): string {
    return execFileSync("ip", ["-n", this.name, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Makes a tap and sets it up. Without an address it is only a plug for a guest. IPv6 stays off: it sends frames unasked. */
  tap(name: string, address?: string): void {
    this.ip("tuntap", "add", name, "mode", "tap");
    this.up(name, address);
  }

  /** Makes a pair of virtual Ethernet devices, the second one in `peer`. */
  veth(name: string, address: string, peer: Namespace, peerName: string, peerAddress: string): void {
    this.ip("link", "add", name, "type", "veth", "peer", "name", peerName, "netns", peer.name);
    this.up(name, address);
    peer.up(peerName, peerAddress);
  }

  up(name: string, address?: string): void {
    spawnSync("ip", ["netns", "exec", this.name, "sysctl", "-qw", `net.ipv6.conf.${name}.disable_ipv6=1`]);
    if (address !== undefined) this.ip("addr", "add", address, "dev", name);
    this.ip("link", "set", name, "up");
  }

  /** Turns IPv6 on for an interface, without asking for routers, and gives it an address that is used at once. */
  allowIpv6(name: string, address: string): void {
    const keys = [`net.ipv6.conf.${name}.disable_ipv6=0`, `net.ipv6.conf.${name}.router_solicitations=0`];
    execFileSync("ip", ["netns", "exec", this.name, "sysctl", "-qw", ...keys]);
    this.ip("-6", "addr", "add", address, "dev", name, "nodad");
  }

  /** Starts a program in the namespace; its process id is the program's own. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn("ip", ["netns", "exec", this.name, command, ...args], options);
  }

  remove(): void {
    if (!living.delete(this)) return;
    spawnSync("ip", ["netns", "del", this.name]);
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

let swept = false;

/** Removes what processes left behind that were killed without a chance to clean up. */
function sweep(): void {
  if (swept || !existsSync("/var/run/netns")) return;
  swept = true;
  for (const name of readdirSync("/var/run/netns")) {
    const owner = new RegExp(`^${PREFIX}-(\\d+)-\\d+$`).exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) spawnSync("ip", ["netns", "del", name]);
  }
}
