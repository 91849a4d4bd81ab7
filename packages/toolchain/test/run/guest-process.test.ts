import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type GuestEvents, startGuest } from "../../src/run/guest-process.ts";

const quiet: GuestEvents = { console() {}, error() {} };
const sh = (script: string, events = quiet) => startGuest({ command: "sh", args: ["-c", script] }, events);

it("console and diagnostics arrive apart, and the exit code", async () => {
  let console = "";
  let error = "";
  const guest = sh("echo out; echo err >&2; exit 7", {
    console: (chunk: Uint8Array) => {
      console += Buffer.from(chunk).toString();
    },
    error: (chunk: Uint8Array) => {
      error += Buffer.from(chunk).toString();
    },
  });
  expect(await guest.ended).toBe(7);
  expect([console, error]).toEqual(["out\n", "err\n"]);
});

it("a signal's number is added to 128", async () => {
  expect(await sh("kill -TERM $$").ended).toBe(143);
});

it("stop ends one that does not listen", async () => {
  let ready = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const guest = sh("trap '' TERM; echo ready; while :; do sleep 0.05; done", { ...quiet, console: () => ready() });
  await isReady;
  guest.stop();
  expect(await guest.ended).toBe(137);
});

it("a command that is not there: one line that says what to do", () => {
  expect(() => startGuest({ command: "no-such-machine", args: [] }, quiet)).toThrow(
    'no-such-machine was not found; "soloist doctor" says how to get it',
  );
});

const hasSetpriv = (() => {
  try {
    execFileSync("setpriv", ["--pdeathsig", "KILL", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!hasSetpriv)("it dies when its parent is killed", async () => {
  const module = new URL("../../src/run/guest-process.ts", import.meta.url).href;
  const script = `
    import { type GuestEvents, startGuest } from ${JSON.stringify(module)};
    startGuest({ command: "sh", args: ["-c", "echo $$; exec sleep 60"] }, { console: (c) => process.stdout.write(c), error() {} });
  `;
  const parent = spawn("tsx", ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  const stat = () => (existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : "");
  expect(stat()).not.toBe("");
  // tsx runs the script in a child of its own: that one is the parent to kill.
  const parentPid = Number(/^\d+ \(.*\) \S (\d+)/.exec(stat())![1]);
  process.kill(parentPid, "SIGKILL");
  for (let tries = 0; tries < 3000 && stat() !== "" && !/^\d+ \(.*\) Z/.test(stat()); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(stat() === "" || /^\d+ \(.*\) Z/.test(stat())).toBe(true);
});
