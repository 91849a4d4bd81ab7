// npm run bench -w tools/bench [-- NAME…]: measures images against Node.js in the same run and prints a table.
import { cannotMeasure, measures } from "./measures.ts";
import { formatTable, type Row } from "./table.ts";

const names =
  process.argv.length > 2 ? process.argv.slice(2) : Object.keys(measures).filter((name) => !measures[name]!.isAskedFor);
const unknown = names.filter((name) => measures[name] === undefined);
if (unknown.length > 0) {
  console.error(`no measure called ${unknown.join(", ")}; there are: ${Object.keys(measures).join(", ")}`);
  process.exit(2);
}

const rows: Row[] = [];
for (const name of names) {
  const measure = measures[name]!;
  const reason = cannotMeasure(measure);
  if (reason !== undefined) {
    console.error(`${name}: skipped, ${reason}`);
    continue;
  }
  console.error(`${name}…`);
  try {
    rows.push(...(await measure.run()));
  } catch (error) {
    console.error(`${name}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
console.log(`\n${formatTable(rows)}`);
