// Runs the cases of a framework's app against a server and prints what failed.
import { cases as h3 } from "../src/h3/cases.ts";
import { cases as hono } from "../src/hono/cases.ts";

const [framework, address] = process.argv.slice(2);
const cases = framework === "h3" ? h3 : hono;
const failures: Record<string, string> = {};
for (const [name, run] of cases) {
  try {
    await run((path, init) => fetch(`http://${address}${path}`, init));
  } catch (error) {
    failures[name] = String(error);
  }
}
console.log(JSON.stringify({ cases: cases.length, failures }));
process.exit(0);
