import { relative, resolve } from "node:path";
import { buildSite } from "./build-site.ts";
import { check } from "./check.ts";
import { fill } from "./fill.ts";

const USAGE = `Usage: node tools/docs/src/main.ts COMMAND

  build FOLDER  write the site
  check         links, blocks from files, marks of console blocks, types of code
  fill          write what blocks take from files into the pages
`;

const [command, folder] = process.argv.slice(2);
if (command === "build" && folder !== undefined) {
  const count = await buildSite(resolve(folder));
  console.log(`docs: ${count} pages in ${relative(process.cwd(), resolve(folder))}`);
} else if (command === "check") {
  const problems = check();
  for (const problem of problems) console.error(problem);
  console.log(`docs: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} else if (command === "fill") {
  for (const path of fill()) console.log(`docs: filled ${path}`);
} else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}
