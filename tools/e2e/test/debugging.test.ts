// What one has when an image misbehaves: its status, logs, frames, profile, and a debugger.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ADDRESS, curl, freePort, GUEST, HOST, here, Namespace, namespacesMissing, soloist } from "@soloist/tool-e2e";
import { browserMissing, openBrowser, PATIENCE, patient, screenshot } from "@soloist/tool-e2e/browser";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const app = "tools/e2e/apps/debugged.ts";
const folder = mkdtempSync(join(tmpdir(), "soloist-debugging-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  text(): string;
}

/** `soloist run` of an app behind QEMU's user network. */
async function run(name: string, options: readonly string[], args: readonly string[] = []): Promise<Running> {
  const port = await freePort();
  const publish = name === app ? ["-p", `${port}:80`] : [];
  const words = ["run", name, "--accel", "tcg", ...publish, ...options, "--", ...args];
  const child = spawn(soloist, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
  return { child, port, text: () => text };
}

async function says({ child, text }: Running, pattern: RegExp): Promise<void> {
  for (let tries = 0; !pattern.test(text().slice(0, text().lastIndexOf("\n") + 1)); tries++) {
    if (tries === 3000 || child.exitCode !== null) throw new Error(`no ${pattern}:\n${text()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function interrupt({ child }: Running): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGINT");
  await closed;
}

const profileOf = (file: string) =>
  JSON.parse(readFileSync(file, "utf8")) as {
    nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children: number[] }[];
    samples: number[];
    timeDeltas: number[];
  };

describe("an app behind QEMU's user network", () => {
  it("shows its status, logs its connections, and leaves its frames and a profile", async () => {
    const pcap = join(folder, "virtio.pcap");
    const profile = join(folder, "virtio.cpuprofile");
    const running = await run(app, ["--pcap", pcap, "--profile", profile], ["--log=net.tcp=debug"]);
    try {
      await says(running, /Listening/);
      const origin = `http://127.0.0.1:${running.port}`;
      expect(await curl(here, [`${origin}/work/1500`])).toMatch(/^\d+\n$/);
      expect(await curl(here, [`${origin}/fail`])).toBe("Internal Server Error\n");

      const metrics = await curl(here, ["-H", "accept: text/plain", `${origin}/_soloist`]);
      const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1]);
      expect(value("http_requests_total")).toBe(3);
      expect(value("http_failures_total")).toBe(1);
      expect(value("soloist_loop_delay_longest_seconds")).toBeGreaterThan(1);
      expect(value("soloist_heap_bytes")).toBeGreaterThan(100_000);
      expect(value("soloist_heap_bytes")).toBeLessThan(value("soloist_memory_taken_bytes"));
      expect(value("soloist_memory_taken_bytes")).toBeLessThan(value("soloist_memory_limit_bytes"));
      expect(value("net_connections")).toBeGreaterThan(0);

      if (browserMissing === undefined) {
        const browser = await openBrowser();
        try {
          const page = patient(await browser.newPage());
          // It loads itself anew every few seconds, also while somebody looks at it.
          await page.route("**/_soloist", async (route) => {
            const response = await route.fetch({ timeout: PATIENCE });
            const body = (await response.text()).replace(/<meta http-equiv="refresh"[^>]*>/, "");
            await route.fulfill({ response, body });
          });
          await page.goto(`${origin}/_soloist`);
          await screenshot(page, "status");
          expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual([
            "Machine",
            "Network",
            "HTTP",
          ]);
          expect(await page.getByText("Requests that reached the app").isVisible()).toBe(true);
        } finally {
          await browser.close();
        }
      }
    } finally {
      await interrupt(running);
    }
    const text = running.text();
    expect(text).toMatch(/^\[ +\d+\.\d{3}\] debug net\.tcp: opened local=10\.0\.2\.15 port=80 remote=10\.0\.2\.2 /m);
    expect(text).toMatch(/error web: A handler failed: TypeError: a handler that fails\n.*debugged\.ts:23:/);
    // tcpdump takes no file that ends in the middle of a frame.
    const frames = execFileSync("tcpdump", ["-nn", "-r", pcap, "-Z", "root"], { encoding: "utf8", stdio: "pipe" });
    expect(frames).toMatch(/IP 10\.0\.2\.2\.\d+ > 10\.0\.2\.15\.80: Flags \[S\]/);

    const { nodes, samples, timeDeltas } = profileOf(profile);
    expect(samples.length).toBe(timeDeltas.length);
    const digits = nodes.filter(({ callFrame }) => callFrame.functionName === "sumOfDigits");
    expect(digits.length).toBeGreaterThan(0);
    for (const { callFrame } of digits) {
      expect(callFrame.url).toMatch(/tools\/e2e\/apps\/debugged\.ts$/);
      expect(callFrame.lineNumber).toBe(7);
    }
    const parents = nodes.filter(({ children }) => digits.some(({ id }) => children.includes(id)));
    expect(parents.map(({ callFrame }) => callFrame.functionName)).toContain("busyWork");
    expect(text).toMatch(/virtio\.cpuprofile: \d+ samples/);
  });

  it("waits for gdb, which stops at a function of the kernel and shows who called it", async () => {
    const port = await freePort();
    const running = await run("apps/hello", ["--gdb-port", String(port)]);
    const closed = once(running.child, "close");
    await says(running, /gdb -ex/);
    const [, base] = /-ex continue (\S+)\n/.exec(running.text())!;
    const commands = ["target remote", "break platform_consoleWrite", "continue", "bt", "delete", "continue"];
    const words = commands.flatMap((command) => ["-ex", command.replace(/remote$/, `remote 127.0.0.1:${port}`)]);
    // The machine may say so a moment before it listens.
    const options = ["-ex", "set tcp connect-timeout 240", "-ex", "set tcp auto-retry on"];
    const said = execFileSync("gdb", ["-nx", "-batch", ...options, ...words, base!], {
      encoding: "utf8",
      stdio: "pipe",
    });
    expect(said).toMatch(/#0 .* platform_consoleWrite \(\)/);
    expect(said).toMatch(/ in kernel_main \(\)/);
    expect(await closed).toEqual([0, null]);
    expect(running.text()).toContain("Hello World!\n");
  });
});

const missing = namespacesMissing();

describe.skipIf(missing !== undefined)(`an app on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  it("logs JSON lines, and leaves its frames and a profile", async () => {
    const pcap = join(folder, "spt.pcap");
    const profile = join(folder, "spt.cpuprofile");
    using net = new Namespace();
    net.tap("tap0", `${HOST}/24`);
    const options = ["--target", "spt", "--net", "tap:tap0", "--pcap", pcap, "--profile", profile];
    const args = [...ADDRESS, "--log-format=json", "--log=net.tcp=debug"];
    const child = net.spawn(soloist, ["run", join(root, app), ...options, "--", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk) => (text += chunk));
    const running = { child, port: 0, text: () => text };
    try {
      await says(running, /Listening/);
      expect(await curl(net, [`http://${GUEST}/work/1500`])).toMatch(/^\d+\n$/);
    } finally {
      await interrupt(running);
    }
    const lines = text.split("\n").filter((line) => line.startsWith("{"));
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged).toContainEqual(expect.objectContaining({ source: "console", message: "Listening on port 80" }));
    const opened = { level: "debug", source: "net.tcp", message: "opened", local: GUEST, port: 80, remote: HOST };
    expect(logged).toContainEqual(expect.objectContaining(opened));
    const frames = execFileSync("tcpdump", ["-nn", "-r", pcap, "-Z", "root"], { encoding: "utf8", stdio: "pipe" });
    expect(frames).toMatch(/IP 10\.0\.0\.1\.\d+ > 10\.0\.0\.2\.80: Flags \[S\]/);
    expect(frames).toMatch(/IP 10\.0\.0\.2\.80 > 10\.0\.0\.1\.\d+: Flags \[S\.\]/);
    const names = profileOf(profile).nodes.map(({ callFrame }) => callFrame.functionName);
    expect(names).toEqual(expect.arrayContaining(["busyWork", "sumOfDigits"]));
  });
});

describe.each(["spt", "virtio"])("what ends an app on %s is told with its place in TypeScript", (target) => {
  it.each([
    ["a fault of the processor", "crash", "null-read", /null|page fault/i, 255],
    ["no memory left", "out-of-memory", "bytes", /out of memory/, 1],
    ["recursion without end", "stack-overflow", "call", /Maximum call stack size exceeded/, 1],
  ])("%s", (_what, name, kind, words, code) => {
    const args = ["run", `tools/e2e/apps/${name}.ts`, "--target", target, "--mem", "32", "--", `--kind=${kind}`];
    const { status, stdout } = spawnSync(soloist, args, { cwd: root, encoding: "utf8" });
    expect(stdout).toMatch(words);
    expect(stdout).toMatch(new RegExp(`\\(tools/e2e/apps/${name}\\.ts:\\d+:\\d+\\)`));
    expect(status).toBe(code);
  });
});

describe("the command line of soloist run", () => {
  it.each([
    [["--pcap", "/nowhere/x.pcap"], /--pcap \/nowhere\/x\.pcap: ENOENT/],
    [["--profile", "/nowhere/x"], /--profile \/nowhere\/x: ENOENT/],
    [["--gdb-port", "x"], /--gdb-port x: expected a port/],
    [["--target", "spt", "--gdb"], /--gdb works in QEMU/],
  ])("%j: one line and exit code 2", (options, line) => {
    const { status, stderr } = spawnSync(soloist, ["run", "apps/hello", ...options], { cwd: root, encoding: "utf8" });
    expect(stderr).toMatch(line);
    expect(stderr.trim().split("\n").at(-1)).toMatch(line);
    expect(status).toBe(2);
  });
});
