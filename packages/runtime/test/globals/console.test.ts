import { beforeEach, describe, expect, test } from "vitest";
import { console } from "../../src/globals/console.ts";
import { setLogLevel } from "../../src/log.ts";
import { fake, resetFake } from "../fake-platform.ts";

beforeEach(() => {
  resetFake();
  setLogLevel("debug");
});

test("a line for each call, whatever the level", () => {
  console.log("a", 1);
  console.error("b");
  console.debug({ c: [1] });
  expect(fake.console).toBe("a 1\nb\n{ c: [ 1 ] }\n");
});

describe("levels", () => {
  test.each([
    ["debug", "dliwe"],
    ["info", "liwe"],
    ["warn", "we"],
    ["error", "e"],
    ["silent", ""],
  ] as const)("%s", (level, printed) => {
    setLogLevel(level);
    console.debug("d");
    console.log("l");
    console.info("i");
    console.warn("w");
    console.error("e");
    expect(fake.console.replaceAll("\n", "")).toBe(printed);
  });
});

test("groups indent every line", () => {
  console.group("outer");
  console.log("one\ntwo");
  console.group();
  console.log("three");
  console.groupEnd();
  console.groupEnd();
  console.groupEnd();
  console.log("four");
  expect(fake.console).toBe("outer\n  one\n  two\n    three\nfour\n");
});

test("assert prints only what does not hold", () => {
  console.assert(true, "fine");
  console.assert(false);
  console.assert(0, "%d is false", 0);
  expect(fake.console).toBe("Assertion failed\nAssertion failed: 0 is false\n");
});

test("count and countReset", () => {
  console.count();
  console.count("x");
  console.count();
  console.countReset();
  console.count();
  expect(fake.console).toBe("default: 1\nx: 1\ndefault: 2\ndefault: 1\n");
});

test("time, timeLog and timeEnd measure the machine's clock", () => {
  console.time("work");
  fake.time = 12.3456;
  console.timeLog("work", "half", 2);
  fake.time = 20;
  console.timeEnd("work");
  console.timeEnd("work");
  expect(fake.console).toBe("work: 12.346ms half 2\nwork: 20ms\nNo such label 'work' for console.time()\n");
});

test("trace prints where it was called", () => {
  console.trace("here %s", "now");
  expect(fake.console).toMatch(/^Trace: here now\n {4}at .*console\.test/);
});

test("dir takes a depth", () => {
  console.dir({ a: { b: {} } }, { depth: 0 });
  expect(fake.console).toBe("{ a: [Object] }\n");
});

test("methods work when taken off the object", () => {
  const { log, time, timeEnd } = console;
  log("x");
  time();
  timeEnd();
  expect(fake.console).toBe("x\ndefault: 0ms\n");
});
