import { describe, expect, it } from "vitest";
import { guest, sanitizedTender } from "./support/build.ts";
import { run } from "./support/run.ts";

const basic = (command: string, program?: string) => run(["--mem=8", guest("basic"), command], program);
const crash = (command: string, program?: string) => run(["--mem=8", guest("crash"), command], program);
const report =
  /^soloist-spt: guest fault: ([^\n]*) at rip 0x[0-9a-f]+\n((?: {2}(?:\w{2}[\w ] [0-9a-f]{16} ?){3}\n){6})$/;

const faults: readonly (readonly [string, number, RegExp])[] = [
  ["null", 139, /^page fault: write to address 0x8 \(null pointer\)$/],
  ["unmapped", 139, /^page fault: read of address 0x801000 \(not mapped\)$/],
  ["text", 139, /^page fault: write to address 0x10[0-9a-f]{4} \(not permitted\)$/],
  ["constant", 139, /^page fault: write to address 0x10[0-9a-f]{4} \(not permitted\)$/],
  ["execute-data", 139, /^page fault: execution of address 0x10[0-9a-f]{4} \(not permitted\)$/],
  ["execute-heap", 139, /^page fault: execution of address 0x10[0-9a-f]{4} \(not permitted\)$/],
  ["execute-stack", 139, /^page fault: execution of address 0x7ff[0-9a-f]{3} \(not permitted\)$/],
  ["stack", 139, /^page fault: write to address 0x10[0-9a-f]{4} \(not permitted\)$/],
  ["thread-storage", 139, /^page fault: read of address 0x0 \(null pointer\)$/],
  ["bad-thread-storage", 139, /^page fault: write to address 0x8 \(null pointer\)$/],
  ["protection", 139, /^general protection fault$/],
  ["divide", 136, /^division by zero or out of range$/],
  ["undefined", 132, /^undefined instruction$/],
  ["breakpoint", 133, /^breakpoint$/],
];

const calls: readonly (readonly [string, RegExp])[] = [
  ["getpid", /^forbidden system call 39$/],
  ["mprotect", /^forbidden system call 10$/],
  ["sigreturn", /^forbidden system call 15$/],
  ["32-bit", /^forbidden 32-bit system call 20$/],
  ["read-stdin", /^forbidden system call 0 \(read\) with the arguments 0x0, 0x[0-9a-f]+, 0x10, 0x0$/],
  ["write-stderr", /^forbidden system call 1 \(write\) with the arguments 0x2, /],
  ["other-clock", /^forbidden system call 228 \(clock_gettime\) with the arguments 0x2, /],
  ["set-gs", /^forbidden system call 158 \(arch_prctl\) with the arguments 0x1001, /],
  ["other-epoll", /^forbidden system call 281 \(epoll_pwait\) with the arguments 0x0, /],
];

describe("a fault of the guest", () => {
  it.each(faults)("%s: one line, the registers, exit code %i", (command, status, expected) => {
    const outcome = basic(`fault ${command}`);
    expect(outcome).toMatchObject({ status, stderr: "" });
    expect(outcome.stdout).toMatch(report);
    expect(report.exec(outcome.stdout)?.[1]).toMatch(expected);
  });

  it.each(calls)("the system call %s: refused with its number", (command, expected) => {
    const outcome = basic(`forbidden ${command}`);
    expect(outcome).toMatchObject({ status: 159, stderr: "" });
    expect(report.exec(outcome.stdout)?.[1]).toMatch(expected);
  });

  it("the handler is clean under the sanitizers", () => {
    for (const command of ["fault null", "fault execute-stack", "forbidden read-stdin"]) {
      const outcome = basic(command, sanitizedTender);
      expect(outcome.stderr).toBe("");
      expect(outcome.stdout).toMatch(report);
    }
    expect(crash("", sanitizedTender)).toMatchObject({ status: 42, stderr: "" });
    expect(crash("twice", sanitizedTender)).toMatchObject({ status: 139, stderr: "" });
  });
});

describe("an image with a crash note", () => {
  it("gets its first fault itself, on its emergency stack", () => {
    const outcome = crash("");
    expect(outcome).toMatchObject({ status: 42, stderr: "" });
    expect(outcome.stdout).toMatch(
      /^crash: page fault: write to address 0x8 \(null pointer\) at rip 0x10[0-9a-f]+\n( {2}[^\n]*\n){6}on the emergency stack\n$/,
    );
  });

  it("gets system calls that were refused, and faults on a stack that is no stack", () => {
    expect(crash("system-call").stdout).toMatch(/^crash: forbidden system call 39 at/);
    expect(crash("stack").stdout).toMatch(/^crash: page fault: write to address 0x18 .*on the emergency stack\n$/s);
  });

  it("that faults again: the plain line and exit code 139", () => {
    const outcome = crash("twice");
    expect(outcome.status).toBe(139);
    expect(outcome.stdout).toMatch(
      /^soloist-spt: fault while the guest reported one: page fault: write to address 0x28 \(null pointer\) at rip/,
    );
  });
});
