import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));

/** Runs lines of bash after lib.sh, with `before` replacing some of its functions. */
function bash(lines: string): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", `source "${folder}lib.sh"\n${lines}`], {
    encoding: "utf8",
  });
  return { status, text: stdout + stderr };
}

describe("lib.sh", () => {
  it("names every package of a bare machine, each once", () => {
    const bare = "has() { false; }; has_header() { false; }; has_file() { false; }; is_debian() { true; }";
    const { text } = bash(`${bare}; missing_to_test | sort -u | tr '\\n' ' '`);
    expect(text.trim().split(" ")).toEqual([
      "bind9-dnsutils",
      "binutils",
      "chromium",
      "curl",
      "dnsmasq-base",
      "gcc",
      "gdb",
      "iperf",
      "iperf3",
      "iproute2",
      "iputils-ping",
      "libc6-dev",
      "libseccomp-dev",
      "ovmf",
      "postgresql",
      "procps",
      "qemu-system-x86",
      "redis-tools",
      "tcpdump",
      "tmux",
      "tshark",
      "wabt",
    ]);
  });

  it("asks for nothing when nothing is missing", () => {
    expect(
      bash("has() { true; }; has_header() { true; }; has_file() { true; }; missing_to_test; install_packages"),
    ).toEqual({
      status: 0,
      text: "",
    });
  });

  it("asks for a browser on Debian only: elsewhere it has another name", () => {
    const { text } = bash(
      "has() { true; }; has_header() { true; }; has_file() { false; }; is_debian() { false; }; missing_to_test",
    );
    expect(text.trim()).toBe("ovmf\npostgresql");
  });

  it("without root it says the exact command and ends with exit code 1", () => {
    const { status, text } = bash('id() { echo 1000; }; has() { [ "$1" = apt-get ]; }; install_packages gcc wabt');
    expect(status).toBe(1);
    expect(text).toContain("sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends gcc wabt'");
  });

  it("without apt it names what to install", () => {
    const { status, text } = bash("has() { false; }; install_packages gcc");
    expect(status).toBe(1);
    expect(text).toContain("Debian packages bring: gcc");
  });

  it("refuses a Node.js that is too old", () => {
    const { status, text } = bash('has() { true; }; node() { [ "$1" = -e ] && return 1; echo v18.0.0; }; check_node');
    expect(status).toBe(1);
    expect(text).toContain("Node.js 20.19 or newer is needed, this is v18.0.0");
  });
});

describe("summary.ts", () => {
  const report = (changes: object) =>
    JSON.stringify({
      numPassedTests: 2,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      success: true,
      testResults: [],
      ...changes,
    });

  /** Last line and exit code for a folder of results. */
  function summary(files: Record<string, string>): { status: number | null; last: string; text: string } {
    const results = mkdtempSync(join(tmpdir(), "summary-"));
    try {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(results, name), text);
      const { status, stdout } = spawnSync(process.execPath, [join(folder, "summary.ts"), results], {
        encoding: "utf8",
      });
      return { status, last: stdout.trimEnd().split("\n").at(-1)!, text: stdout };
    } finally {
      rmSync(results, { recursive: true });
    }
  }

  it("adds up all reports and the checks", () => {
    expect(
      summary({ "a.json": report({}), "b.json": report({ numPassedTests: 5 }), passed: "lint\ntypes\n" }),
    ).toMatchObject({
      status: 0,
      last: "9 passed, 0 failed",
    });
  });

  it("counts what was skipped", () => {
    expect(summary({ "a.json": report({ numPendingTests: 3, numTodoTests: 1 }) }).last).toBe(
      "2 passed, 0 failed, 4 skipped",
    );
  });

  it("names what failed", () => {
    const testResults = [
      {
        name: "x.test.ts",
        status: "failed",
        message: "",
        assertionResults: [{ status: "failed", fullName: "x is y" }],
      },
      { name: "y.test.ts", status: "failed", message: "cannot be loaded\nat …", assertionResults: [] },
    ];
    const { status, last, text } = summary({ "a.json": report({ success: false, testResults }), failed: "lint\n" });
    expect({ status, last }).toEqual({ status: 1, last: "2 passed, 3 failed" });
    expect(text).toContain("x.test.ts: x is y");
    expect(text).toContain("y.test.ts: cannot be loaded");
    expect(text).toContain("lint");
  });

  it("a run that did not succeed without any failed test is a failure", () => {
    expect(summary({ "a.json": report({ success: false }) })).toMatchObject({ status: 1, last: "2 passed, 1 failed" });
  });
});
