import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { createEngine, type Engine, globalFiles } from "./engine/engine.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const rows = [...read("../README.md").matchAll(/^\| `(\w+)` *\| (engine|runtime|web|no) *\|/gm)].map(
  ([, name, where]) => [name!, where!] as const,
);
const declarations = read("../../interface/src/globals.d.ts");
const web = read("../../web/src/globals.ts");

let engine: Engine;
let own: Set<string>;
let inEngine: Set<string>;
beforeAll(async () => {
  engine = await createEngine();
  own = new Set((await engine.evaluate("Object.keys(own)")) as string[]);
  inEngine = new Set((await engine.evaluate("Object.getOwnPropertyNames(globalThis)")) as string[]);
});

const isDeclared = (name: string) => new RegExp(`^ {2}(var|function) ${name}\\b`, "m").test(declarations);

test("the table is the WinterTC list", () => {
  expect(rows.length).toBe(62);
  expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
});

describe("each row of the table of globals is true", () => {
  test.each(rows)("%s: %s", (name, where) => {
    if (where === "runtime") expect(own).toContain(name);
    else expect(own).not.toContain(name);
    if (where === "engine") expect(inEngine).toContain(name);
    if (where === "web") expect(web).toMatch(new RegExp(`\\b${name}\\b`));
    // TypeScript's own library declares `globalThis`.
    if (name === "globalThis") return;
    if (where === "runtime" || where === "engine") expect(isDeclared(name)).toBe(true);
    if (where === "no") expect(isDeclared(name)).toBe(false);
  });
});

test("what src/globals exports is in the table, by its name and behind globalThis", () => {
  const listed = new Set(rows.filter(([, where]) => where === "runtime").map(([name]) => name));
  for (const name of own) {
    if (name === "crypto.subtle" || name === "globalThis.crypto.subtle") continue;
    const plain = name.replace(/^globalThis\./, "");
    expect(listed).toContain(plain);
    expect(own).toContain(`globalThis.${plain}`);
  }
  expect(globalFiles.length).toBeGreaterThan(5);
});
