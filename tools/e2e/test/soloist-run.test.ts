// What a person does who has neither root nor KVM: `soloist run`, QEMU's user network, loopback.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const soloist = `${root}node_modules/.bin/soloist`;

/** Processes below `pid`, all levels. */
function descendants(pid: number): number[] {
  const children = readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid;
    } catch {
      return false;
    }
  });
  return children.flatMap((child) => [Number(child), ...descendants(Number(child))]);
}

const running = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

async function until<T>(what: string, probe: () => T | undefined, said = () => ""): Promise<T> {
  for (let tries = 0; tries < 3000; tries++) {
    const result = probe();
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come:\n${said()}`);
}

function start(...args: string[]): { child: ChildProcess; text: () => string } {
  // A process group of its own: Ctrl-C at a terminal goes to the whole group.
  const child = spawn(soloist, ["run", ...args], { cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout!.on("data", (chunk) => {
    text += chunk;
  });
  child.stderr!.on("data", (chunk) => {
    text += chunk;
  });
  return { child, text: () => text };
}

describe("soloist run", () => {
  it("web-server: says size, how it booted and the address; curl gets an answer; Ctrl-C leaves nothing running", async () => {
    const port = await freePort();
    const { child, text } = start("apps/web-server", "-p", `${port}:80`);
    try {
      await until(
        "an answer",
        () => {
          const { status, stdout } = spawnSync(
            "curl",
            ["-sS", "--max-time", "30", `http://127.0.0.1:${port}/hello/Ada`],
            {
              encoding: "utf8",
            },
          );
          return status === 0 && stdout === "Hello Ada!\n" ? true : undefined;
        },
        text,
      );
      // The guest may answer before the command has said so.
      await until("the address", () => (text().includes(`http://localhost:${port}/`) ? true : undefined));
      expect(text()).toMatch(/web-server\.virtio\s+\d\.\d MB\s+booted in QEMU/);
      const page = execFileSync("curl", ["-sS", `http://127.0.0.1:${port}/`], { encoding: "utf8" });
      expect(page).toContain("<!doctype html>");

      const all = [child.pid!, ...descendants(child.pid!)];
      expect(all.length).toBeGreaterThan(1);
      process.kill(-child.pid!, "SIGINT");
      await once(child, "close");
      await until("the end of all processes", () => (all.some(running) ? undefined : true));
    } finally {
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {} // it has ended
    }
  });

  it("web-server on spt is reached by localhost, without a tap; Ctrl-C ends it, its network and the command with 130", async () => {
    const port = await freePort();
    const { child, text } = start("apps/web-server", "--target", "spt", "-p", `${port}:80`);
    try {
      await until("the address", () => (text().includes(`http://localhost:${port}/\n`) ? true : undefined), text);
      const url = `http://127.0.0.1:${port}/hello/Ada`;
      expect(execFileSync("curl", ["-sS", "--max-time", "60", url], { encoding: "utf8" })).toBe("Hello Ada!\n");
      const all = descendants(child.pid!);
      process.kill(-child.pid!, "SIGINT");
      expect((await once(child, "close"))[0]).toBe(130);
      await until("the end of all processes", () => (all.some(running) ? undefined : true));
      expect(text()).not.toContain("soloist:");
    } finally {
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {} // it has ended
    }
  });

  it.each(["spt", "virtio"])("hello on %s: its words on stdout, its exit code", (target) => {
    const result = spawnSync(soloist, ["run", "apps/hello", "--target", target, "--", "--who=Ada"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(result.stdout).toContain("Hello Ada!\n");
    expect(result.status).toBe(0);
  });

  it.each(["spt", "virtio"])("the exit code on %s is the program's", (target) => {
    const args = ["run", "tools/e2e/apps/exit-code.ts", "--target", target, "--", "--code=42"];
    expect(spawnSync(soloist, args, { cwd: root }).status).toBe(42);
  });

  it.each(["spt", "virtio"])("an uncaught error on %s shows the TypeScript file and line", (target) => {
    const args = ["run", "tools/e2e/apps/uncaught.ts", "--target", target];
    const result = spawnSync(soloist, args, { cwd: root, encoding: "utf8" });
    const text = result.stdout + result.stderr;
    expect(text).toContain("RangeError: an order of -1");
    expect(text).toMatch(/uncaught\.ts:10:/);
    expect(text).toMatch(/uncaught\.ts:16:/);
    expect(result.status).toBe(1);
  });

  it("a port that is taken is said in one line", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { child, text } = start("apps/web-server", "-p", `${port}:80`);
    const [code] = await once(child, "close");
    server.close();
    expect(code).not.toBe(0);
    expect(text()).toContain(String(port));
  });

  it("--watch on spt boots what was saved: in the place of a guest that runs, and after one that has ended", async () => {
    const folder = mkdtempSync(join(tmpdir(), "soloist-e2e-"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), '{"name":"watched","type":"module"}');
    const save = (main: string) =>
      writeFileSync(join(folder, "main.ts"), `import { run, sleep } from "@soloist/runtime";\nrun([], ${main});\n`);
    save('async () => { console.log("the first"); await sleep(1e8); }');
    const { child, text } = start(join(folder, "main.ts"), "--target", "spt", "--watch");
    const sees = (what: string) => until(what, () => (text().includes(what) ? true : undefined), text);
    try {
      await sees("the first\n");
      await sees("; it boots again when a file changes");
      save('() => { console.log("the second"); return 3; }');
      await sees("the second\n");
      await sees("it ended with exit code 3; it boots again when a file changes\n");
      save('async () => { console.log("the third"); await sleep(1e8); }');
      await sees("the third\n");
      const guest = descendants(child.pid!);
      process.kill(-child.pid!, "SIGINT");
      expect((await once(child, "close"))[0]).toBe(130);
      await until("the end of the guest", () => (guest.some(running) ? undefined : true));
    } finally {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    }
  });
});

describe("soloist build and inspect", () => {
  it("inspect tells what an image is", () => {
    execFileSync(soloist, ["build", "apps/web-server", "--target", "spt"], { cwd: root });
    const result = spawnSync(soloist, ["inspect", "apps/web-server/dist/web-server.spt"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(result.status).toBe(0);
    expect(result.stdout).toContain("spt");
    expect(result.stdout).toContain("service");
    expect(result.stdout).toMatch(/quickjs/i);
  });

  it("no segment of an image is writable and executable", () => {
    for (const target of ["spt", "virtio"]) {
      execFileSync(soloist, ["build", "apps/web-server", "--target", target], { cwd: root });
      const headers = execFileSync("readelf", ["-lW", `apps/web-server/dist/web-server.${target}`], {
        cwd: root,
        encoding: "utf8",
      });
      const flags = [...headers.matchAll(/^\s+LOAD\s+(?:0x\S+\s+){5}([RWE ]{3})\s/gm)].map((match) => match[1]!);
      expect(flags.length).toBeGreaterThanOrEqual(3);
      for (const one of flags) expect(one.includes("W") && one.includes("E")).toBe(false);
    }
  });
});
