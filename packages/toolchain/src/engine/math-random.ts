import type { Engine } from "./engine.ts";

/** Bytes of a JSContext that are searched; the real one has a few hundred. */
const CONTEXT_WINDOW = 2048;
const MASK = (1n << 64n) - 1n;

/** One step of xorshift64*, the generator behind the engine's Math.random. */
function step(state: bigint): bigint {
  let x = state;
  x ^= x >> 12n;
  x ^= (x << 25n) & MASK;
  x ^= x >> 27n;
  return x;
}

/**
 * Finds the 8-byte state of Math.random in the context: the one place that advances by a step when it is called. No
 * function of the engine's interface tells, and the kernel has to write a seed there. Leaves the state as it was.
 */
export function findMathRandom(engine: Engine): { address: number; read(): bigint } {
  const from = engine.context;
  const words = () => {
    const { view } = engine;
    const count = Math.min(CONTEXT_WINDOW, view.byteLength - from) >> 3;
    return Array.from({ length: count }, (_, index) => view.getBigUint64(from + index * 8, true));
  };
  const before = words();
  engine.release(engine.evaluate("Math.random()", "<random>"));
  const after = words();
  const found = before.flatMap((word, index) =>
    word !== 0n && word !== after[index] && step(word) === after[index] ? [index] : [],
  );
  if (found.length !== 1) throw new Error(`the engine's Math.random state was found ${found.length} times`);
  const address = from + found[0]! * 8;
  engine.view.setBigUint64(address, before[found[0]!]!, true);
  return { address, read: () => engine.view.getBigUint64(address, true) };
}
