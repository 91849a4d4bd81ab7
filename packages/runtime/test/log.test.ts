import { beforeEach, describe, expect, test } from "vitest";
import { console } from "../src/globals/console.ts";
import { configureLog, log, setLogLevel } from "../src/log.ts";
import { levelOf, parseLogRules } from "../src/log-rules.ts";
import { fake, resetFake } from "./fake-platform.ts";
import { createMachine } from "./machine.ts";

beforeEach(() => {
  resetFake();
  configureLog("console=debug,*=info", "text");
});

describe("rules", () => {
  test.each([
    ["net.tcp=debug,web=info,*=warn", { "net.tcp": 0, "net.tcp.x": 0, net: 2, web: 1, "web.a": 1, other: 2, webs: 2 }],
    ["net=error", { net: 3, "net.tcp": 3 }],
    ["silent", { net: 4, console: 4 }],
  ])("%s", (text, levels) => {
    const rules = parseLogRules(text);
    for (const [source, level] of Object.entries(levels)) expect(levelOf(rules, source), source).toBe(level);
  });

  test.each(["", "loud", "net=", "=debug", "net tcp=debug", "net.=debug", "a=debug,,b=debug", "**=debug"])(
    "%j is refused",
    (text) => expect(() => parseLogRules(text)).toThrow(RangeError),
  );
});

describe("as text", () => {
  test("a line has the time since boot, level, source, message and fields", () => {
    fake.time = 12_345.678;
    log("net.dhcp").info("leased", { address: "10.0.0.2", seconds: 3600, name: undefined });
    expect(fake.console).toBe("[   12.346] info net.dhcp: leased address=10.0.0.2 seconds=3600\n");
  });

  test("what comes from outside neither ends the line nor makes a field of its own", () => {
    log("web").warn("refused", { path: 'a b="c"\n[    0.000] error web: forged', code: "x=1", list: [1, 2] });
    expect(fake.console).toBe(
      '[    0.000] warn web: refused path="a b=\\"c\\"\\n[    0.000] error web: forged" code="x=1" list="[ 1, 2 ]"\n',
    );
  });

  test("an error ends the message, with its stack", () => {
    log("web").error("A handler failed", { error: new TypeError("no"), path: "/" });
    expect(fake.console).toMatch(/^\[ {4}0\.000\] error web: A handler failed path=\/: TypeError: no\n {4}at /);
  });
});

describe("as JSON", () => {
  beforeEach(() => configureLog(undefined, "json"));
  const lines = () =>
    fake.console
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("every line is an object; fields do not take the place of its own", () => {
    fake.time = 1500;
    log("shop").info("sold", { id: 7n, level: "fake", to: "Ada\n" });
    console.log("hello %s", "Ada");
    expect(lines()).toEqual([
      { time: "2023-11-14T22:13:21.500Z", level: "info", source: "shop", message: "sold", id: "7", to: "Ada\n" },
      { time: "2023-11-14T22:13:21.500Z", level: "info", source: "console", message: "hello Ada" },
    ]);
  });

  test("errors have name, message, code and stack", () => {
    log("web").error("failed", { error: Object.assign(new RangeError("no"), { code: "ERR_NO" }) });
    expect(lines()[0].error).toMatchObject({ name: "RangeError", message: "no", code: "ERR_NO" });
    expect(lines()[0].error.stack).toContain("log.test.ts");
  });

  test("what JSON cannot say is described", () => {
    const circular: Record<string, unknown> = { name: "c" };
    circular.self = circular;
    log("a").info("round", circular);
    expect(lines()[0]).toMatchObject({ source: "a", message: "round", fields: expect.stringContaining("[Circular") });
  });

  test("an error that nobody caught is a line, too", async () => {
    const machine = await createMachine(({ run }) =>
      run([], () => {
        throw new TypeError("nobody");
      }),
    );
    machine.fake.commandLine = "--log-format=json";
    await machine.boot();
    const line = JSON.parse(machine.fake.console);
    expect(line).toMatchObject({
      level: "error",
      source: "runtime",
      message: "Uncaught",
      error: { name: "TypeError" },
    });
    expect(machine.fake.exitCode).toBe(1);
  });
});

describe("levels", () => {
  test("debug is not printed unless asked for; a logger made before learns of it", () => {
    const logger = log("net.tcp");
    logger.debug("one");
    setLogLevel("debug", "net");
    expect(logger.level).toBe(0);
    logger.debug("two");
    log("shop").debug("three");
    expect(fake.console).toBe("[    0.000] debug net.tcp: two\n");
  });

  test("a level for all is console's, too", () => {
    setLogLevel("error");
    console.warn("a");
    log("shop").warn("b");
    console.error("c");
    expect(fake.console).toBe("c\n");
  });

  test("--log sets them before main; what it cannot read stops the boot", async () => {
    const declare = ({ run, log: logOf }: typeof import("../src/index.ts")) => {
      const logger = logOf("shop");
      run([], () => logger.debug("open"));
    };
    const machine = await createMachine(declare);
    machine.fake.commandLine = "--log=shop=debug";
    await machine.boot();
    expect(machine.fake.console).toBe("[    0.000] debug shop: open\n");
    const other = await createMachine(declare);
    other.fake.commandLine = "--log=shop=loud";
    await other.boot();
    expect(other.fake.console).toBe(
      'error: --log: expected SOURCE=LEVEL,… with debug, info, warn, error, silent, not "shop=loud"\n',
    );
    expect(other.fake.exitCode).toBe(2);
  });

  test("at build time a line has no time: there are no clocks", async () => {
    const machine = await createMachine(({ run, log: logOf }) => {
      logOf("shop").warn("early");
      run([], () => {});
    });
    expect(machine.fake.console).toBe("warn shop: early\n");
  });
});
