import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createConsoleLog, listLogs, MAX_LOG_BYTES } from "../../src/logs/console-log.ts";
import { copyFrom, follow, tailOffset } from "../../src/logs/follow.ts";

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "soloist-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe("keeping a console", () => {
  it("the file is this user's alone, and an app that starts again writes behind", () => {
    const folder = scratch();
    for (const text of ["one\n", "two\n"]) {
      const log = createConsoleLog("web", folder);
      log.write(Buffer.from(text));
      log.end();
    }
    const [kept] = listLogs(folder);
    expect(kept).toMatchObject({ name: "web", process: process.pid, isRunning: true, size: 8 });
    expect(readFileSync(kept!.path, "utf8")).toBe("one\ntwo\n");
    expect(statSync(kept!.path).mode & 0o777).toBe(0o600);
  });

  it("it is bounded: what is too much starts a new file", () => {
    const folder = scratch();
    const log = createConsoleLog("web", folder);
    const chunk = Buffer.alloc(MAX_LOG_BYTES / 4, "x");
    for (let index = 0; index < 6; index++) log.write(chunk);
    log.end();
    const [kept] = listLogs(folder);
    expect(kept!.size).toBe(2 * chunk.length);
    expect(statSync(`${kept!.path}.old`).size).toBe(MAX_LOG_BYTES);
  });

  it("consoles of guests that have ended go, the oldest first", () => {
    const folder = scratch();
    for (let index = 0; index < 30; index++) {
      const path = join(folder, `app.${4_194_400 + index}.log`); // above the largest process number of Linux
      writeFileSync(path, "x");
      utimesSync(path, index, index);
    }
    createConsoleLog("web", folder).end();
    const left = listLogs(folder).filter(({ name }) => name === "app");
    expect(left).toHaveLength(20);
    expect(Math.min(...left.map(({ process }) => process))).toBe(4_194_410);
  });

  it("where no file can be written, writing does nothing", () => {
    const file = join(scratch(), "file");
    writeFileSync(file, "");
    const log = createConsoleLog("web", file);
    log.write(Buffer.from("x"));
    log.end();
    expect(listLogs(file)).toEqual([]);
  });

  it("a name with slashes stays in the folder", () => {
    const folder = scratch();
    createConsoleLog("../../evil", folder).end();
    expect(listLogs(folder)[0]!.name).toBe(".._.._evil");
  });
});

describe("reading it", () => {
  it.each([
    ["a\nb\nc\n", 2, "b\nc\n"],
    ["a\nb\nc", 1, "c"],
    ["a\n", 5, "a\n"],
    ["", 1, ""],
    [`${"x".repeat(70_000)}\ny\n`, 1, "y\n"],
    [`a\n${"x".repeat(70_000)}\n`, 1, `${"x".repeat(70_000)}\n`],
  ])("the last lines, case %#", (content, lines, expected) => {
    const path = join(scratch(), "log");
    writeFileSync(path, content);
    let text = "";
    copyFrom(path, tailOffset(path, lines), (bytes) => (text += Buffer.from(bytes)));
    expect(text).toBe(expected);
  });

  it("following shows what comes, also in a file that began anew, until the guest has ended", async () => {
    const path = join(scratch(), "log");
    writeFileSync(path, "old");
    const steps = [
      () => writeFileSync(path, "old new"),
      () => writeFileSync(path, "x"),
      () => writeFileSync(path, "xy"),
    ];
    let text = "";
    await follow(path, {
      offset: 3,
      signal: new AbortController().signal,
      write: (bytes) => (text += Buffer.from(bytes)),
      isRunning() {
        steps.shift()?.();
        return steps.length > 0;
      },
    });
    expect(text).toBe(" newxy");
  });
});
