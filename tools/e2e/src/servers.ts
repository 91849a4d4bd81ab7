import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Namespace } from "@soloist/tool-wire";

/** Servers refuse to work as root, or better should: this user owns nothing. */
const NOBODY = 65_534;
const AS_NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"];
/**
 * Redis is one program, whose name says what it does; Debian has it in redis-tools. The package redis-server adds a service that
 * starts with the machine, which tests must not bring.
 */
const REDIS = "/usr/bin/redis-check-rdb";
/** So long a busy machine may take. */
const PATIENCE = 240_000;

/** A server of Debian's in a namespace, with its data in a temporary folder; disposing ends it. */
export interface DebianServer extends AsyncDisposable {
  /** What it said so far. */
  readonly log: string;
}

/** Where PostgreSQL's programs are, which are in nobody's PATH. */
function postgresFolder(): string | undefined {
  const versions = "/usr/lib/postgresql";
  if (!existsSync(versions)) return undefined;
  const newest = readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0];
  const folder = `${versions}/${newest}/bin`;
  return existsSync(`${folder}/initdb`) ? folder : undefined;
}

/** Why there is no such server here; `undefined` when there is. */
export function serverMissing(name: "redis" | "postgres"): string | undefined {
  if (name === "postgres") return postgresFolder() === undefined ? "PostgreSQL is not installed" : undefined;
  return existsSync(REDIS) ? undefined : "redis-tools is not installed";
}

/** Redis on port 6379 of `address`, which asks for this password. */
export function redisServer(net: Namespace, address: string, password: string): Promise<DebianServer> {
  const data = folder();
  const settings = ["--bind", address, "--port", "6379", "--requirepass", password, "--dir", data, "--save", ""];
  const program = join(data, "redis-server");
  symlinkSync(REDIS, program);
  const child = spawn(net, [program, ...settings, "--appendonly", "no", "--daemonize", "no"]);
  return ready(child, data, /Ready to accept connections/, "SIGKILL");
}

/** PostgreSQL on port 5432 of `address`, whose superuser is `user` with this password; the database is "postgres". */
export function postgresServer(net: Namespace, address: string, user: string, password: string): Promise<DebianServer> {
  const programs = postgresFolder()!;
  const data = folder();
  const passwords = join(data, "password");
  const cluster = join(data, "cluster");
  writeFileSync(passwords, password);
  chownSync(passwords, NOBODY, NOBODY);
  const settings = ["--no-locale", "--encoding=UTF8", "--no-sync", "--auth=scram-sha-256"];
  const initdb = [`${programs}/initdb`, ...settings, "-U", user, `--pwfile=${passwords}`, "-D", cluster];
  execFileSync("setpriv", [...AS_NOBODY, ...initdb], { cwd: data, stdio: ["ignore", "ignore", "pipe"] });
  appendFileSync(join(cluster, "pg_hba.conf"), "host all all all scram-sha-256\n");
  const own = [`listen_addresses=${address}`, `unix_socket_directories=${data}`, "fsync=off"];
  const child = spawn(net, [`${programs}/postgres`, "-D", cluster, ...own.flatMap((setting) => ["-c", setting])]);
  // SIGQUIT: at once, and its shared memory goes with it.
  return ready(child, data, /database system is ready to accept connections/, "SIGQUIT");
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "soloist-server-"));
  chownSync(path, NOBODY, NOBODY);
  chmodSync(path, 0o700);
  return path;
}

function spawn(net: Namespace, command: readonly string[]): ChildProcess {
  // A test that is killed takes its servers along.
  return net.spawn("setpriv", ["--pdeathsig=KILL", ...AS_NOBODY, ...command], { stdio: ["ignore", "pipe", "pipe"] });
}

async function ready(child: ChildProcess, data: string, sign: RegExp, end: NodeJS.Signals): Promise<DebianServer> {
  let log = "";
  const ended = once(child, "close");
  const server: DebianServer = {
    get log() {
      return log;
    },
    async [Symbol.asyncDispose]() {
      child.kill(end);
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
  const said = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server is not ready:\n${log}`)), PATIENCE);
    const hear = (chunk: Buffer): void => {
      log += chunk.toString("utf8");
      if (!sign.test(log)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", hear);
    ended.then(() => {
      clearTimeout(timer);
      reject(new Error(`the server has ended:\n${log}`));
    }, reject);
  });
  try {
    await said;
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
