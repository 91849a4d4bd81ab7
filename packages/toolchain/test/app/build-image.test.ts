import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildImage } from "../../src/app/build-image.ts";
import { findPackage } from "../../src/base.ts";
import { BuildError } from "../../src/errors.ts";
import { inspectImage } from "../../src/inspect.ts";

/** An app in a folder of its own, far from this repository, that sees Soloist's packages. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-build-"));
  mkdirSync(join(folder, "node_modules/@soloist"), { recursive: true });
  for (const name of ["@soloist/runtime", "@soloist/interface"]) {
    symlinkSync(findPackage(name)!, join(folder, "node_modules", name));
  }
  mkdirSync(join(folder, "src"));
  writeFileSync(
    join(folder, "package.json"),
    '{"name":"test-app","type":"module","dependencies":{"@soloist/runtime":"*"}}',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = 'import { block, run } from "@soloist/runtime";\n';
const out = () => join(folder, "image.spt");

async function build(main: string, options: { snapshot?: boolean; minify?: boolean } = {}) {
  writeFileSync(join(folder, "src/main.ts"), main);
  let output = "";
  const consoleWrite = (bytes: Uint8Array) => {
    output += Buffer.from(bytes).toString();
  };
  const image = await buildImage({ app: folder, target: "spt", out: out(), consoleWrite, ...options });
  return { image, output };
}

const failure = async (main: string, options?: { snapshot?: boolean }): Promise<string> => {
  const error = await build(main, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BuildError);
  return (error as Error).message;
};

describe("an image", () => {
  it("has the devices that run was given, and is written with its source map beside it", async () => {
    const { image } = await build(`${HEAD}run([block("data")], () => {});`);
    expect(image).toMatchObject({
      app: "test-app",
      target: "spt",
      snapshot: true,
      path: out(),
      mapPath: `${out()}.map`,
    });
    expect(inspectImage(out()).devices).toEqual([{ name: "data", type: "BLOCK_BASIC" }]);
    expect(JSON.parse(readFileSync(`${out()}.map`, "utf8")).sources).toContain("src/main.ts");
  });

  it.each([{}, { snapshot: false }, { minify: true }])(
    "is the same bytes from the same inputs: %j",
    async (options) => {
      const main = `${HEAD}const lots = new Map(Array.from({ length: 999 }, (_, n) => [n, {}]));\nrun([], () => { console.log(lots); });`;
      await build(main, options);
      const first = readFileSync(out());
      await build(main, options);
      expect(Buffer.compare(readFileSync(out()), first)).toBe(0);
    },
  );

  it("what the top level prints appears while building", async () => {
    expect((await build(`${HEAD}console.log("building", 1);\nrun([], () => {});`)).output).toBe("building 1\n");
  });

  it.each([true, false])("import.meta is an object without properties, with a snapshot: %s", async (snapshot) => {
    const main = `${HEAD}console.log(typeof import.meta, import.meta.url); run([block("data")], () => {});`;
    const { image, output } = await build(main, { snapshot });
    expect(output).toBe("object undefined\n");
    expect(image.devices.map(({ name }) => name)).toEqual(["data"]);
  });

  it("globals that the app does not name are not in it", async () => {
    await build(`${HEAD}run([], () => {});`);
    const without = readFileSync(`${out()}.map`, "utf8");
    await build(`${HEAD}run([], () => { console.log(1); });`);
    const withConsole = readFileSync(`${out()}.map`, "utf8");
    expect(without).not.toContain("globals/console.ts");
    expect(withConsole).toContain("globals/console.ts");
    await build(`${HEAD}run([], () => { globalThis.console.log(1); });`);
    expect(readFileSync(`${out()}.map`, "utf8")).toContain("globals/console.ts");
  });
});

it("an app that says it has no side effects still runs its main module", async () => {
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  writeFileSync(join(folder, "package.json"), manifest.replace("{", '{"sideEffects":false,'));
  try {
    const { output } = await build(`${HEAD}console.log("evaluated");\nrun([], () => {});`);
    expect(output).toBe("evaluated\n");
  } finally {
    writeFileSync(join(folder, "package.json"), manifest);
  }
});

describe("a failing build says where and why", () => {
  it("a syntax error", async () => {
    expect(await failure(`${HEAD}run([], () => {\n  const = 1;\n});`)).toMatch(/src\/main\.ts:3:8[\s\S]*const = 1/);
  });

  it("an import that does not resolve", async () => {
    expect(await failure('import { x } from "nowhere";\nconsole.log(x);')).toMatch(
      /Could not resolve "nowhere"[\s\S]*main\.ts:1:18/,
    );
  });

  it.each(["node:fs", "fs", "fs/promises"])("a module of Node.js: %s", async (name) => {
    const message = await failure(`import * as x from "${name}";\nconsole.log(x);`);
    expect(message).toContain(`Node.js module "${name}" does not exist in a unikernel`);
    expect(message).toMatch(/main\.ts:1:\d+/);
  });

  it("an npm package that is called as a module of Node.js is taken", async () => {
    mkdirSync(join(folder, "node_modules/punycode"), { recursive: true });
    writeFileSync(join(folder, "node_modules/punycode/package.json"), '{"name":"punycode","main":"index.js"}');
    writeFileSync(join(folder, "node_modules/punycode/index.js"), "exports.toASCII = () => 'taken';");
    const { output } = await build(
      `${HEAD}// @ts-ignore\nimport { toASCII } from "punycode";\nconsole.log(toASCII("x"));\nrun([], () => {});`,
    );
    expect(output).toBe("taken\n");
  });

  it("a clock at top level: the call as it is spelt, its line, and what to do", async () => {
    const message = await failure(
      `${HEAD}class Log {\n  at = Date.now();\n}\nexport const log = new Log();\nrun([], () => {});`,
    );
    expect(message).toMatch(/^Date\.now\(\) was called while the app's top level was evaluated/);
    expect(message).toMatch(/main\.ts:3:8\n[\s\S]*3 │ {3}at = Date\.now\(\);\n[\s\S]*╵ {8}\^/);
    expect(message).toMatch(/Move the call into run\(\), or build with --no-snapshot/);
  });

  it("an exception at top level: its stack in TypeScript", async () => {
    const message = await failure(
      `${HEAD}interface A { b: number }\nfunction f(a?: A) {\n  return a!.b;\n}\nf();\nrun([], () => {});`,
    );
    expect(message).toMatch(/TypeError: cannot read property 'b' of undefined/);
    expect(message).toMatch(/at f \(.*src\/main\.ts:4:\d+\)\n\s+at <anonymous> \(.*src\/main\.ts:6:/);
  });

  it("an app that never calls run", async () => {
    expect(await failure("export {};\nconst x: number = 1;\nvoid x;")).toMatch(/never called run\(\)/);
  });

  it("the same without a snapshot, where a clock is fine", async () => {
    expect(await failure("export const x = Date.now();", { snapshot: false })).toMatch(/never called run\(\)/);
  });
});

it("replaces an image, and leaves the file that a guest runs from as it is", async () => {
  await build(`${HEAD}run([], () => {});`);
  const running = openSync(out(), "r");
  const before = readFileSync(running);
  await build(`${HEAD}run([block("other")], () => {});`);
  const again = Buffer.alloc(before.length);
  readSync(running, again, 0, again.length, 0);
  closeSync(running);
  expect(Buffer.compare(again, before)).toBe(0);
  expect(Buffer.compare(readFileSync(out()), before)).not.toBe(0);
});
