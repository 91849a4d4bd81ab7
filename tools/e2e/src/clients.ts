import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

export interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a client runs: a namespace, or this machine. */
export interface Place {
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
}

/** This machine itself, for guests behind a port of loopback. */
export const here: Place = { spawn };

/** Waits for a program and returns all it wrote. */
export async function output(child: ChildProcess): Promise<Output> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

/** Runs a program, with `input` on its stdin. */
export function runIn(
  place: Place,
  command: string,
  args: readonly string[],
  input: string | Uint8Array = "",
): Promise<Output> {
  const child = place.spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  // A client that has its answer may end before it has read everything.
  child.stdin!.on("error", () => {});
  child.stdin!.end(input);
  return output(child);
}

/** `curl -sS`; throws unless it succeeds. Returns what it printed. */
export async function curl(place: Place, args: readonly string[], input = ""): Promise<string> {
  const result = await runIn(place, "curl", ["-sS", "--max-time", "240", ...args], input);
  if (result.code !== 0) throw new Error(`curl ${args.join(" ")} (exit ${result.code}): ${result.stderr}`);
  return result.stdout;
}

const clients = fileURLToPath(new URL("../clients", import.meta.url));

/** Runs a TypeScript file with Node.js; throws unless it ends well; returns the JSON that it printed. */
export async function nodeIn<T>(
  place: Place,
  path: string,
  args: readonly (string | number)[],
  input: string | Uint8Array = "",
): Promise<T> {
  const result = await runIn(place, process.execPath, [path, ...args.map(String)], input);
  if (result.code !== 0)
    throw new Error(`${path} ${args.join(" ")} (exit ${result.code}):\n${result.stdout}${result.stderr}`);
  return JSON.parse(result.stdout) as T;
}

/** One of this package's clients, by name. */
export function client<T>(
  place: Place,
  name: string,
  args: readonly (string | number)[],
  input: string | Uint8Array = "",
): Promise<T> {
  return nodeIn(place, `${clients}/${name}.ts`, args, input);
}

/** A port of loopback that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
