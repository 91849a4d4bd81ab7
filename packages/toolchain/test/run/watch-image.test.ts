import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BuildError } from "../../src/errors.ts";
import { type WatchedImage, watchImage } from "../../src/run/watch-image.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-watch-image-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A guest that runs until it is stopped; what happens is in `events`. */
function watched(build: (count: number) => void) {
  const file = join(folder, "main.ts");
  writeFileSync(file, "0");
  const events: string[] = [];
  const waiting = new Set<() => void>();
  const note = (event: string): void => {
    events.push(event);
    for (const wake of waiting) wake();
  };
  const controller = new AbortController();
  let builds = 0;
  const ended = watchImage<WatchedImage>({
    async build() {
      build(builds);
      return { path: `image ${builds++}`, inputs: [file] };
    },
    run: ({ path }, signal, booted) =>
      new Promise((resolve) => {
        note(`${path} boots`);
        booted();
        signal.addEventListener("abort", () => {
          note(`${path} stops`);
          resolve(0);
        });
      }),
    say: (text) =>
      note(
        text
          .replace(/\d+ ms/g, "N ms")
          .replace(/\S*main\.ts/, "main.ts")
          .trim(),
      ),
    signal: controller.signal,
  });
  const until = async (event: string): Promise<void> => {
    while (!events.includes(event)) await new Promise<void>((resolve) => waiting.add(resolve));
  };
  return { file, events, until, ended, stop: () => controller.abort() };
}

it("builds and boots again when a file changes, after the old guest has stopped", async () => {
  const { file, events, until, ended, stop } = watched(() => {});
  await until("booted in N ms; it boots again when a file changes");
  writeFileSync(file, "1");
  await until("main.ts changed: built in N ms, booted in N ms");
  expect(events.indexOf("image 0 stops")).toBeLessThan(events.indexOf("image 1 boots"));
  stop();
  await ended;
  expect(events.at(-1)).toMatch(/^image \d+ stops$/);
});

it("what cannot be built is shown, and leaves the old guest running", async () => {
  let isBroken = false;
  const { file, events, until, ended, stop } = watched(() => {
    if (isBroken) throw new BuildError("a brace is missing");
  });
  await until("image 0 boots");
  isBroken = true;
  writeFileSync(file, "1");
  await until("a brace is missing");
  expect(events).not.toContain("image 0 stops");
  stop();
  await ended;
  expect(events.at(-1)).toBe("image 0 stops");
});
