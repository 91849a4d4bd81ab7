import { readFileSync } from "node:fs";
import { transformSync } from "esbuild";
import { expect, test } from "vitest";
import { createMachine } from "./machine.ts";

/** The program in the first comment of a file, as JavaScript that requires its imports. */
function exampleOf(path: string): string {
  const comment = /\/\*\*(.*?)\*\//s.exec(readFileSync(new URL(path, import.meta.url), "utf8"))![1]!;
  const lines = comment.split("\n").map((line) => line.replace(/^ \* ?/, ""));
  const code = lines.slice(lines.findIndex((line) => line.startsWith("@example")) + 1).join("\n");
  return transformSync(code, { loader: "ts", format: "cjs" }).code;
}

test("the program in the documentation of index.ts greets whom the command line names", async () => {
  const program = new Function("require", "console", exampleOf("../src/index.ts"));
  const { console } = await import("../src/globals/console.ts");
  const machine = await createMachine((runtime, platform) => {
    program(() => runtime, { ...console, log: (text: string) => platform.consoleWrite(`${text}\n`) });
  });
  machine.fake.commandLine = "--who=Ada";
  await machine.boot();
  expect(machine.fake.console).toBe("Hello Ada!\n");
  expect(machine.fake.exitCode).toBe(0);
});
