import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** What a person's shell knows beside what is set here: never what tells programs that they run in CI or below npm. */
const KEPT =
  /^(?:HOME|XDG_STATE_HOME|USER|LOGNAME|LANG|TMPDIR|SHELL|NODE_EXTRA_CA_CERTS|SSL_CERT_.*|(?:https?|no|all)_proxy)$/i;

/** Nothing of this repository is in the way: neither npm's variables for scripts nor the folders that it puts in front of PATH. */
export function strangersEnvironment(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name));
  const path = (process.env.PATH ?? "").split(delimiter).filter((one) => !one.includes("node_modules"));
  return {
    ...Object.fromEntries(kept),
    npm_config_userconfig: "/dev/null",
    npm_config_update_notifier: "false",
    ...variables,
    PATH: [dirname(process.execPath), ...path, "/usr/sbin", "/sbin"].join(delimiter),
  };
}

/** Where npm looks for packages on this machine. */
export function upstreamRegistry(): string {
  const url = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
  return url.endsWith("/") ? url : `${url}/`;
}

/** A cache for npm: empty, or one that knows the downloads of this machine's; never its list of commands that were run before. */
export function npmCache(folder: string, isWarm: boolean): string {
  const cache = join(folder, "npm-cache");
  mkdirSync(cache, { recursive: true });
  const own = join(execFileSync("npm", ["config", "get", "cache"], { encoding: "utf8" }).trim(), "_cacache");
  if (isWarm && existsSync(own)) symlinkSync(own, join(cache, "_cacache"));
  return cache;
}
