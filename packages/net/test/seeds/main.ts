import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { converse, scenario } from "./conversation.ts";

/**
 * Runs conversations of many seeds, on every core:
 *
 *     npm run seeds -w packages/net -- --count 10000
 *     npm run seeds -w packages/net -- --from 1 --count 1000000 --shard 3/8
 *     npm run seeds -w packages/net -- --seed 4711
 *
 * Prints what failed, and the slowest ones in virtual time. Exit code 1 when any failed.
 */
interface Report {
  readonly done: number;
  readonly frames: number;
  readonly unsure: number;
  readonly gaveUp: number;
  readonly cpu: number;
  readonly failed: { seed: number; reason: string }[];
  readonly slowest: { seed: number; time: number; frames: number }[];
}

const KEEP = 10;
/** Failures that are printed. */
const SHOWN = 50;

async function run(from: number, to: number, step: number): Promise<Report> {
  const failed: Report["failed"] = [];
  let slowest: Report["slowest"] = [];
  let done = 0;
  let frames = 0;
  let unsure = 0;
  let gaveUp = 0;
  for (let seed = from; seed < to; seed += step) {
    try {
      const outcome = await converse(seed);
      frames += outcome.frames;
      unsure += outcome.unsure;
      gaveUp += outcome.gaveUp;
      slowest.push({ seed, time: outcome.time, frames: outcome.frames });
      if (slowest.length > 10 * KEEP) slowest = trim(slowest);
    } catch (error) {
      failed.push({ seed, reason: error instanceof Error ? error.message : String(error) });
    }
    done++;
  }
  const { user, system } = process.cpuUsage();
  return { done, frames, unsure, gaveUp, cpu: (user + system) / 1e6, failed, slowest: trim(slowest) };
}

function trim(list: Report["slowest"]): Report["slowest"] {
  return list.sort((a, b) => b.time - a.time).slice(0, KEEP);
}

const usage = "usage: seeds [--from N] [--count N] [--shard I/N] [--jobs N] | --seed N";

function number(text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    console.error(`seeds: not a number from ${least} on: ${text}\n${usage}`);
    process.exit(2);
  }
  return value;
}

function options() {
  try {
    return parseArgs({
      options: {
        from: { type: "string", default: "1" },
        count: { type: "string", default: "10000" },
        shard: { type: "string", default: "1/1" },
        jobs: { type: "string", default: String(availableParallelism()) },
        seed: { type: "string" },
        worker: { type: "string" },
      },
    }).values;
  } catch (error) {
    console.error(`seeds: ${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const values = options();
  if (values.worker !== undefined) {
    const [from, to, step] = values.worker.split(",").map(Number) as [number, number, number];
    const report = await run(from, to, step);
    process.send!(report, () => process.disconnect());
    return;
  }
  if (values.seed !== undefined) {
    const seed = number(values.seed, 0);
    console.log(scenario(seed));
    console.log(await converse(seed));
    return;
  }
  const [shard, shards] = values.shard.split("/").map((text) => number(text, 1)) as [number, number | undefined];
  if (shards === undefined || shard > shards) number(values.shard, 1);
  const jobs = number(values.jobs, 1);
  const from = number(values.from, 0);
  const to = from + number(values.count, 1);
  // Neighbours differ as much as any two seeds: each job takes every nth.
  const step = jobs * shards!;
  const reports = await Promise.all(
    Array.from({ length: jobs }, (_, job) => {
      const child = fork(process.argv[1]!, ["--worker", `${from + (shard - 1) * jobs + job},${to},${step}`]);
      return new Promise<Report>((resolve, reject) => {
        child.on("message", (report) => resolve(report as Report));
        child.on("exit", (code) => reject(new Error(`a job ended with exit code ${code}`)));
      });
    }),
  );
  const failed = reports.flatMap((report) => report.failed).sort((a, b) => a.seed - b.seed);
  const sum = (of: (report: Report) => number) => reports.reduce((total, report) => total + of(report), 0);
  for (const { seed, reason } of failed.slice(0, SHOWN)) console.log(`seed ${seed}: ${reason}`);
  console.log("slowest, virtual seconds:");
  for (const { seed, time, frames } of trim(reports.flatMap((report) => report.slowest))) {
    console.log(`  seed ${seed}: ${(time / 1000).toFixed(1)} s, ${frames} frames`);
  }
  console.log(
    `${sum((report) => report.done)} seeds, ${failed.length} failed, ${sum((report) => report.unsure)} ends unsure, ${sum((report) => report.gaveUp)} given up, ${sum((report) => report.frames)} frames, ${sum((report) => report.cpu).toFixed(1)} s of CPU`,
  );
  process.exitCode = failed.length > 0 ? 1 : 0;
}

await main();
