// Fuzzes a lock of three digits, guided or blind, and prints whether it was opened. A program of its own: V8 counts code that is
// loaded after it was told to.
import { Coverage, startCounting } from "../src/coverage.ts";
import { fuzz } from "../src/fuzzer.ts";

startCounting();
const { open } = await import("./lock.ts");

const guided = process.argv[2] === "guided";
const target = {
  seeds: [new Uint8Array(8)],
  limit: 16,
  run(input: Uint8Array) {
    open(input);
    return undefined;
  },
};
const coverage = new Coverage((url) => url.endsWith("/lock.ts"));
const { runs, found, failure } = await fuzz({
  target,
  coverage,
  seed: 1,
  corpus: [],
  guided,
  goesOn: (count) => count < 100_000,
});
const said = failure === undefined ? "" : String(failure.error);
const input = failure === undefined ? [] : [...failure.input];
console.log(JSON.stringify({ runs, found: found.length, said, input, blocks: coverage.blocks.reached }));
