import { execFile, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { numbers } from "@soloist/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const soloist = path("../../toolchain/bin/soloist.mjs");
const tender = path("../../tender/dist/soloist-spt");
const isBuilt = existsSync(path("../../kernel/dist/base-spt.elf")) && existsSync(tender);

/** Boots the image and kills it after so many acknowledgements; what it printed. */
async function bootAndKill(image: string, disk: string, after: number): Promise<string[]> {
  const guest = spawn(tender, ["--mem=64", `--block:data=${disk}`, image], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  let acknowledged = 0;
  for await (const line of createInterface({ input: guest.stdout })) {
    lines.push(line);
    if (line.startsWith("ack") && ++acknowledged === after) guest.kill("SIGKILL");
  }
  return lines;
}

describe.skipIf(!isBuilt)("a booted image that is killed", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kv-"));
    const image = join(folder, "kv.spt");
    await promisify(execFile)(process.execPath, [
      soloist,
      "build",
      path("fixtures/image"),
      "--target",
      "spt",
      "--out",
      image,
    ]);
    writeFileSync(join(folder, "disk"), "");
    truncateSync(join(folder, "disk"), 512 * (2 + 16 * 32));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("runs the program of the README, which counts its boots", async () => {
    const app = join(folder, "app");
    mkdirSync(join(app, "src"), { recursive: true });
    mkdirSync(join(app, "node_modules/@soloist"), { recursive: true });
    for (const name of ["kv", "runtime", "interface"]) {
      symlinkSync(path(`../../${name}`), join(app, "node_modules/@soloist", name));
    }
    writeFileSync(join(app, "package.json"), '{"name":"app","type":"module"}');
    const program = /```ts\n([\s\S]*?)```/.exec(readFileSync(path("../README.md"), "utf8"))![1]!;
    writeFileSync(join(app, "src/main.ts"), program);
    const image = join(folder, "readme.spt");
    const disk = join(folder, "readme.img");
    await promisify(execFile)(process.execPath, [soloist, "build", app, "--target", "spt", "--out", image]);
    writeFileSync(disk, "");
    truncateSync(disk, 4 << 20);
    for (let boots = 1; boots <= 3; boots++) {
      const { stdout } = await promisify(execFile)(tender, ["--mem=32", `--block:data=${disk}`, image]);
      expect(stdout).toBe(`boots: ${boots}\n`);
    }
  });

  it("finds what it had acknowledged when it is booted again, forty times", async () => {
    const random = numbers(5);
    const acknowledged = new Map<number, number>();
    for (let boot = 0; boot < 40; boot++) {
      const [found, ...acks] = await bootAndKill(join(folder, "kv.spt"), join(folder, "disk"), 1 + random(200));
      const state = new Map(
        [...found!.matchAll(/(\d+)=(\d+)/g)].map(([, key, value]) => [Number(key), Number(value)] as const),
      );
      for (const [key, value] of acknowledged) {
        // One more may have been on its way when the line was printed.
        expect([value, value + 1]).toContain(state.get(key));
      }
      for (const [key, value] of state) acknowledged.set(key, value);
      expect(acks.length).toBeGreaterThan(0);
      for (const line of acks) {
        const complete = /^ack (\d+) (\d+)$/.exec(line);
        if (complete) acknowledged.set(Number(complete[1]), Number(complete[2]));
      }
    }
    expect(acknowledged.size).toBe(40);
  });
});
