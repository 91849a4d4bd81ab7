import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findPackage } from "../../src/base.ts";
import { createEngine } from "../../src/engine/create-engine.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { UNDEFINED } from "../../src/engine/values.ts";
import { type SampledFunction, StackSampler } from "../../src/profile/stack-sampler.ts";
import { prepareToyBase, toyBase } from "../toy-base.ts";

beforeAll(prepareToyBase);

/** Runs `source`; each time that it calls `platform.monotonic()`, `look` is called in the middle of the call. */
async function run(source: string, look: (engine: Engine) => void): Promise<void> {
  const host = { clock: () => 0n, random() {}, write() {}, rejection() {}, interrupt: () => false };
  const { engine, platform } = await createEngine(toyBase(), [], host, (get) => () => () => {
    look(get());
    return UNDEFINED;
  });
  engine.set(engine.global, "platform", platform);
  engine.release(engine.evaluate(source, "app.js"));
  engine.runJobs(100);
}

/** The stacks that the sampler sees, through a buffer that each read overwrites. */
async function stacks(source: string): Promise<(SampledFunction[] | undefined)[]> {
  const { platform } = toyBase().description;
  const natives = new Map(platform.functions.map(({ name }, index) => [platform.tableBase + index, name]));
  const seen: (SampledFunction[] | undefined)[] = [];
  const buffer = new Uint8Array(4096);
  await run(source, (engine) => {
    const read = (address: number, length: number) => {
      if (address + length > engine.bytes.length) return undefined;
      buffer.set(engine.bytes.subarray(address, address + length));
      return new DataView(buffer.buffer, 0, length);
    };
    seen.push(new StackSampler({ read, context: engine.context, natives }).sample());
  });
  return seen;
}

describe("the call stack in the pinned engine's memory", () => {
  it("shows functions, methods, and natives between them, with the places where they begin", async () => {
    const [stack] = await stacks(`
function innermost() { platform.monotonic(); }
class Shop {
  sell() { [1].forEach(innermost); }
}
  const withoutName = () => { new Shop().sell(); };
withoutName();
`);
    expect(stack!.slice(0, 5)).toEqual([
      { name: "native monotonic", line: 0, column: 0 },
      { name: "innermost", line: 2, column: 1 },
      { name: "(engine)", line: 0, column: 0 },
      { name: "", line: 4, column: 3 },
      { name: "", line: 6, column: 23 },
    ]);
  });

  it.each([
    [
      "asynchronous functions that go on after a wait",
      "async function later() { await 0; platform.monotonic(); }\nlater();",
    ],
    ["generators", "function* later() { platform.monotonic(); }\n[...later()];"],
    ["asynchronous generators", "async function* later() { platform.monotonic(); }\nlater().next();"],
  ])("shows %s", async (_what, source) => {
    const [stack] = await stacks(source);
    expect(stack!.map(({ name }) => name)).toContain("later");
  });

  it("is bounded, however deep the recursion is", async () => {
    const [stack] = await stacks("function dig(n) { if (n === 0) platform.monotonic(); else dig(n - 1); }\ndig(500);");
    expect(stack).toHaveLength(128);
  });

  it("is undefined where memory makes no sense", () => {
    const read = (_address: number, length: number) => new DataView(new ArrayBuffer(length).slice(0).transfer(length));
    const garbage = (address: number, length: number) => {
      const view = read(address, length);
      for (let index = 0; index < length; index++) view.setUint8(index, 0x5a);
      return view;
    };
    expect(new StackSampler({ read: garbage, context: 4, natives: new Map() }).sample()).toBeUndefined();
    expect(new StackSampler({ read: () => undefined, context: 4, natives: new Map() }).sample()).toBeUndefined();
  });
});

it("the kernel knows where the engine counts the bytes of its heap", async () => {
  const layout = JSON.parse(readFileSync(join(findPackage("@soloist/kernel")!, "layout.json"), "utf8"));
  await run("platform.monotonic()", (engine) => {
    const runtime = engine.call("JS_GetRuntime", engine.context);
    const usage = engine.call("malloc", 512);
    engine.exports.JS_ComputeMemoryUsage!(runtime, usage);
    // JSMemoryUsage begins with malloc_size, 64 bits.
    const held = engine.view.getBigInt64(usage, true);
    expect(engine.view.getUint32(runtime + Number(layout.ENGINE_HEAP_BYTES), true)).toBe(Number(held));
  });
  expect.assertions(1);
});
