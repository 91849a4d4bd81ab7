import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readApp } from "../../src/app/app.ts";
import { UsageError } from "../../src/errors.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-app-"));
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("plain/package.json", '{"name":"@me/plain","dependencies":{"@soloist/web":"1"}}');
  write("plain/src/main.ts", "");
  write("plain/tools/other.ts", "");
  write("named/package.json", '{"name":"named","soloist":{"entry":"app.ts"}}');
  write("named/app.ts", "");
  write("lost/package.json", '{"name":"lost","soloist":{"entry":"nowhere.ts"}}');
  write("broken/package.json", "{");
  write("empty/readme.md", "");
});
afterAll(() => rmSync(folder, { recursive: true }));

it("an app is a folder whose package.json names it; src/main.ts is its main module", () => {
  expect(readApp(join(folder, "plain"))).toEqual({
    folder: join(folder, "plain"),
    name: "plain",
    entry: join(folder, "plain/src/main.ts"),
    dependencies: ["@soloist/web"],
  });
});

it("package.json may name another main module", () => {
  expect(readApp(join(folder, "named")).entry).toBe(join(folder, "named/app.ts"));
});

it("a module is an app too: named after itself, in the package around it", () => {
  expect(readApp(join(folder, "plain/tools/other.ts"))).toMatchObject({ name: "other", folder: join(folder, "plain") });
});

it.each([
  ["none", /there is no /],
  ["empty", /has no package\.json/],
  ["lost", /has no nowhere\.ts/],
  ["broken", /is not JSON/],
  ["empty/readme.md", /neither the folder of an app nor its main module/],
])("%s is refused in one line", (name, message) => {
  expect(() => readApp(join(folder, name))).toThrow(message);
  expect(() => readApp(join(folder, name))).toThrow(UsageError);
});
