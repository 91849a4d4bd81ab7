import { fileURLToPath } from "node:url";
import { check } from "./check.ts";
import { readFiles } from "./read-files.ts";

const root = process.argv[2] ?? fileURLToPath(new URL("../../..", import.meta.url));
const files = readFiles(root);
const violations = check(files);
for (const { path, line, message } of violations) console.error(`${path}:${line}: ${message}`);
console.log(`check-deps: ${files.size} files, ${violations.length} violations`);
process.exitCode = violations.length > 0 ? 1 : 0;
