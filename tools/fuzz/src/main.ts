import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { FuzzTarget } from "@soloist/testing";
import { Coverage, startCounting } from "./coverage.ts";
import { fuzz, minimal } from "./fuzzer.ts";
import { watchdog } from "./watchdog.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const usage =
  "usage: fuzz [--runs N | --seconds N] [--seed N] [--blind] [--keep] [--list] [TARGET…] | --input HEX TARGET";

/** Bytes of a target's inputs that are kept: they are in the repository. */
const MOST_KEPT = 24_000;

class UsageError extends Error {}

interface Named {
  readonly name: string;
  readonly target: FuzzTarget;
  /** File with what was found earlier, an input a line, in hexadecimal digits. */
  readonly corpusPath: string;
}

async function targetsOf(wanted: readonly string[]): Promise<Named[]> {
  const all: Named[] = [];
  for (const path of globSync("packages/*/test/fuzz/targets.ts", { cwd: root }).toSorted()) {
    const { targets } = (await import(pathToFileURL(join(root, path)).href)) as { targets: Record<string, FuzzTarget> };
    for (const [name, target] of Object.entries(targets)) {
      all.push({ name, target, corpusPath: join(root, dirname(path), "corpus", `${name}.txt`) });
    }
  }
  const unknown = wanted.find((name) => !all.some((each) => each.name === name));
  if (unknown !== undefined)
    throw new UsageError(`no target ${unknown}; there are ${all.map((each) => each.name).join(", ")}`);
  return wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

function corpusOf(path: string): Uint8Array[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").filter(Boolean).map(bytesOf);
}

function number(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new UsageError(`not a number: ${text}`);
  return value;
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: "string" },
        seconds: { type: "string" },
        seed: { type: "string" },
        input: { type: "string" },
        blind: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Code of the packages' own, without tests. */
const isCounted = (url: string): boolean => /\/packages\/(?!testing\/)[^/]+\/src\//.test(url);

async function main(): Promise<void> {
  const { values, positionals } = options();
  startCounting();
  const targets = await targetsOf(positionals);
  if (values.list) {
    for (const { name } of targets) console.log(name);
    return;
  }
  if (values.input !== undefined) {
    if (positionals.length !== 1) throw new UsageError("an input is for one target");
    if (!/^([0-9a-f]{2})*$/i.test(values.input)) throw new UsageError(`not hexadecimal digits: ${values.input}`);
    console.log(await targets[0]!.target.run(bytesOf(values.input)));
    return;
  }
  const seconds = number(values.seconds, Number.POSITIVE_INFINITY);
  const most = number(values.runs, seconds === Number.POSITIVE_INFINITY ? 100_000 : Number.POSITIVE_INFINITY);
  const seed = number(values.seed, 1);
  const watch = watchdog();
  for (const { name, target, corpusPath } of targets) {
    const corpus = corpusOf(corpusPath);
    const coverage = new Coverage(isCounted);
    const until = performance.now() + (seconds * 1000) / targets.length;
    const goesOn = (runs: number) => runs < most && performance.now() < until;
    const result = await fuzz({ target, coverage, seed, corpus, guided: !values.blind, goesOn, watch });
    const { reached, known } = coverage.blocks;
    console.log(
      `${name}: ${result.runs} inputs, ${reached} of ${known} blocks, ${result.outcomes} outcomes, ${corpus.length} inputs kept earlier, ${result.found.length} found`,
    );
    if (result.failure !== undefined) {
      const { input, error } = result.failure;
      console.log(error);
      console.log(`again: npm run fuzz -w tools/fuzz -- --input ${hex(input)} ${name}`);
      process.exitCode = 1;
    }
    if (values.keep && result.failure === undefined) {
      const fresh = { target, coverage: new Coverage(isCounted), watch };
      const kept = await minimal(fresh, [...corpus, ...result.found], MOST_KEPT);
      mkdirSync(dirname(corpusPath), { recursive: true });
      writeFileSync(corpusPath, kept.map((input) => `${hex(input)}\n`).join(""));
      console.log(`${name}: ${kept.length} are kept`);
    }
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`fuzz: ${error.message}\n${usage}`);
  process.exitCode = 2;
}
