/**
 * What a stranger meets: packages from tarballs, a new project in a folder of its own, npm's own commands. Packages from
 * outside come from npm's cache and registry; Soloist's from a registry on loopback, so that the project stays as it was written.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Registry, startRegistry } from "@soloist/tool-workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEMPLATES } from "../src/templates.ts";

const run = promisify(execFile);
const packages = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "create-soloist-"));
const names = ["create-soloist", "@soloist/toolchain", ...TEMPLATES.flatMap((template) => template.packages)];
let registry: Registry;

/** Nothing of this repository is in the way: neither npm's variables for scripts nor the folders that it puts in front of PATH. */
function strangersEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    NO_COLOR: "1",
    npm_config_update_notifier: "false",
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
    "npm_config_@soloist:registry": registry.url,
  };
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_)|NODE_ENV|NODE_OPTIONS|VITEST|VITE_|INIT_CWD|TEST$)/.test(name),
  );
  const path = (process.env.PATH ?? "").split(delimiter).filter((one) => !one.includes("node_modules"));
  return {
    ...Object.fromEntries(inherited),
    ...environment,
    PATH: [dirname(process.execPath), ...path, "/usr/sbin", "/sbin"].join(delimiter),
  };
}

/** A command as typed into a shell. Rejects with its output when it fails. */
async function typed(cwd: string, command: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run(command, args, { cwd, env: strangersEnvironment(), timeout: 180_000 });
    return stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as { message: string; stdout: string; stderr: string };
    throw new Error(`${message}\n${stdout}\n${stderr}`);
  }
}

beforeAll(async () => {
  registry = await startRegistry(packages, names, folder);
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe("the tarballs", () => {
  it("hold every file that exports, types and commands name", () => {
    for (const [name, { manifest, files }] of registry.contents) {
      const targets = Object.values(manifest.exports ?? {}).flatMap((one) =>
        typeof one === "string" ? [one] : Object.values(one),
      );
      for (const target of [...targets, ...Object.values(manifest.bin ?? {})]) {
        const [start = "", end] = target.replace(/^\.\//, "").split("*");
        const found = [...files.keys()].some((path) =>
          end === undefined ? path === start : path.startsWith(start) && path.endsWith(end),
        );
        expect(found, `${name}: ${target}`).toBe(true);
      }
    }
  });

  it("hold a tender that may be executed, and a base for each target", () => {
    const files = (name: string) => registry.contents.get(name)!.files;
    expect(files("@soloist/tender").get("dist/soloist-spt")! & 0o111).toBe(0o111);
    for (const target of ["spt", "virtio"]) {
      expect([...files("@soloist/kernel").keys()]).toEqual(
        expect.arrayContaining([`dist/base-${target}.elf`, `dist/base-${target}.json`]),
      );
    }
  });

  it("leave nothing of the repository in: no tests, no build folder", () => {
    for (const { files } of registry.contents.values()) {
      expect([...files.keys()].filter((path) => /^(?:test|build|node_modules)\//.test(path))).toEqual([]);
    }
  });
});

describe.each(TEMPLATES.map(({ name }) => name))("a new %s project", (template) => {
  const project = join(folder, `my-${template}`);

  it("is made by the published command and installs", async () => {
    const tarball = registry.tarball("create-soloist");
    const output = await typed(
      folder,
      ...["npm", "exec", "--yes", `--package=${tarball}`, "--", "create-soloist", `my-${template}`],
      ...["--template", template],
    );
    expect(output).toContain(`cd my-${template}\n  npm install\n  npm start`);
    await typed(project, "npm", "install");
  });

  it("has types that fit", async () => {
    await typed(project, "npm", "run", "typecheck");
  });

  it("passes its own test", async () => {
    expect(await typed(project, "npm", "test")).toMatch(/Tests +\d+ passed/);
  });

  it("becomes an image", async () => {
    const image = `dist/my-${template}.${template === "hello" ? "spt" : "virtio"}`;
    expect(await typed(project, "npm", "run", "build")).toContain(image);
    expect(await typed(project, "npx", "soloist", "inspect", image)).toContain(template === "hello" ? "spt" : "virtio");
  });
});

it("soloist doctor asks for no compiler: the tarballs bring what is compiled", async () => {
  const checks = JSON.parse(await typed(join(folder, "my-hello"), "npx", "soloist", "doctor", "--json"));
  const names = (checks.checks ?? checks).map(({ name }: { name: string }) => name);
  expect(names).toEqual(["node", "qemu-system-x86_64", "kvm"]);
});

describe("booted", () => {
  it("hello greets, by the tender of the tarball", async () => {
    const project = join(folder, "my-hello");
    expect(await typed(project, "npm", "start")).toMatch(/\nHello World!\n$/);
    expect(await typed(project, "npm", "start", "--", "--", "--who=Ada")).toMatch(/\nHello Ada!\n$/);
  });

  it("web answers curl, in QEMU", async () => {
    const port = await freePort();
    await using _server = await serving("my-web", port, 80);
    const base = `http://localhost:${port}`;
    expect(await typed(folder, "curl", "-sS", `${base}/hello/Ada`)).toBe("Hello Ada!\n");
    expect(JSON.parse(await typed(folder, "curl", "-sS", `${base}/square/12`))).toEqual({ n: 12, square: 144 });
    expect(await typed(folder, "curl", "-sS", `${base}/`)).toContain("<h1>my-web</h1>");
  });

  it("shortener keeps links on a disk that it makes itself, through a reboot", async () => {
    const port = await freePort();
    const disk = ["--block", "links=links.img,size=1M"];
    {
      await using _server = await serving("my-shortener", port, 80, disk);
      const form = ["-d", "url=https://example.org/", "-d", "alias=here"];
      const status = ["-o", "/dev/null", "-w", "%{http_code}"];
      expect(await typed(folder, "curl", "-sS", ...status, ...form, `http://localhost:${port}/links`)).toBe("303");
    }
    await using _server = await serving("my-shortener", port, 80, disk);
    const where = ["-o", "/dev/null", "-w", "%{redirect_url}"];
    const found = await typed(folder, "curl", "-sS", ...where, `http://localhost:${port}/here`);
    expect(found).toBe("https://example.org/");
  });
});

/** The image that `npm run build` left in dist, booted by the project's own command; resolves when it listens. */
async function serving(
  name: string,
  host: number,
  guest: number,
  options: readonly string[] = [],
): Promise<AsyncDisposable> {
  const cwd = join(folder, name);
  const args = [
    "node_modules/@soloist/toolchain/bin/soloist.mjs",
    "run",
    `dist/${name}.virtio`,
    "-p",
    `${host}:${guest}`,
    ...options,
  ];
  const child = spawn(process.execPath, args, { cwd, env: strangersEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const take = (bytes: Buffer) => {
      output += bytes;
      if (output.includes("Listening")) resolve();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    void ended.then(() => reject(new Error(`it ended with code ${child.exitCode}:\n${output}`)));
  });
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
