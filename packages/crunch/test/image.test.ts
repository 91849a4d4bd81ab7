import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { folderOf } from "./fixture.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const soloist = path("../../toolchain/bin/soloist.mjs");
const tender = path("../../tender/dist/soloist-spt");
const isBuilt = existsSync(path("../../kernel/dist/base-spt.elf")) && existsSync(tender);
const execute = promisify(execFile);

/** What an app prints when it is booted with a folder `public` beside its `src`. */
async function boot(main: string, files: Readonly<Record<string, string | Uint8Array>>, memory: number) {
  const folder = folderOf(
    Object.fromEntries(Object.entries(files).map(([name, content]) => [`public/${name}`, content])),
  );
  mkdirSync(join(folder, "src"));
  mkdirSync(join(folder, "node_modules/@soloist"), { recursive: true });
  for (const name of ["runtime", "interface"]) {
    symlinkSync(path(`../../${name}`), join(folder, "node_modules/@soloist", name));
  }
  writeFileSync(join(folder, "package.json"), '{"name":"app","type":"module"}');
  writeFileSync(join(folder, "src/main.ts"), main);
  const image = join(folder, "app.spt");
  await execute(process.execPath, [soloist, "build", folder, "--target", "spt", "--out", image]);
  return (await execute(tender, [`--mem=${memory}`, image])).stdout;
}

describe.skipIf(!isBuilt)("a booted image", () => {
  it("runs the program of the README", async () => {
    const program = /```ts\n([\s\S]*?)```/.exec(readFileSync(path("../README.md"), "utf8"))![1]!;
    expect(await boot(program, { "greeting.txt": "Grüße", "a.html": "<p>" }, 32)).toBe(
      "/a.html 3 text/html;charset=utf-8\n/greeting.txt 7 text/plain;charset=utf-8\nGrüße\n",
    );
  });

  it("reads files with the host's native helpers, and cannot write to them", async () => {
    const program = `
import { run } from "@soloist/runtime";
import assets from "crunch:../public";
const helpers = { manifest: [], parameters: [], open: (host: any) => host.bytes };
run([helpers], (bytes) => {
  const file = assets.file("/a.txt").bytes;
  const copy = new Uint8Array(5);
  bytes.copy(copy, 0, file, 6, 5);
  console.log(bytes.findByte(file, 0x20, 0, file.length), bytes.latin1Decode(copy, 0, 5), bytes.utf8Decode(file, 0, 5));
  try { file[0] = 0; } catch (error) { console.log(String(error)); }
  try { file.set(copy); } catch (error) { console.log(String(error)); }
  console.log(assets.text("/a.txt"));
});
`;
    const lines = (await boot(program, { "a.txt": "Hello World" }, 32)).trimEnd().split("\n");
    expect(lines[0]).toBe("5 World Hello");
    expect(lines.at(-1)).toBe("Hello World");
    expect(lines.slice(1, -1).join()).toMatch(/TypeError/);
  });

  it("holds a folder of 50 MB, once", async () => {
    const photo = randomBytes(5_000_000);
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`${index}.jpg`, randomBytes(5_000_000)]),
    );
    const program = `
import { run } from "@soloist/runtime";
import assets from "crunch:../public";
run([], () => {
  let size = 0, last = 0;
  for (const asset of assets.list()) { size += asset.size; last = asset.bytes[asset.size - 1]!; }
  console.log(assets.count, size, last);
});
`;
    // Two copies of 55 MB would not fit.
    const output = await boot(program, { ...files, "a.jpg": photo, "b.jpg": photo }, 70);
    expect(output).toBe(`12 60000000 ${photo.at(-1)}\n`);
  });
});
