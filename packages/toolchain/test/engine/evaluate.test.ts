import { beforeAll, describe, expect, it } from "vitest";
import { createEngine } from "../../src/engine/create-engine.ts";
import { type Engine, EvaluationError } from "../../src/engine/engine.ts";
import { BuildTimeError, type Evaluation, evaluate } from "../../src/engine/evaluate.ts";
import { UNDEFINED } from "../../src/engine/values.ts";
import { prepareToyBase, toyBase } from "../toy-base.ts";

beforeAll(prepareToyBase);

const HEAD = `
const platform = globalThis["native:platform"];
const devices = [{ name: "service", type: "NET_BASIC" }];
platform.register({
  manifest: () => JSON.stringify({ type: "solo5.manifest", version: 1, devices }),
  boot: () => globalThis.answer(),
  turn: () => Infinity,
  uncaught() {},
  rejection() {},
});
`;

interface Options {
  snapshot?: boolean;
  modules?: string[];
}

async function run(
  source: string,
  { snapshot = true, modules = [] }: Options = {},
): Promise<Evaluation & { output: string }> {
  let output = "";
  const consoleWrite = (bytes: Uint8Array) => {
    output += Buffer.from(bytes).toString();
  };
  const result = await evaluate({ base: toyBase(), source: HEAD + source, modules, snapshot, consoleWrite });
  return { ...result, output };
}

const failure = (source: string, options?: Options) =>
  run(source, options).then(
    () => undefined,
    (error: unknown) => error as EvaluationError,
  );

/** A fresh engine whose memory is the snapshot: what the kernel does at boot. */
async function restore({ snapshot }: Evaluation, modules: string[] = []): Promise<Engine> {
  const host = { clock: () => 0n, random() {}, write() {}, rejection() {}, interrupt: () => false };
  const { engine } = await createEngine(toyBase(), modules, host, () => () => () => UNDEFINED);
  const missing = (snapshot.memory.length - engine.bytes.length) / 65536;
  if (missing > 0) (engine.memory as unknown as { grow(pages: number): void }).grow(missing);
  engine.bytes.set(snapshot.memory);
  return engine;
}

const boots = async (source: string, modules: string[] = []) => {
  const result = await run(source, { modules });
  const engine = await restore(result, modules);
  return engine.text(engine.callFunction(result.snapshot.handlers[0], UNDEFINED));
};

describe("a snapshot", () => {
  it("holds what the top level made: objects, closures, maps, classes, generators under way", async () => {
    const answer = await boots(`
      class Counter { #n = 40; add(k) { this.#n += k; return this.#n; } }
      const counter = new Counter();
      const map = new Map([["a", 1], ["b", { c: [1, 2, 3] }]]);
      function* steps() { yield 1; yield 2; yield 3; }
      const generator = steps(); generator.next();
      globalThis.answer = () => [counter.add(2), map.get("b").c.join("-"), generator.next().value, /a+b/.test("caaab")].join(" ");
    `);
    expect(answer).toBe("42 1-2-3 2 true");
  });

  it("holds no code of the top level, which has run", async () => {
    // Larger than what the engine takes from its pools, where freed bytes stay.
    const [once, later] = ["once ".repeat(500), "later ".repeat(500)];
    const source = `platform.consoleWrite("${once}"); const text = "${later}"; globalThis.answer = () => text;`;
    const { snapshot, output } = await run(source);
    expect(output).toBe(once);
    const memory = Buffer.from(snapshot.memory);
    expect(memory.includes(later)).toBe(true);
    expect(memory.includes(once)).toBe(false);
  });

  it("holds typed arrays, and strings of all kinds", async () => {
    const text = "ä€😀".repeat(50);
    const answer = await boots(`
      const bytes = new Uint8Array(100_000).map((_, index) => index * 7);
      const text = ${JSON.stringify(text)};
      globalThis.answer = () => bytes.reduce((sum, byte) => sum + byte, 0) + text;
    `);
    const sum = new Uint8Array(100_000).map((_, index) => index * 7).reduce((total, byte) => total + byte, 0);
    expect(answer).toBe(sum + text);
  });

  it("holds results of awaits at top level", async () => {
    expect(await boots("const x = await Promise.resolve(20); globalThis.answer = () => x + (x + 2);")).toBe("42");
  });

  it("holds engine modules and their objects", async () => {
    const source = 'const encoder = new TextEncoder(); globalThis.answer = () => encoder.encode("ä").join();';
    expect(await boots(source, ["encoding"])).toBe("195,164");
  });

  it("has no module that was not asked for", async () => {
    expect(await boots("globalThis.answer = () => typeof TextEncoder;")).toBe("undefined");
  });

  it("is the same bytes for the same source", async () => {
    const source =
      "globalThis.answer = () => 1; const lots = Array.from({ length: 5000 }, (_, n) => ({ n, s: 's' + n }));";
    const [first, second] = [await run(source), await run(source)];
    expect(Buffer.compare(first.snapshot.memory, second.snapshot.memory)).toBe(0);
    expect(first.snapshot).toEqual(second.snapshot);
  });

  it("carries neither the source nor large blocks that were freed", async () => {
    const { snapshot } = await run(`
      globalThis.answer = () => { /* ${"a comment that parsers drop ".repeat(20)} */ return 1; };
      let garbage = Array.from({ length: 50 }, (_, n) => ("garbage number " + n).repeat(200)); garbage = undefined;
    `);
    const memory = Buffer.from(snapshot.memory);
    expect(memory.includes("a comment that parsers drop")).toBe(false);
    expect(memory.includes("garbage number 17garbage number 17")).toBe(false);
  });

  it("keeps line numbers in stacks", async () => {
    const source = "globalThis.answer = () => { try { null.x } catch (error) { return error.stack } };";
    expect(await boots(source)).toMatch(/at <anonymous> \(app\.js:11:\d+\)|app\.js:11:/);
  });

  it("leaves Math.random as it was seeded, and says where its state is", async () => {
    const result = await run("globalThis.answer = () => Math.random();");
    const engine = await restore(result);
    const random = () => engine.text(engine.callFunction(result.snapshot.handlers[0], UNDEFINED));
    engine.view.setBigUint64(result.snapshot.mathRandom, 12345n, true);
    const first = [random(), random()];
    engine.view.setBigUint64(result.snapshot.mathRandom, 12345n, true);
    expect([random(), random()]).toEqual(first);
    engine.view.setBigUint64(result.snapshot.mathRandom, 54321n, true);
    expect(random()).not.toBe(first[0]);
  });
});

describe("evaluating", () => {
  it("reads the devices from the registered manifest", async () => {
    expect((await run("")).devices).toEqual([{ name: "service", type: "NET_BASIC" }]);
  });

  it("console output at top level appears while building", async () => {
    expect((await run('platform.consoleWrite("hä\\n"); platform.consoleWrite(Uint8Array.of(65, 10));')).output).toBe(
      "hä\nA\n",
    );
  });

  it.each([
    ["Date.now()", undefined],
    ["new Date()", undefined],
    ["performance.now()", "performance.now"],
    ["Math.random()", "Math.random"],
    ["const kept = Date.now; try { kept() } catch {}", undefined],
  ])("%s is refused, also when the app would catch it", async (source, api) => {
    const error = (await failure(source)) as unknown as BuildTimeError;
    expect(error).toBeInstanceOf(BuildTimeError);
    expect(error.api).toBe(api);
    expect(error.jsStack).toMatch(/app\.js:11:/);
  });

  it.each(["monotonic", "entropy", "netRead", "commandLine"])("platform.%s() throws ERR_BUILD_TIME", async (name) => {
    const { output } = await run(
      `try { platform.${name}(0, new Uint8Array(4)) } catch (error) { platform.consoleWrite(error.code + " " + error.message) }`,
    );
    expect(output).toMatch(/^ERR_BUILD_TIME .*top level/);
    expect(await failure(`platform.${name}(0, new Uint8Array(4))`)).toMatchObject({ code: "ERR_BUILD_TIME" });
  });

  it("a Date with a given time is fine: it reads no clock", async () => {
    expect((await run("platform.consoleWrite(new Date(0).toISOString())")).output).toBe("1970-01-01T00:00:00.000Z");
  });

  it.each([
    ["an exception", 'throw new TypeError("no")', /^TypeError: no$/],
    ["a rejection that nobody handles", 'Promise.reject(new Error("lost"))', /^Error: lost$/],
    ["an await that never ends", "await new Promise(() => {})", /awaits something that does not happen at build time/],
    ["recursion without end", "const f = (n) => f(n + 1) + 1; f(0)", /recurses without end|stack/],
    ["something thrown that is no Error", 'throw "text"', /^Uncaught text$/],
  ])("%s fails with a message", async (_name, source, message) => {
    const error = await failure(source);
    expect(error).toBeInstanceOf(EvaluationError);
    expect(error!.message).toMatch(message);
  });

  it("a rejection that is handled later is fine", async () => {
    expect(await failure("const p = Promise.reject(new Error()); await null; p.catch(() => {});")).toBeUndefined();
  });
});

describe("without a snapshot", () => {
  it("the heap holds the source, and nothing of it was evaluated", async () => {
    const { snapshot, devices } = await run("globalThis.answer = () => 1;", { snapshot: false });
    const { memory, source, sourceLength } = snapshot;
    expect(Buffer.from(memory.subarray(source, source + sourceLength)).toString()).toContain(
      "globalThis.answer = () => 1;",
    );
    expect(memory[source + sourceLength]).toBe(0);
    expect(snapshot.handlers).toEqual([0n, 0n, 0n, 0n]);
    expect(devices.length).toBe(1);
  });

  it("clocks and randomness are allowed", async () => {
    const source = "platform.consoleWrite([Date.now() > 1e12, Math.random() < 1, platform.monotonic() > 0].join())";
    expect((await run(source, { snapshot: false })).output).toBe("true,true,true");
  });

  it("is the same bytes for the same source", async () => {
    const [first, second] = [
      await run("Date.now()", { snapshot: false }),
      await run("Date.now()", { snapshot: false }),
    ];
    expect(Buffer.compare(first.snapshot.memory, second.snapshot.memory)).toBe(0);
  });
});
