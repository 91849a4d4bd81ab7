import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { type Matrix, measure, SNAPSHOT } from "./throughput/matrix.ts";

/** Another order of random numbers alone changes what is lost, and so the rates of bad cables, by nearly so much. */
const LEAST = 0.6;
const MOST = 1.7;

it("loss, reordering, duplication, delay, buffers and MTU: as fast as the snapshot says", {
  timeout: 300_000,
}, async () => {
  const snapshot: Matrix = JSON.parse(await readFile(SNAPSHOT, "utf8"));
  const measured = await measure();
  expect(Object.keys(measured)).toEqual(Object.keys(snapshot));
  const changed = Object.entries(measured)
    .filter(([name, rate]) => rate < LEAST * snapshot[name]! || rate > MOST * snapshot[name]!)
    .map(([name, rate]) => `${name}: ${snapshot[name]} -> ${rate}`);
  // `npm run throughput -w packages/net` takes what is measured for right.
  expect(changed).toEqual([]);
});
