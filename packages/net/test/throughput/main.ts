import { readFile, writeFile } from "node:fs/promises";
import { type Matrix, measure, SNAPSHOT } from "./matrix.ts";

/** Measures again, says what changed by more than a tenth, and writes the snapshot: `npm run throughput -w packages/net`. */
const before: Matrix = await readFile(SNAPSHOT, "utf8").then(JSON.parse, () => ({}));
const after = await measure();
for (const [name, rate] of Object.entries(after)) {
  const old = before[name];
  if (old === undefined || Math.abs(rate / old - 1) > 0.1) console.log(`${name}: ${old ?? "new"} -> ${rate}`);
}
await writeFile(SNAPSHOT, `${JSON.stringify(after, null, 2)}\n`);
