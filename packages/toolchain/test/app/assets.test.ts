import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildImage } from "../../src/app/build-image.ts";
import { findPackage } from "../../src/base.ts";
import { BuildError } from "../../src/errors.ts";
import { inspectImage } from "../../src/inspect.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-assets-"));
  mkdirSync(join(folder, "node_modules/@soloist"), { recursive: true });
  for (const name of ["@soloist/runtime", "@soloist/interface"]) {
    symlinkSync(findPackage(name)!, join(folder, "node_modules", name));
  }
  mkdirSync(join(folder, "src"));
  mkdirSync(join(folder, "public"));
  writeFileSync(join(folder, "package.json"), '{"name":"test-app","dependencies":{"@soloist/runtime":"*"}}');
  writeFileSync(join(folder, "public/hello.txt"), "Grüße\n");
  // Bytes that occur nowhere else, so that they can be counted in an image.
  writeFileSync(join(folder, "public/large.bin"), MARK.repeat(1000));
  utimesSync(join(folder, "public/hello.txt"), 784111777, 784111777);
});
afterAll(() => rmSync(folder, { recursive: true }));

const MARK = "0xfeedc0ffee|";
const IMPORT = 'import { run } from "@soloist/runtime";\nimport assets from "crunch:../public";\n';

async function build(main: string, options: { snapshot?: boolean } = {}) {
  writeFileSync(join(folder, "src/main.ts"), main);
  let output = "";
  const consoleWrite = (bytes: Uint8Array) => {
    output += Buffer.from(bytes).toString();
  };
  const image = await buildImage({
    app: folder,
    target: "spt",
    out: join(folder, "image.spt"),
    consoleWrite,
    ...options,
  });
  return { image, output, bytes: readFileSync(image.path) };
}

const count = (bytes: Buffer, text: string) => bytes.toString("latin1").split(text).length - 1;

describe("a folder that an app imports", () => {
  it("is there when the top level is evaluated, and needs no dependency on the reader", async () => {
    const { output } = await build(
      `${IMPORT}console.log(assets.text("/hello.txt"), assets.file("/hello.txt").lastModified);\nrun([], () => {});\n`,
    );
    expect(output).toBe("Grüße\n Sun, 06 Nov 1994 08:49:37 GMT\n");
  });

  for (const snapshot of [true, false]) {
    it(`is in the image once, ${snapshot ? "with" : "without"} a snapshot`, async () => {
      const { bytes } = await build(`${IMPORT}run([], () => console.log(assets.count));\n`, { snapshot });
      expect(count(bytes, MARK)).toBe(1000);
    });
  }

  it("cannot be written to", async () => {
    const { output } = await build(
      `${IMPORT}try { assets.read("/hello.txt")!.fill(0); } catch (error) { console.log(String(error)); }
console.log(assets.text("/hello.txt"));\nrun([], () => {});\n`,
    );
    expect(output).toMatch(/TypeError[^\n]*\nGrüße/);
  });

  it("is left out when the app does not use it", async () => {
    const { bytes } = await build(`${IMPORT}run([], () => {});\n`);
    expect(count(bytes, MARK)).toBe(0);
  });

  it("gives the same image twice", async () => {
    const main = `${IMPORT}run([], () => console.log(assets.count));\n`;
    expect((await build(main)).bytes.equals((await build(main)).bytes)).toBe(true);
  });

  it("shows in what an image says of its memory", async () => {
    const { image } = await build(`${IMPORT}run([], () => console.log(assets.count));\n`);
    const before = inspectImage(image.path).memory;
    writeFileSync(join(folder, "public/zeros.bin"), new Uint8Array(3 << 20));
    const { image: larger } = await build(`${IMPORT}run([], () => console.log(assets.count));\n`);
    expect(inspectImage(larger.path).memory - before).toBeGreaterThanOrEqual(3 << 20);
    rmSync(join(folder, "public/zeros.bin"));
  });

  it("that does not exist fails the build with the folder's name and the line of the import", async () => {
    const error = await build('import assets from "crunch:./absent";\nassets.count;\n').catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(BuildError);
    expect((error as Error).message).toMatch(/absent: does not exist/);
    expect((error as Error).message).toMatch(/main\.ts:1/);
  });
});
