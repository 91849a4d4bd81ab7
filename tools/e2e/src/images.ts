import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

export type Target = "spt" | "virtio";
export const targets: readonly Target[] = ["spt", "virtio"];

const root = fileURLToPath(new URL("../../..", import.meta.url));
const images = join(root, "tools/e2e/build");
export const soloist = process.env.SOLOIST_CLI ?? join(root, "node_modules/.bin/soloist");

function runBuild(app: string, target: Target, flags: readonly string[], out: string) {
  mkdirSync(images, { recursive: true });
  return spawnSync(
    soloist,
    ["build", isAbsolute(app) ? app : join(root, app), "--target", target, "--out", out, ...flags],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
}

const built = new Map<string, string>();

/** Builds an app of this repository and returns the image's path; once for each app, target and flags in this process. */
export function build(app: string, target: Target, flags: readonly string[] = []): string {
  const key = [app, target, ...flags].join(" ");
  const known = built.get(key);
  if (known !== undefined) return known;
  const out = join(images, `${basename(app)}${flags.join("")}.${target}`);
  const result = runBuild(app, target, flags, out);
  if (result.status !== 0)
    throw new Error(`soloist build ${key} (exit ${result.status}):\n${result.stdout}${result.stderr}`);
  built.set(key, out);
  return out;
}

/** Builds an app that must not build; returns what the builder said. */
export function buildFails(app: string, target: Target = "spt"): { status: number | null; text: string } {
  const result = runBuild(app, target, [], join(images, `${basename(app)}.${target}`));
  return { status: result.status, text: result.stdout + result.stderr };
}

/** A path in the folder of built images, for those that tests make themselves. */
export function image(name: string): string {
  mkdirSync(images, { recursive: true });
  return join(images, name);
}

/** What `soloist inspect --json` says of an image. */
export function inspect(path: string): Record<string, unknown> {
  const result = spawnSync(soloist, ["inspect", path, "--json"], { cwd: root, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`soloist inspect ${path}:\n${result.stderr}`);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}
