import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { guest, sanitizedTender, tender } from "./support/build.ts";
import { run } from "./support/run.ts";

describe("a guest", () => {
  it("prints, sees its arguments joined by spaces, and ends", () => {
    const expected = { status: 0, stdout: "Hello World!\n[--name=x a  b --mem=3]\n", stderr: "" };
    const args = [guest("basic"), "--name=x", "a ", "b", "--mem=3"];
    expect(run(args)).toEqual(expected);
    expect(run(["--mem=4", "--", ...args])).toEqual(expected);
    expect(run(args, sanitizedTender)).toEqual(expected);
  });

  it.each([0, 1, 42, 255])("its exit code %i is the tender's", (code) => {
    expect(run([guest("basic"), "exit", `${code}`]).status).toBe(code);
  });

  it("arguments of 8191 bytes arrive, one more is refused", () => {
    const outcome = run([guest("basic"), "x".repeat(8191)]);
    expect(outcome.stdout).toBe(`Hello World!\n[${"x".repeat(8191)}]\n`);
    expect(run([guest("basic"), "x".repeat(8000), "y".repeat(191)])).toEqual({
      status: 1,
      stdout: "",
      stderr: `soloist-spt: ${guest("basic")}: its arguments are too long: at most 8191 bytes\n`,
    });
  });

  it.each([
    ["512", []],
    ["2", ["--mem=2"]],
    ["4096", ["--mem=4096"]],
  ])("has %s MB of zeroed memory", (size, options) => {
    expect(run([...options, guest("basic"), "memory"])).toEqual({ status: 0, stdout: `${size} MB\n`, stderr: "" });
  });

  it("waits until a deadline, not shorter, and knows both clocks", () => {
    const outcome = run([guest("basic"), "time"]);
    expect(outcome.status).toBe(0);
    expect(Number.parseInt(outcome.stdout, 10)).toBeGreaterThanOrEqual(50);
  });

  it("has thread-local storage where it says", () => {
    expect(run([guest("basic"), "thread-storage"]).status).toBe(0);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends at once on %s", async (signal) => {
    const child = spawn(tender, [guest("basic"), "for-ever"], { stdio: ["ignore", "pipe", "inherit"] });
    const closed = once(child, "exit");
    await once(child.stdout, "data");
    child.kill(signal);
    expect(await closed).toEqual([null, signal]);
  });
});
