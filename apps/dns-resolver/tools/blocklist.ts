// node tools/blocklist.ts FILE… -o OUT: makes the disk of a blocklist from lists of names; `-` is standard input.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { makeTable, namesOf } from "../src/blocklist/make.ts";
import { readHead } from "../src/blocklist/table.ts";

function fail(message: string): never {
  console.error(`blocklist: ${message}`);
  process.exit(2);
}

function main(): void {
  let parsed: { values: { out?: string | undefined }; positionals: string[] };
  try {
    parsed = parseArgs({ options: { out: { type: "string", short: "o" } }, allowPositionals: true });
  } catch (error) {
    fail((error as Error).message);
  }
  const { values, positionals } = parsed;
  const { out } = values;
  if (out === undefined || positionals.length === 0) fail("usage: node tools/blocklist.ts FILE… -o OUT");
  const names = new Set<string>();
  let strange = 0;
  for (const path of positionals) {
    let text: string;
    try {
      text = readFileSync(path === "-" ? 0 : path, "utf8");
    } catch (error) {
      fail(`${path} cannot be read: ${(error as Error).message}`);
    }
    for (const line of text.split("\n")) {
      const found = namesOf(line);
      if (found === undefined) strange++;
      else for (const name of found) names.add(name);
    }
  }
  const table = makeTable(names);
  try {
    writeFileSync(out, table);
  } catch (error) {
    fail(`${out} cannot be written: ${(error as Error).message}`);
  }
  const skipped = strange === 0 ? "" : `, ${strange} lines not understood`;
  console.log(`${out}  ${readHead(table).count} names, ${table.length} bytes${skipped}`);
}

main();
