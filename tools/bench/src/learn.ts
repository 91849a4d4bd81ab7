// npm run learn -w tools/bench: writes packages/kernel/src/builder/successors.json, which says for each end of the engine's
// instructions what came next most often while apps/training.ts ran. Wanted after an update of the engine, or of shortcuts.ts.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build, tender } from "@soloist/tool-e2e";

const kernel = join(import.meta.dirname, "../../../packages/kernel");
const OPCODES = 256;
/** An opcode is compared with while it is at least this part of what the comparisons before it left. */
const LEAST_SHARE = 0.1;
const MOST = 8;

const buildKernel = (...args: string[]) =>
  execFileSync("npx", ["tsx", "src/builder/main.ts", ...args], { cwd: kernel, encoding: "utf8" });

const said = buildKernel("--count");
const interpreter = /interpreter (\w+)/.exec(said)![1]!;
const symbols = execFileSync("nm", ["-S", join(kernel, "dist/base-spt.elf")], { encoding: "utf8" });
const [address, size] = /^(\w+) (\w+) \w dispatch_counts$/m
  .exec(symbols)!
  .slice(1)
  .map((text) => Number.parseInt(text, 16)) as [number, number];

const guest = spawn(tender, ["--mem=64", "--", build("tools/bench/apps/training.ts", "spt")]);
const counts = new Uint32Array(size / 4);
for await (const line of createInterface(guest.stdout)) {
  if (line !== "LEARNT") continue;
  const memory = openSync(`/proc/${guest.pid}/mem`, "r");
  const bytes = new Uint8Array(counts.buffer);
  for (let at = 0; at < size; ) at += readSync(memory, bytes, at, size - at, address + at);
  closeSync(memory);
  break;
}
guest.kill("SIGKILL");
await once(guest, "exit");

/** The opcodes behind one end, the most frequent first. */
function successors(row: Uint32Array): number[] {
  const order = [...row.keys()].filter((n) => row[n]! > 0).sort((a, b) => row[b]! - row[a]! || a - b);
  let left = row.reduce((sum, count) => sum + count, 0);
  const list: number[] = [];
  for (const n of order) {
    if (list.length === MOST || row[n]! < LEAST_SHARE * left) break;
    list.push(n);
    left -= row[n]!;
  }
  return list;
}

const ends = Array.from({ length: counts.length / OPCODES }, (_, n) =>
  successors(counts.subarray(n * OPCODES, (n + 1) * OPCODES)),
);
const file = join(kernel, "src/builder/successors.json");
writeFileSync(file, JSON.stringify({ interpreter, ends }));
execFileSync("npx", ["biome", "format", "--write", file]);
buildKernel();
console.log(`${ends.filter((list) => list.length > 0).length} of ${ends.length} ends were reached`);
