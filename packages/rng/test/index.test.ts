import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { transformSync } from "esbuild";
import { expect, test } from "vitest";
import * as rng from "../src/index.ts";

test("the program in the documentation of index.ts runs", () => {
  const comment = /\/\*\*(.*?)\*\//s.exec(readFileSync(new URL("../src/index.ts", import.meta.url), "utf8"))![1]!;
  const lines = comment.split("\n").map((line) => line.replace(/^ \* ?/, ""));
  const code = lines.slice(lines.findIndex((line) => line.startsWith("@example")) + 1).join("\n");
  const printed: unknown[] = [];
  const require = createRequire(import.meta.url);
  new Function("require", "console", transformSync(code, { loader: "ts", format: "cjs" }).code)(
    (name: string) => (name === "@soloist/rng" ? rng : require(name)),
    { log: (...data: unknown[]) => printed.push(...data) },
  );
  expect(printed).toEqual([expect.any(Number), expect.any(Uint8Array)]);
  expect(printed[1]).not.toEqual(new Uint8Array(16));
});
