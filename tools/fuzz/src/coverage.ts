import { Session } from "node:inspector";

interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
  }[];
}

/** What ran between two readings. */
export type Reading = readonly ScriptCoverage[];

let session: Session | undefined;

function post<Result>(method: string, parameters: object = {}): Result {
  let result: Result | undefined;
  // With a session of the own thread the answer is there when the call returns.
  session!.post(method, parameters, (error, value) => {
    if (error !== null) throw error;
    result = value as Result;
  });
  return result as Result;
}

/** Starts to count. What is loaded before has none of its blocks counted. */
export function startCounting(): void {
  session = new Session();
  session.connect();
  post("Profiler.enable");
  post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
}

/** What ran since the last reading: about 1 ms, whatever it was. */
export function read(): Reading {
  return post<{ result: Reading }>("Profiler.takePreciseCoverage").result;
}

/** Which code of some files has run, by V8's own counters of blocks. */
export class Coverage {
  readonly #isCounted: (url: string) => boolean;
  /** By file: 1 where a character of its code has run. */
  readonly #reached = new Map<string, Uint8Array>();
  /** By file: where blocks begin, as far as V8 ever told them apart. */
  readonly #blocks = new Map<string, Set<number>>();
  /** Ways through functions that have nothing new, by a hash: nearly all of them. */
  readonly #known = new Set<number>();
  #scratch = new Uint8Array(1 << 17);

  constructor(isCounted: (url: string) => boolean) {
    this.#isCounted = isCounted;
  }

  /** Whether something in `reading` had never run before; with `keep` it has, from now on. */
  hasNew(reading: Reading, keep: boolean): boolean {
    let found = false;
    for (const script of reading) {
      if (!this.#isCounted(script.url)) continue;
      if (this.#add(script, keep)) found = true;
      if (found && !keep) return true;
    }
    return found;
  }

  /** Blocks that have run, and blocks that are known. */
  get blocks(): { readonly reached: number; readonly known: number } {
    let reached = 0;
    let known = 0;
    for (const [url, starts] of this.#blocks) {
      const map = this.#reached.get(url)!;
      known += starts.size;
      for (const start of starts) reached += map[start]!;
    }
    return { reached, known };
  }

  #add({ url, functions }: ScriptCoverage, keep: boolean): boolean {
    const end = functions.reduce((most, { ranges }) => Math.max(most, ranges[0]!.endOffset), 0);
    let map = this.#reached.get(url) ?? new Uint8Array(0);
    if (map.length < end) {
      const larger = new Uint8Array(end);
      larger.set(map);
      map = larger;
      this.#reached.set(url, map);
    }
    const blocks = this.#blocks.get(url) ?? new Set();
    this.#blocks.set(url, blocks);
    if (this.#scratch.length < end) this.#scratch = new Uint8Array(2 * end);
    const scratch = this.#scratch;
    // Outer functions and blocks come before those within them.
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        scratch.fill(count > 0 ? 1 : 0, startOffset, endOffset);
        blocks.add(startOffset);
      }
    }
    let found = false;
    for (const { ranges } of functions) {
      const way = hash(url, ranges);
      if (this.#known.has(way)) continue;
      const { startOffset, endOffset } = ranges[0]!;
      let isNew = false;
      for (let at = startOffset; at < endOffset; at++) {
        if (scratch[at]! <= map[at]!) continue;
        isNew = true;
        if (keep) map[at] = 1;
      }
      if (isNew) found = true;
      if (!isNew || keep) this.#known.add(way);
    }
    for (const { ranges } of functions) scratch.fill(0, ranges[0]!.startOffset, ranges[0]!.endOffset);
    return found;
  }
}

/** 52 bits of a function, and of which of its blocks have run. */
function hash(url: string, ranges: ScriptCoverage["functions"][number]["ranges"]): number {
  let low = url.length;
  let high = url.charCodeAt(url.length - 5);
  for (const { startOffset, endOffset, count } of ranges) {
    const ran = count > 0 ? 1 : 0;
    low = Math.imul(low ^ (startOffset * 2 + ran), 0x01000193);
    high = Math.imul(high ^ (endOffset * 2 + ran), 0x5bd1e995) ^ (low >>> 15);
  }
  return (high >>> 12) * 0x1_0000_0000 + (low >>> 0);
}
