import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { watchFiles } from "../../src/dev/watch-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-watch-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Resolves with the paths of the first change. */
function watching(...inputs: string[]): { changed: Promise<string[]>; watcher: ReturnType<typeof watchFiles> } {
  let notice!: (paths: string[]) => void;
  const changed = new Promise<string[]>((resolve) => {
    notice = resolve;
  });
  const watcher = watchFiles((paths) => notice(paths));
  watcher.set(inputs);
  return { changed, watcher };
}

it("tells of a file that is written, and not of its neighbours", async () => {
  const file = join(folder, "a.ts");
  writeFileSync(file, "1");
  const { changed, watcher } = watching(file);
  using _ = watcher;
  writeFileSync(join(folder, "b.ts"), "2");
  writeFileSync(file, "2");
  expect(await changed).toEqual([file]);
});

it("tells of a file that an editor puts in the place of the old one", async () => {
  const file = join(folder, "a.ts");
  writeFileSync(file, "1");
  const { changed, watcher } = watching(file);
  using _ = watcher;
  writeFileSync(join(folder, "a.ts.new"), "2");
  renameSync(join(folder, "a.ts.new"), file);
  expect(await changed).toEqual([file]);
});

it("tells of everything below a folder", async () => {
  const assets = join(folder, "public");
  mkdirSync(join(assets, "deep"), { recursive: true });
  const { changed, watcher } = watching(assets);
  using _ = watcher;
  writeFileSync(join(assets, "deep", "a.css"), "1");
  expect(await changed).toContain(join(assets, "deep", "a.css"));
});
