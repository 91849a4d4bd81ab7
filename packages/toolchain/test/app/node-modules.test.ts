import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildImage } from "../../src/app/build-image.ts";
import { findPackage } from "../../src/base.ts";
import { BuildError } from "../../src/errors.ts";

/** An app that depends on @soloist/node, with a library in CommonJS beside it. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-node-"));
  mkdirSync(join(folder, "node_modules/@soloist"), { recursive: true });
  for (const name of ["@soloist/runtime", "@soloist/interface", "@soloist/net", "@soloist/node", "@soloist/web"]) {
    symlinkSync(findPackage(name)!, join(folder, "node_modules", name));
  }
  mkdirSync(join(folder, "node_modules/library"));
  writeFileSync(join(folder, "node_modules/library/package.json"), '{"name":"library","main":"index.js"}');
  mkdirSync(join(folder, "src"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function build(library: string, depends = true): Promise<{ output: string; code: string }> {
  const own = depends ? ',"@soloist/node":"*","@soloist/web":"*"' : "";
  const manifest = `{"name":"app","type":"module","dependencies":{"@soloist/runtime":"*"${own}}}`;
  writeFileSync(join(folder, "package.json"), manifest);
  writeFileSync(join(folder, "node_modules/library/index.js"), library);
  const main =
    'import { run } from "@soloist/runtime";\nimport { told } from "library";\nconsole.log(told);\nrun([], () => {});\n';
  writeFileSync(join(folder, "src/main.ts"), main);
  let output = "";
  const consoleWrite = (bytes: Uint8Array) => {
    output += Buffer.from(bytes).toString();
  };
  const out = join(folder, "image.spt");
  await buildImage({ app: folder, target: "spt", out, consoleWrite });
  return { output, code: readFileSync(`${out}.map`, "utf8") };
}

it("what a library requires of Node.js is what Node.js would give: functions, classes and objects", async () => {
  const { output } = await build(`
    const EventEmitter = require("events");
    class Own extends EventEmitter {}
    const assert = require("node:assert");
    assert(new Own() instanceof EventEmitter.EventEmitter);
    const { Readable } = require("stream");
    const kinds = [typeof assert, typeof require("net").connect, typeof require("dns").promises.lookup];
    exports.told = [...kinds, Readable.prototype instanceof EventEmitter, require("path").join("a", "..", "b")].join();
  `);
  expect(output).toBe("function,function,function,true,b\n");
});

it("globals that a library names are in the image, and no others, though it requires modules of Node.js", async () => {
  const requires = 'const { Socket } = require("net"); exports.told = typeof Socket';
  const without = await build(`${requires};`);
  expect(without.output).toBe("function\n");
  expect(without.code).not.toContain("globals/url.ts");
  expect(without.code).not.toContain("web-streams-polyfill");
  const streams = await build(
    `${requires} + typeof globalThis.URL + new ReadableStream().locked + typeof crypto.subtle;`,
  );
  expect(streams.output).toBe("functionfunctionfalseobject\n");
  expect(streams.code).toContain("globals/url.ts");
  expect(streams.code).toContain("web-streams-polyfill");
});

it("globals of Node.js are there by their names, of global and of globalThis", async () => {
  const { output } = await build(`
    const ticks = typeof process.nextTick === typeof globalThis.process.nextTick;
    exports.told = [ticks, Buffer.from("ü").length, typeof setImmediate, global.Array === Array].join();
  `);
  expect(output).toBe("true,2,function,true\n");
});

it("an app that names none of them carries none", async () => {
  const { output, code } = await build('exports.told = "plain";');
  expect(output).toBe("plain\n");
  expect(
    JSON.parse(code).sources.filter((source: string) => /node\/src\/modules|readable-stream/.test(source)),
  ).toEqual([]);
});

it("modules that @soloist/node lacks, and all of them without it, fail the build and say why", async () => {
  const failure = async (library: string, depends: boolean): Promise<string> => {
    const error: unknown = await build(library, depends).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BuildError);
    return (error as Error).message;
  };
  expect(await failure('exports.told = require("worker_threads");', true)).toMatch(
    /Node\.js module "worker_threads" does not exist in a unikernel[\s\S]*@soloist\/node has no such module/,
  );
  expect(await failure('exports.told = require("net");', false)).toMatch(
    /Node\.js module "net" does not exist in a unikernel[\s\S]*depends on @soloist\/node/,
  );
});
