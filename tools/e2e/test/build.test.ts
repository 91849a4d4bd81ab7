// What the builder makes of a program, and what it refuses.
import { readFileSync } from "node:fs";
import { boots, build, buildFails, targets } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const app = (name: string) => `tools/e2e/apps/${name}.ts`;

describe("the top level runs at build time, where a clock or randomness is refused by name, file and line", () => {
  it.each([
    ["top-level-clock", "Date.now()"],
    ["top-level-performance", "performance.now()"],
    ["top-level-date", "new Date()"],
    ["top-level-random", "Math.random()"],
    ["top-level-crypto", "crypto.getRandomValues()"],
  ])("%s: %s", (name, called) => {
    const { status, text } = buildFails(app(name));
    expect(status).toBe(1);
    expect(text).toContain(called);
    expect(text).toContain(`${name}.ts:4:`);
    expect(text).toContain("run()");
  });
});

it("more devices than an image has room for are refused with a count", () => {
  const { status, text } = buildFails(app("too-many-devices"));
  expect(status).toBe(1);
  expect(text).toContain("64 devices");
});

it("a program that never calls run() is refused", () => {
  const { status, text } = buildFails(app("never-run"));
  expect(status).toBe(1);
  expect(text).toContain("run(");
});

describe.each(targets)("for %s", (target) => {
  it("the same inputs give the same bytes", () => {
    const first = readFileSync(build("apps/web-server", target));
    const second = readFileSync(build("apps/web-server", target, ["--json"])); // a flag that changes nothing in the image
    expect(second.equals(first)).toBe(true);
  });

  it("--no-snapshot evaluates the top level at boot: what the snapshot forbids works then", async () => {
    const { code, output } = await boots(app("top-level-random"), target, { flags: ["--no-snapshot"] });
    expect(output).toMatch(/^0\.\d+\n$/);
    expect(code).toBe(0);
    const second = await boots(app("top-level-random"), target, { flags: ["--no-snapshot"] });
    expect(second.output).not.toBe(output);
  });

  it("--no-snapshot and the snapshot do the same", async () => {
    expect(await boots("apps/hello", target, { flags: ["--no-snapshot"], args: ["--who=Ada"] })).toEqual({
      code: 0,
      output: "Hello Ada!\n",
    });
    expect((await boots(app("globals"), target, { flags: ["--no-snapshot"] })).output).toBe("SUCCESS\n");
  });

  it("--minify does the same", async () => {
    expect((await boots("apps/hello", target, { flags: ["--minify"] })).output).toBe("Hello World!\n");
  });
});
