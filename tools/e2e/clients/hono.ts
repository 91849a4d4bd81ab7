// Runs the cases of an app of Hono's against a server and prints what failed.
import { cases } from "../src/hono/cases.ts";

const [address] = process.argv.slice(2);
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
