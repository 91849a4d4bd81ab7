import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, renameSync, truncateSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { guest, sanitizedTender, tender } from "./support/build.ts";
import { run, scratch } from "./support/run.ts";

const file = scratch();
const root = process.getuid?.() === 0;

/** Starts the guest with what it does; resolves once it has printed its first line. */
async function start(command: readonly string[], image = guest("basic")) {
  const [program = "", ...args] = command;
  const child = spawn(program, [...args, image, image === guest("basic") ? "for-ever" : "read-late"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk;
  });
  const closed = once(child, "close").then(([status, signal]) => ({ status, signal, printed }));
  await once(child.stdout, "data");
  return { child, closed };
}

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
    const { child, closed } = await start([tender]);
    child.kill(signal);
    expect(await closed).toMatchObject({ status: null, signal });
  });

  it.skipIf(!root)("ends on SIGTERM also as the first process of a container", async () => {
    const { child, closed } = await start(["unshare", "--pid", "--fork", tender]);
    process.kill(Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")), "SIGTERM");
    expect(await closed).toMatchObject({ status: 143 });
  });

  it("whose image is replaced by a new file goes on", async () => {
    const image = file("replaced.spt");
    copyFileSync(guest("basic"), image);
    const { closed } = await start([tender], image);
    copyFileSync(guest("net"), `${image}.new`);
    renameSync(`${image}.new`, image);
    expect(await closed).toMatchObject({ status: 0, printed: "waiting\n" });
  });

  it("whose image is cut off ends with a line that says so", async () => {
    const image = file("cut.spt");
    copyFileSync(guest("basic"), image);
    const { closed } = await start([tender], image);
    truncateSync(image, 4096);
    const { status, printed } = await closed;
    expect(status).toBe(135);
    expect(printed).toMatch(
      /\nsoloist-spt: guest fault: page fault: read of address 0x10\w+ \(the image file became shorter\) at/,
    );
  });

  it.skipIf(!root)("runs from a file system that is mounted noexec", () => {
    const script = `mount -t tmpfs -o noexec none /mnt && cp ${guest("basic")} /mnt/ && ${tender} /mnt/basic.spt memory`;
    expect(run(["--mount", "sh", "-c", script], "unshare")).toEqual({ status: 0, stdout: "512 MB\n", stderr: "" });
  });

  it("cannot reach a device through a console that is closed", () => {
    const disk = file("disk.img", Buffer.alloc(65536, "x"));
    const log = file("log.img", Buffer.alloc(4096));
    const script = `exec ${tender} --block:data=${disk} --block:log=${log} ${guest("block")} plain <&- >&- 2>&-`;
    expect(run(["-c", script], "sh").status).toBe(99);
    expect(readFileSync(disk).every((byte) => byte === "x".charCodeAt(0))).toBe(true);
  });
});
