// Several unikernels on one switch in user space: as anybody runs them, without root, over loopback.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, freePort, soloist } from "@soloist/tool-e2e";
import { describe, expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Starts `soloist compose` with this file; the group ends with the test. */
function compose(content: unknown): { readonly child: ChildProcess; text(): string } {
  const folder = mkdtempSync(join(tmpdir(), "soloist-e2e-"));
  const file = join(folder, "soloist.compose.json");
  writeFileSync(file, JSON.stringify(content));
  const child = spawn(soloist, ["compose", file], { cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  onTestFinished(async () => {
    if (isGroup(child.pid!)) {
      process.kill(-child.pid!, "SIGINT");
      await until(
        "the end",
        () => (isGroup(child.pid!) ? undefined : true),
        () => text,
      );
    }
    rmSync(folder, { recursive: true });
  });
  return { child, text: () => text };
}

async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  said: () => string,
): Promise<T> {
  for (let tries = 0; tries < 3000; tries++) {
    const result = await probe();
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come:\n${said()}`);
}

/** Whether a process of the group is left. */
function isGroup(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}

function curl(url: string): string | undefined {
  const { status, stdout } = spawnSync("curl", ["-sS", "--max-time", "10", url], { encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

/** The file of apps/galaxy. */
const galaxy = () => JSON.parse(readFileSync(join(root, "apps/galaxy/soloist.compose.json"), "utf8"));

/** What machines say in a page's transcripts, but for where they booted, and times. */
const transcript = (page: string) =>
  readFileSync(join(root, page), "utf8")
    .split("\n")
    .filter((line) => /^[a-z]+ +\| (?!booted|http|udp|\[)/.test(line));

const mixed = (front: string, back: string) => ({ front, back }) as const;

describe("soloist compose", () => {
  it.each([mixed("virtio", "spt"), mixed("spt", "virtio")])(
    "a front on $front finds its server on $back by name; both are reached from the host; Ctrl-C ends all",
    async ({ front, back }) => {
      const [frontPort, backPort] = [await freePort(), await freePort()];
      const image = (app: string, target: string) => ({ image: build(app, target as "spt"), target });
      const { child, text } = compose({
        apps: {
          front: {
            ...image("tools/e2e/apps/front.ts", front),
            args: ["--backend=back.internal"],
            ports: [`${frontPort}:80`],
            dependsOn: ["back"],
          },
          back: { ...image("apps/web-server", back), address: "10.0.2.77", ports: [`${backPort}:80`] },
        },
      });
      const answer = await until("an answer", () => curl(`http://127.0.0.1:${frontPort}/hello/Ada`), text);
      expect(answer).toBe("back.internal says: Hello Ada!\n");
      expect(curl(`http://127.0.0.1:${backPort}/hello/Bob`)).toBe("Hello Bob!\n");
      // A guest may answer before the command has read what it printed.
      for (const line of ["back  | Listening on port 80\n", "front | Listening on 10.0.2.10\n"]) {
        await until(line, () => (text().includes(line) ? true : undefined), text);
      }
      expect(text()).toContain("10.0.2.77");
      // The dependency listened first.
      expect(text().indexOf("back  | Listening")).toBeLessThan(text().indexOf("front | Listening"));

      process.kill(-child.pid!, "SIGINT");
      const [code] = await once(child, "close");
      expect(code).toBe(130);
      await until("the end of all processes", () => (isGroup(child.pid!) ? undefined : true), text);
    },
  );

  it("a guest reaches the host, and the world behind it, through the gateway", async () => {
    const server = createServer((_request, response) => response.end("the host\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const port = await freePort();
    const backend = `10.0.2.2:${(server.address() as AddressInfo).port}`;
    const { text } = compose({
      apps: {
        front: {
          image: build("tools/e2e/apps/front.ts", "spt"),
          target: "spt",
          args: [`--backend=${backend}`],
          ports: [`${port}:80`],
        },
      },
    });
    await until("the address", () => (text().includes(`http://localhost:${port}/`) ? true : undefined), text);
    // The server is in this process: nothing here may block.
    const ask = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/x`).catch(() => undefined);
      return answer?.text();
    };
    expect(await until("an answer", ask, text)).toBe(`${backend} says: the host\n`);
  });

  it("an app that fails ends the others, and its exit code is the command's", async () => {
    const { child, text } = compose({
      apps: {
        web: { image: build("apps/web-server", "spt"), target: "spt" },
        job: {
          image: build("tools/e2e/apps/exit-code.ts", "spt"),
          target: "spt",
          args: ["--code=42"],
          dependsOn: ["web"],
        },
      },
    });
    const [code] = await once(child, "close");
    expect(text()).toContain("job | ended with exit code 42");
    expect(code).toBe(42);
  });

  it("an app that is to be restarted is, and its cable is plugged in again", async () => {
    const { text } = compose({
      apps: { job: { image: build("apps/hello", "spt"), target: "spt", restart: "always" } },
    });
    await until("a second run", () => (text().split("Hello World!").length > 2 ? true : undefined), text);
    expect(text()).toContain("restarts in 1 s");
  });

  it("apps/galaxy: the front finds the others by name and reads their status pages; the client measures the echo, and ends", async () => {
    const ports = new Map<string, number>();
    const apps: Record<string, Record<string, unknown>> = galaxy().apps;
    for (const [name, app] of Object.entries(apps)) {
      const published = [];
      for (const text of (app.ports as string[] | undefined) ?? []) {
        const [, guest] = text.split(":");
        ports.set(`${name}:${guest}`, await freePort());
        published.push(`${ports.get(`${name}:${guest}`)}:${guest}`);
      }
      // All of them in the tender: machines in QEMU have tests of their own.
      const image = build(relative(root, resolve(root, "apps/galaxy", app.app as string)), "spt");
      apps[name] = { ...app, app: undefined, image, target: "spt", ports: published };
    }
    const { text } = compose({ apps });
    const front = `http://127.0.0.1:${ports.get("front:80")}`;
    const reports = JSON.parse(await until("the machines", () => curl(`${front}/machines`), text));
    expect(reports).toEqual(
      ["web", "links"].map((name) => ({
        name,
        uptime: expect.any(Number),
        requests: 1,
        heap: expect.any(Number),
      })),
    );
    expect(curl(`${front}/`)).toContain("<h2>links</h2><dl>");
    expect(curl(`http://127.0.0.1:${ports.get("web:80")}/_soloist`)).toBe("Unauthorized\n");
    await until(
      "the measurement",
      () => (text().includes("meter | ended with exit code 0\n") ? true : undefined),
      text,
    );
    for (const page of ["apps/galaxy/README.md", "docs/guides/compose.md"]) {
      const said = transcript(page);
      expect(said.length, page).toBeGreaterThan(1);
      for (const line of said) expect(text(), page).toContain(line);
    }
  });

  it("jobs that all end well end the command well", async () => {
    const hello = { image: build("apps/hello", "spt"), target: "spt" };
    const { child, text } = compose({
      apps: { one: { ...hello, args: ["--who=One"] }, two: { ...hello, dependsOn: ["one"] } },
    });
    expect((await once(child, "close"))[0]).toBe(0);
    expect(text()).toContain("one | Hello One!\n");
    expect(text()).toContain("two | Hello World!\n");
  });
});
