import type { Base } from "../base.ts";
import { type ManifestDevice, parseManifestJson } from "../elf/solo5.ts";
import { type Asset, placeAssets } from "./assets.ts";
import { createEngine } from "./create-engine.ts";
import { type Engine, EvaluationError } from "./engine.ts";
import { clearFreeMemory } from "./free-memory.ts";
import { findMathRandom } from "./math-random.ts";
import { platformFunctions } from "./platform.ts";
import { type JsValue, UNDEFINED } from "./values.ts";

/** Name of the bundle in stacks; the source map is applied to frames that carry it. */
export const BUNDLE_NAME = "app.js";
/** Where the bundle finds the platform's functions when it is evaluated. */
export const PLATFORM_GLOBAL = "native:platform";

/** An app's top level did what can only be done in a booted image. */
export class BuildTimeError extends Error {
  override readonly name = "BuildTimeError";
  readonly code = "ERR_BUILD_TIME";
  /** What was called, when the engine itself noticed: "Date", "performance.now", "Math.random". */
  readonly api: string | undefined;
  readonly jsStack: string;

  constructor(api: string | undefined, jsStack: string) {
    super(`${api ?? "a function of the platform"} was called while the top level was evaluated`);
    this.api = api;
    this.jsStack = jsStack;
  }
}

/** Linear memory and what the kernel needs to know of it; the numbers of the boot record. */
export interface HeapSnapshot {
  readonly memory: Uint8Array;
  readonly stackPointer: number;
  readonly context: number;
  readonly mathRandom: number;
  readonly source: number;
  readonly sourceLength: number;
  /** `boot`, `turn`, `uncaught`, `rejection`. */
  readonly handlers: readonly [bigint, bigint, bigint, bigint];
}

export interface Evaluation {
  readonly snapshot: HeapSnapshot;
  readonly devices: readonly ManifestDevice[];
}

export interface EvaluateOptions {
  readonly base: Base;
  /** The bundle: a module without imports. */
  readonly source: string;
  /** Engine modules that it reaches, in the base's order. */
  readonly modules: readonly string[];
  /** What modules of the bundle called `native:asset/…` give. */
  readonly assets?: readonly Asset[];
  readonly snapshot: boolean;
  /** What the top level prints. */
  consoleWrite(bytes: Uint8Array): void;
}

/** The clock stands still while an image is made: 2000-01-01T00:00:00Z, so that the same inputs give the same bytes. */
const BUILD_CLOCK = 946_684_800_000_000_000n;
const MAX_JOBS = 1_000_000;
const MAX_SECONDS = 20;
const PROMISE_PENDING = 0;
const PROMISE_REJECTED = 2;

/** Evaluates an app's top level and returns the memory that its image starts with. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  if (options.snapshot) {
    try {
      return await evaluateOnce(options, false);
    } catch (error) {
      if (error !== MATH_RANDOM_CALLED) throw error;
      return await findRandomCall(options);
    }
  }
  const { devices } = await evaluateOnce(options, false);
  return { devices, snapshot: await loadSource(options) };
}

const MATH_RANDOM_CALLED = new Error("Math.random was called");

/** Only a second evaluation, with a guard in its place, can say where Math.random was called. */
async function findRandomCall(options: EvaluateOptions): Promise<never> {
  let stack = "";
  try {
    await evaluateOnce(options, true);
  } catch (error) {
    if (error instanceof EvaluationError) stack = error.jsStack;
  }
  throw new BuildTimeError("Math.random", stack);
}

async function evaluateOnce(options: EvaluateOptions, guardMathRandom: boolean): Promise<Evaluation> {
  const [bytecode, app] = await Promise.all([compile(options), start(options)]);
  const { engine, random, run } = app;
  const before = random.read();
  if (guardMathRandom) {
    engine.release(engine.evaluate(`Math.random = function random() { throw new Error("random") }`, "<guard>"));
  }
  run(() => {
    const promise = engine.evaluateBytecode(bytecode);
    if (engine.runJobs(MAX_JOBS) === MAX_JOBS) {
      throw new EvaluationError("the top level never comes to an end: promise jobs keep creating new ones", "");
    }
    checkPromise(engine, promise);
    engine.release(promise);
  });
  const rejection = app.rejections.values().next();
  if (!rejection.done) throw rejection.value;
  if (options.snapshot && random.read() !== before) {
    throw MATH_RANDOM_CALLED;
  }
  if (app.handlers === undefined) {
    throw new EvaluationError("the app never called run(): its top level ended without saying what to do at boot", "");
  }
  const { manifest, boot, turn, uncaught, rejected } = app.handlers;
  const devices = run(() => {
    const json = engine.callFunction(manifest, UNDEFINED);
    const text = engine.text(json);
    engine.release(json);
    return parseManifestJson(text);
  });
  engine.release(manifest);
  return { devices, snapshot: dump(engine, random.address, 0, 0, [boot, turn, uncaught, rejected]) };
}

/**
 * Compiles in an engine of its own: what the parser leaves behind would lie scattered through the snapshot. Functions keep
 * line numbers, not their source.
 */
async function compile(options: EvaluateOptions): Promise<Uint8Array> {
  const { engine } = await start({ ...options, modules: [], assets: [] });
  return engine.compileModule(options.source, BUNDLE_NAME);
}

async function loadSource(options: EvaluateOptions): Promise<HeapSnapshot> {
  const { engine, random } = await start(options);
  const { address, length } = engine.alloc(options.source);
  return dump(engine, random.address, address, length, [0n, 0n, 0n, 0n]);
}

function checkPromise(engine: Engine, promise: JsValue): void {
  const state = engine.call("JS_PromiseState", engine.context, promise);
  if (state === PROMISE_PENDING) {
    throw new EvaluationError(
      "the top level awaits something that does not happen at build time; move the await into run()",
      "",
    );
  }
  if (state === PROMISE_REJECTED) {
    throw engine.describe(BigInt.asUintN(64, engine.exports.JS_PromiseResult!(engine.context, promise) as bigint));
  }
}

interface Handlers {
  readonly manifest: JsValue;
  readonly boot: JsValue;
  readonly turn: JsValue;
  readonly uncaught: JsValue;
  readonly rejected: JsValue;
}

interface StartedApp {
  readonly engine: Engine;
  readonly random: { readonly address: number; read(): bigint };
  readonly rejections: Map<JsValue, EvaluationError>;
  readonly handlers: Handlers | undefined;
  /** Runs code of the app: from here on, reading a clock is an error (for snapshots). */
  run<T>(body: () => T): T;
}

async function start(options: EvaluateOptions): Promise<StartedApp> {
  let running = false;
  let deadline = Number.POSITIVE_INFINITY;
  let isLate = false;
  let handlers: Handlers | undefined;
  let getEngine!: () => Engine;
  const rejections = new Map<JsValue, EvaluationError>();
  const refuse = (api: string | undefined): never => {
    throw new BuildTimeError(api, getEngine().currentStack());
  };
  const created = await createEngine(
    options.base,
    options.modules,
    {
      clock(id) {
        if (!running) return BUILD_CLOCK;
        if (options.snapshot) return refuse(id === 0 ? undefined : "performance.now");
        return id === 0 ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint();
      },
      random(into) {
        if (running && options.snapshot) refuse(undefined);
        into.fill(0);
      },
      interrupt() {
        isLate ||= Date.now() > deadline;
        return isLate;
      },
      write: (_fd, bytes) => options.consoleWrite(bytes.slice()),
      rejection(promise, reason, handled) {
        if (handled) rejections.delete(promise);
        else rejections.set(promise, getEngine().describe(reason));
      },
    },
    (engine) => {
      getEngine = engine;
      return platformFunctions(engine, {
        snapshot: options.snapshot,
        consoleWrite: options.consoleWrite,
        register(object) {
          handlers = readHandlers(engine(), object);
        },
      });
    },
  );
  const { engine, platform } = created;
  const global = takeGlobal(engine);
  engine.set(global, PLATFORM_GLOBAL, platform);
  placeAssets(engine, global, options.assets ?? []);
  const random = findMathRandom(engine);
  return {
    engine,
    random,
    rejections,
    get handlers() {
      return handlers;
    },
    run(body) {
      running = true;
      deadline = Date.now() + MAX_SECONDS * 1000;
      engine.watch(true);
      try {
        return body();
      } catch (error) {
        if (isLate) throw new EvaluationError(`the top level did not come to an end within ${MAX_SECONDS} s`, "");
        throw explain(error);
      } finally {
        running = false;
        engine.watch(false);
      }
    },
  };
}

/** The global object is never freed: a reference less to count. */
function takeGlobal(engine: Engine): JsValue {
  const global = engine.global;
  engine.release(global);
  return global;
}

function readHandlers(engine: Engine, object: JsValue): Handlers {
  const take = (name: string) => {
    const value = engine.get(object, name);
    if (engine.call("JS_IsFunction", engine.context, value) === 0)
      throw new Error(`register: ${name} is not a function`);
    return value;
  };
  return {
    manifest: take("manifest"),
    boot: take("boot"),
    turn: take("turn"),
    uncaught: take("uncaught"),
    rejected: take("rejection"),
  };
}

/** Errors of Node.js's that stand for something the app did. */
function explain(error: unknown): unknown {
  if (error instanceof RangeError && /call stack/.test(error.message)) {
    return new EvaluationError("the top level recurses without end", "");
  }
  if (error instanceof WebAssembly.RuntimeError) {
    return new EvaluationError(`the engine stopped while it evaluated the top level: ${error.message}`, "");
  }
  return error;
}

function dump(
  engine: Engine,
  mathRandom: number,
  source: number,
  sourceLength: number,
  handlers: HeapSnapshot["handlers"],
): HeapSnapshot {
  engine.collectGarbage();
  const memory = engine.bytes.slice();
  const { stackPointer } = engine;
  // What lies below the stack pointer is left over from calls that returned.
  memory.fill(0, 0, stackPointer);
  clearFreeMemory(memory, engine.heapStart);
  return { memory, stackPointer, context: engine.context, mathRandom, source, sourceLength, handlers };
}
