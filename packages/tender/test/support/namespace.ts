import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Why this machine cannot run the tests with TAP interfaces; undefined when it can. */
export function noNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/dev/net/tun")) return "needs /dev/net/tun";
  const probe = spawnSync("unshare", ["--net", "ip", "tuntap", "add", "probe0", "mode", "tap"], { encoding: "utf8" });
  return probe.status === 0 ? undefined : `cannot make a TAP interface: ${probe.error?.message ?? probe.stderr.trim()}`;
}

/** A network namespace of this test's own. */
export interface Namespace extends Disposable {
  /** `ip netns exec` and its argument, in front of a command. */
  readonly prefix: readonly string[];
  /** Runs `ip ARGS` in it; throws when that fails. */
  ip(args: string): void;
}

let count = 0;

/** Makes a namespace; removed with everything in it when disposed of. */
export function createNamespace(): Namespace {
  const name = `soloist-tender-${process.pid}-${count++}`;
  execFileSync("ip", ["netns", "add", name]);
  return {
    prefix: ["ip", "netns", "exec", name],
    ip: (args) => void execFileSync("ip", ["-n", name, ...args.split(" ")], { stdio: ["ignore", "ignore", "pipe"] }),
    [Symbol.dispose]: () => void execFileSync("ip", ["netns", "del", name]),
  };
}
