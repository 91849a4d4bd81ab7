import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { check, readFiles } from "../src/index.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A small repository without violations, with `changes` on top. */
function repository(changes: Record<string, string>): Map<string, string> {
  const manifest = (name: string, dependencies: string[] = [], devDependencies: string[] = []) => {
    const versions = (names: string[]) => Object.fromEntries(names.map((one) => [one, "0.1.0"]));
    const exports = { ".": "./src/index.ts", "./internal/*": null, "./globals": "./src/globals.d.ts" };
    return JSON.stringify({
      name,
      exports,
      dependencies: versions(dependencies),
      devDependencies: versions(devDependencies),
    });
  };
  return new Map(
    Object.entries({
      "package.json": '{ "devDependencies": { "vitest": "5" } }',
      "package-lock.json":
        '{\n "a": {\n  "resolved": "packages/net",\n  "link": true,\n  "funding": "https://example.org" } }',
      "packages/interface/package.json": manifest("@soloist/interface"),
      "packages/interface/src/index.ts": "export const a = 1;",
      "packages/runtime/package.json": manifest("@soloist/runtime", ["@soloist/interface"]),
      "packages/runtime/src/platform.ts": 'export * from "native:platform";',
      "packages/net/package.json": manifest("@soloist/net", ["@soloist/interface"], ["@soloist/testing"]),
      "packages/net/src/index.ts": 'import { a } from "@soloist/interface"; import "./wire/ipv4.ts"; export { a };',
      "packages/net/src/wire/ipv4.ts": "export const b = 2;",
      "packages/net/test/net.test.ts":
        'import "vitest"; import "node:fs"; import "@soloist/testing"; import "../src/index.ts";',
      "packages/web/package.json": manifest("@soloist/web", ["@soloist/interface"]),
      "packages/web/src/index.ts": 'import "@soloist/interface";',
      "packages/testing/package.json": manifest("@soloist/testing", ["@soloist/interface"]),
      "packages/testing/src/index.ts": 'import "node:fs"; import "@soloist/interface";',
      "apps/hello/package.json": manifest("@soloist/app-hello", ["@soloist/runtime", "@soloist/net"]),
      "apps/hello/src/main.ts": 'import "@soloist/runtime"; import "@soloist/net";',
      ...changes,
    }),
  );
}

describe("check", () => {
  it("finds nothing in a repository that keeps the rules", () => {
    expect(check(repository({}))).toEqual([]);
  });

  it.each([
    [
      "siblings that import each other",
      { "packages/web/src/router.ts": '\nimport type { b } from "@soloist/net";' },
      "packages/web/src/router.ts:2: packages/web must not import @soloist/net",
    ],
    [
      "a forbidden dependency that nothing imports yet",
      {
        "packages/web/package.json":
          '{ "name": "@soloist/web", "dependencies": { "@soloist/interface": "1", "@soloist/net": "1" } }',
      },
      "packages/web/package.json:1: packages/web must not depend on @soloist/net",
    ],
    [
      "a folder as a module without crunch",
      { "apps/hello/src/other.ts": 'import "crunch:../public";' },
      "apps/hello/src/other.ts:1: @soloist/crunch is not in the dependencies of apps/hello",
    ],
    [
      "a folder of another package as a module",
      {
        "packages/crunch/package.json": '{ "name": "@soloist/crunch" }',
        "apps/hello/package.json":
          '{ "name": "@soloist/app-hello", "dependencies": { "@soloist/runtime": "1", "@soloist/net": "1", "@soloist/crunch": "1" } }',
        "apps/hello/src/other.ts": 'import "crunch:../public";\nimport "crunch:../../echo/public";',
      },
      "apps/hello/src/other.ts:2: ../../echo/public reaches into another package: import it by name",
    ],
    [
      "testing in src",
      { "packages/net/src/extra.ts": 'import "@soloist/testing";' },
      "packages/net/src/extra.ts:1: packages/net must not import @soloist/testing",
    ],
    [
      "an undeclared dependency",
      { "apps/hello/src/other.ts": 'import "@soloist/web";' },
      "apps/hello/src/other.ts:1: @soloist/web is not in the dependencies of apps/hello",
    ],
    [
      "a library from outside in an image",
      {
        "apps/hello/package.json":
          '{ "name": "@soloist/app-hello", "dependencies": { "@soloist/runtime": "1", "@soloist/net": "1", "left-pad": "1" } }',
      },
      "apps/hello/package.json:1: left-pad would end up in images: not among the guest libraries",
    ],
    [
      "Node in a guest package",
      { "packages/net/src/extra.ts": 'import { readFileSync } from "node:fs";' },
      "packages/net/src/extra.ts:1: node:fs does not exist in an image",
    ],
    [
      "Node without its prefix",
      { "packages/net/src/extra.ts": 'import { readFileSync } from "fs";' },
      "packages/net/src/extra.ts:1: fs does not exist in an image",
    ],
    [
      "a deep import",
      { "apps/hello/src/deep.ts": 'import "@soloist/net/src/wire/ipv4.ts";' },
      "apps/hello/src/deep.ts:1: @soloist/net/src/wire/ipv4.ts is not among the exports of @soloist/net",
    ],
    [
      "an internal subpath",
      { "apps/hello/src/deep.ts": 'import "@soloist/net/internal/x";' },
      "apps/hello/src/deep.ts:1: @soloist/net/internal/x is not among the exports of @soloist/net",
    ],
    [
      "a path into another package",
      { "packages/web/test/x.test.ts": 'import "../../net/src/index.ts";' },
      "packages/web/test/x.test.ts:1: ../../net/src/index.ts reaches into another package: import it by name",
    ],
    [
      "an absolute path",
      { "packages/web/test/x.test.ts": 'import "/home/ada/x.ts";' },
      "packages/web/test/x.test.ts:1: /home/ada/x.ts is a path of one machine",
    ],
    [
      "the native module outside of runtime",
      { "packages/net/src/extra.ts": 'import { exit } from "native:platform";' },
      "packages/net/src/extra.ts:1: only packages/runtime imports native:platform",
    ],
    [
      "a module of the engine outside of runtime",
      { "packages/net/src/extra.ts": 'import { URL } from "native:engine/url";' },
      "packages/net/src/extra.ts:1: only packages/runtime imports native:engine",
    ],
    [
      "the native module in two files",
      { "packages/runtime/src/second.ts": 'import { exit } from "native:platform";' },
      "packages/runtime/src/second.ts:1: packages/runtime/src/platform.ts imports native:platform already: one file does",
    ],
    [
      "a package without a rule",
      { "packages/new/package.json": '{ "name": "@soloist/new" }' },
      "packages/new/package.json:1: packages/new has no rule: say in tools/check-deps what it may see",
    ],
    [
      "a registry host in the lock file",
      { "package-lock.json": '{\n  "resolved": "https://registry.example.org/a.tgz"\n}' },
      "package-lock.json:2: names a host: https://registry.example.org/a.tgz",
    ],
    [
      "an optional package without an entry in the lock file",
      { "package-lock.json": '{ "packages": { "node_modules/a": { "optionalDependencies": { "a-darwin": "1" } } } }' },
      "package-lock.json:1: has no entry for a-darwin, which node_modules/a has among its optional dependencies",
    ],
    [
      "files in a circle",
      { "packages/net/src/wire/ipv4.ts": 'import "../index.ts";' },
      "packages/net/src/wire/ipv4.ts:1: files import each other: packages/net/src/index.ts -> packages/net/src/wire/ipv4.ts -> packages/net/src/index.ts",
    ],
    [
      "packages in a circle",
      {
        "packages/interface/package.json":
          '{ "name": "@soloist/interface", "dependencies": { "@soloist/testing": "1" } }',
      },
      "packages/testing/package.json:1: packages depend on each other: @soloist/interface -> @soloist/testing -> @soloist/interface",
    ],
  ])("reports %s", (_name, changes, expected) => {
    const lines = check(repository(changes)).map(({ path, line, message }) => `${path}:${line}: ${message}`);
    expect(lines).toContain(expected);
  });

  it("types may go in a circle", () => {
    expect(check(repository({ "packages/net/src/wire/ipv4.ts": 'import type { a } from "../index.ts";' }))).toEqual([]);
  });

  it("finds nothing in this repository", () => {
    expect(check(readFiles(root))).toEqual([]);
  });
});

describe("the program", () => {
  const run = (folder: string) =>
    spawnSync(process.execPath, [join(root, "tools/check-deps/src/main.ts"), folder], { encoding: "utf8" });

  it("prints each violation with its place and exits with 1", () => {
    const folder = mkdtempSync(join(tmpdir(), "check-deps-"));
    try {
      for (const [path, text] of repository({ "packages/net/src/extra.ts": 'import "node:fs";' })) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      const result = run(folder);
      expect(result.stderr).toBe("packages/net/src/extra.ts:1: node:fs does not exist in an image\n");
      expect(result.status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
