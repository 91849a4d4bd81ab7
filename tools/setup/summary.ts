// Adds up the reports in a folder and prints "N passed, N failed" as the last line. Exit code 1 when anything failed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

const folder = process.argv[2]!;
const lines = (file: string) => readFileSync(join(folder, file), "utf8").trimEnd().split("\n");
const files = readdirSync(folder);
let passed = files.includes("passed") ? lines("passed").length : 0;
const failures = files.includes("failed") ? lines("failed") : [];
let skipped = 0;

for (const file of files.filter((name) => name.endsWith(".json"))) {
  const report = JSON.parse(readFileSync(join(folder, file), "utf8")) as Report;
  passed += report.numPassedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  const before = failures.length;
  for (const { name, status, message, assertionResults } of report.testResults) {
    const failed = assertionResults.filter((one) => one.status === "failed");
    for (const { fullName } of failed) failures.push(`${name}: ${fullName}`);
    // A file that could not be loaded, or whose hooks failed, has no failed test of its own.
    if (status === "failed" && failed.length === 0) failures.push(`${name}: ${message.split("\n")[0]}`);
  }
  // Errors outside of any test.
  if (!report.success && failures.length === before) failures.push(`${file}: the run did not succeed`);
}

if (failures.length > 0) console.log(`\nFailed:\n${failures.map((one) => `  ${one}`).join("\n")}`);
console.log(`\n${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failures.length > 0 ? 1 : 0;
