import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { StackMapper } from "../stacks.ts";
import type { SampledFunction } from "./stack-sampler.ts";

/** Chrome's format, which speedscope reads as well. Lines and columns from 0, times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** Node of each sample, and the time since the one before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  hitCount: number;
  readonly children: number[];
}

export interface CallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface Branch {
  readonly node: ProfileNode;
  readonly below: Map<string, Branch>;
}

/** Functions that stand for a sample without a stack. */
export const IDLE: SampledFunction = { name: "(idle)", line: 0, column: 0 };
export const PROGRAM: SampledFunction = { name: "(program)", line: 0, column: 0 };

/** Collects samples as a tree of calls. */
export class ProfileBuilder {
  readonly #nodes: ProfileNode[] = [];
  readonly #samples: number[] = [];
  readonly #deltas: number[] = [];
  readonly #frames = new Map<SampledFunction, CallFrame>();
  readonly #root: Branch;
  readonly #mapper: StackMapper | undefined;
  readonly #startTime: number;
  #last: number;

  /** `now`: microseconds. Without a mapper functions have their places in the bundle. */
  constructor(now: number, mapper?: StackMapper) {
    this.#startTime = now;
    this.#last = now;
    this.#mapper = mapper;
    this.#root = this.#branch({ functionName: "(root)", scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 });
  }

  /** A stack, the innermost function first. */
  add(stack: readonly SampledFunction[], now: number): void {
    let branch = this.#root;
    for (let index = stack.length - 1; index >= 0; index--) branch = this.#child(branch, this.#frameOf(stack[index]!));
    branch.node.hitCount++;
    this.#samples.push(branch.node.id);
    this.#deltas.push(Math.round(now - this.#last));
    this.#last = now;
  }

  build(): CpuProfile {
    return {
      nodes: this.#nodes,
      startTime: this.#startTime,
      endTime: this.#last,
      samples: this.#samples,
      timeDeltas: this.#deltas,
    };
  }

  #branch(callFrame: CallFrame): Branch {
    const node = { id: this.#nodes.length + 1, callFrame, hitCount: 0, children: [] };
    this.#nodes.push(node);
    return { node, below: new Map() };
  }

  #child(parent: Branch, frame: CallFrame): Branch {
    const key = `${frame.functionName}\n${frame.url}\n${frame.lineNumber}\n${frame.columnNumber}`;
    let child = parent.below.get(key);
    if (child === undefined) {
      child = this.#branch(frame);
      parent.below.set(key, child);
      parent.node.children.push(child.node.id);
    }
    return child;
  }

  #frameOf(called: SampledFunction): CallFrame {
    let frame = this.#frames.get(called);
    if (frame === undefined) {
      frame = this.#describe(called);
      this.#frames.set(called, frame);
    }
    return frame;
  }

  #describe({ name, line, column }: SampledFunction): CallFrame {
    if (line === 0)
      return { functionName: name || "(native)", scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 };
    const place = this.#mapper?.position(line, column);
    const named =
      name.replace(/^<(.*)>$/, "$1") || (place && nameFromSource(place.path, place.line, place.column)) || "";
    return {
      functionName: named === "" ? "(anonymous)" : named,
      scriptId: "0",
      url: place ? pathToFileURL(place.path).href : "app.js",
      lineNumber: (place?.line ?? line) - 1,
      columnNumber: (place?.column ?? column) - 1,
    };
  }
}

/** Name of a method, or what a function without a name of its own was assigned to: `const onEnd = () => …`, `poll: (now) => …`. */
function nameFromSource(path: string, line: number, column: number): string | undefined {
  let text: string | undefined;
  try {
    text = readFileSync(path, "utf8").split("\n")[line - 1];
  } catch {
    return undefined; // sources need not be here
  }
  const method = /^(?:(?:async|static|get|set)\s+|\*\s*)*([#\w$]+)\s*[(<]/.exec(text?.slice(column - 1) ?? "")?.[1];
  if (method !== undefined && method !== "function" && method !== "async") return method;
  const before = text?.slice(0, column - 1) ?? "";
  return /([\w$]+)(?:\s*:[^=]*)?\s*[=:]\s*(?:async\s*)?$/.exec(before)?.[1];
}

export interface Hotspot {
  readonly functionName: string;
  readonly url: string;
  /** From 1. */
  readonly line: number;
  /** Of the samples in which the guest was busy, 0 to 1. */
  readonly share: number;
}

/** Functions that most of the time was spent in themselves, not in what they call. */
export function hotspots({ nodes, samples }: CpuProfile, count: number): { busy: number; top: Hotspot[] } {
  const byPlace = new Map<string, { frame: CallFrame; hits: number }>();
  let busy = 0;
  for (const { callFrame: frame, hitCount } of nodes) {
    if (frame.functionName === IDLE.name || hitCount === 0) continue;
    busy += hitCount;
    const key = `${frame.functionName}\n${frame.url}\n${frame.lineNumber}`;
    const known = byPlace.get(key);
    if (known === undefined) byPlace.set(key, { frame, hits: hitCount });
    else known.hits += hitCount;
  }
  const top = [...byPlace.values()]
    .sort((a, b) => b.hits - a.hits)
    .slice(0, count)
    .map(({ frame: { functionName, url, lineNumber }, hits }) => ({
      functionName,
      url,
      line: lineNumber + 1,
      share: hits / busy,
    }));
  return { busy: samples.length === 0 ? 0 : busy / samples.length, top };
}
