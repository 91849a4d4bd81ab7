import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { crunchPlugin } from "../src/make/index.ts";
import { folderOf } from "./fixture.ts";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const repository = dirname(dirname(packageFolder));

function appOf(main: string): string {
  const folder = folderOf({
    "package.json": '{"type":"module"}',
    "src/main.ts": main,
    "public/a.txt": "Hello",
    "public/b/c.css": "p{}",
  });
  mkdirSync(join(folder, "node_modules/@soloist"), { recursive: true });
  for (const name of ["crunch", "interface"])
    symlinkSync(join(repository, "packages", name), join(folder, "node_modules/@soloist", name));
  return folder;
}

const bundleOf = (folder: string, options?: Parameters<typeof crunchPlugin>[0]) =>
  build({
    entryPoints: [join(folder, "src/main.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "node20",
    conditions: ["@soloist/source"],
    logLevel: "silent",
    plugins: [crunchPlugin(options)],
  });

const MAIN =
  'import assets from "crunch:../public";\nconsole.log(assets.text("/a.txt"), assets.file("/b/c.css").type);\n';

function typecheck(folder: string): string {
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(repository, "tsconfig.base.json"),
      compilerOptions: { noEmit: true, types: ["@soloist/interface/globals"] },
      include: ["src"],
    }),
  );
  try {
    return execFileSync(join(repository, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe("the plugin", () => {
  it("makes a module of a folder that runs on Node.js", async () => {
    const { outputFiles } = await bundleOf(appOf(MAIN));
    expect(
      execFileSync(process.execPath, ["--input-type=module"], { input: outputFiles[0]!.text, encoding: "utf8" }),
    ).toBe("Hello text/css;charset=utf-8\n");
  });

  it("hands the bytes to whoever stores them elsewhere", async () => {
    let stored = 0;
    const store = (archive: Uint8Array) => {
      stored = archive.length;
      return "node:fs";
    };
    const folder = appOf(MAIN);
    const { outputFiles } = await build({
      entryPoints: [join(folder, "src/main.ts")],
      bundle: true,
      write: false,
      format: "esm",
      external: ["node:fs"],
      conditions: ["@soloist/source"],
      plugins: [crunchPlugin({ store })],
    });
    expect(stored).toBeGreaterThan(32);
    expect(outputFiles[0]!.text).toMatch(/from "node:fs"/);
  });

  it("declares the files: one that is missing is a compile error", async () => {
    const folder = appOf(MAIN);
    await bundleOf(folder);
    expect(readFileSync(join(folder, "src/public.crunch.d.ts"), "utf8")).toContain('| "/b/c.css"');
    expect(typecheck(folder)).toBe("");
    writeFileSync(join(folder, "src/main.ts"), `${MAIN}assets.text("/absent.txt");\n`);
    expect(typecheck(folder)).toMatch(/main\.ts\(3,13\): error TS2345.*"\/absent\.txt"/);
  });

  it("has a declaration for before the first build, which knows no names", async () => {
    const folder = appOf(`/// <reference types="@soloist/crunch/ambient" />\n${MAIN}assets.text("/absent.txt");\n`);
    expect(typecheck(folder)).toBe("");
  });

  it("writes no declaration when it is not to", async () => {
    const folder = appOf(MAIN);
    await bundleOf(folder, { declarations: false });
    expect(existsSync(join(folder, "src/public.crunch.d.ts"))).toBe(false);
  });

  it("explains a folder that is missing, or that is not named like one", async () => {
    await expect(bundleOf(appOf('import "crunch:./absent";'))).rejects.toThrow(/absent: does not exist/);
    await expect(bundleOf(appOf('import "crunch:public";'))).rejects.toThrow(/write "crunch:\.\/public"/);
  });
});

describe("the command", () => {
  const run = (folder: string, ...args: string[]) => {
    try {
      const options = { cwd: folder, encoding: "utf8", stdio: "pipe" } as const;
      return {
        code: 0,
        stdout: execFileSync(process.execPath, [join(packageFolder, "bin/crunch.mjs"), ...args], options),
        stderr: "",
      };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
      return { code: status, stdout, stderr };
    }
  };

  it("makes an archive, a module and its types; --list shows what is in it", async () => {
    const folder = appOf("");
    expect(run(folder, "public")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^public\.crunch {2}2 files, 8 bytes/),
    });
    expect(run(folder, "--list", "public.crunch").stdout).toMatch(
      /^\/a\.txt {2}5 {2}text\/plain;charset=utf-8 {2}"[\w-]{22}" /,
    );
    expect(readFileSync(join(folder, "public.crunch.d.ts"), "utf8")).toContain('"/a.txt"');
    const { outputFiles } = await build({
      entryPoints: [join(folder, "public.crunch.js")],
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      conditions: ["@soloist/source"],
    });
    writeFileSync(
      join(folder, "bundle.mjs"),
      `${outputFiles[0]!.text}\nconsole.log(public_crunch_default.text("/a.txt"));`,
    );
    expect(execFileSync(process.execPath, [join(folder, "bundle.mjs")], { encoding: "utf8" })).toBe("Hello\n");
  });

  it("ends with one line and exit code 1 for what it cannot do, 2 for wrong usage", () => {
    const folder = appOf("");
    expect(run(folder, "absent")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^crunch: absent: does not exist.*\n$/),
    });
    expect(run(folder)).toMatchObject({ code: 2, stderr: expect.stringMatching(/^crunch: .*--help\n$/) });
    expect(run(folder, "--what")).toMatchObject({ code: 2, stderr: expect.stringMatching(/^crunch: .*--help\n$/) });
    writeFileSync(join(folder, "x.crunch"), "no archive");
    expect(run(folder, "--list", "x.crunch")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/ERR_CRUNCH_FORMAT/),
    });
  });
});
