import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { App } from "../app/app.ts";
import { findPackage } from "../base.ts";
import { RunError } from "../errors.ts";
import { IMAGE_VARIABLE } from "./boot-machine.ts";
import { unikernelPlugin } from "./vitest-plugin.ts";

export interface TestOptions {
  readonly app: App;
  /** Parts of test files' names. */
  readonly filters: readonly string[];
  readonly watch: boolean;
  /** Boots images of this target in the place of Node.js. */
  readonly image?: string;
}

/** What is used of `vitest/node`. */
interface VitestNode {
  startVitest(
    mode: "test",
    filters: string[],
    options: Record<string, unknown>,
    vite: Record<string, unknown>,
  ): Promise<{ close(): Promise<void>; waitForTestRunEnd?(): Promise<void> } | undefined>;
}

/** Images take longer to build and boot than tests usually last. */
const IMAGE_TIMEOUT_MS = 60_000;

/** Runs an app's tests by its own vitest. Returns the exit code. */
export async function runTests(options: TestOptions): Promise<number> {
  const { app, filters, watch, image } = options;
  const { startVitest } = (await import(vitestModule(app.folder))) as VitestNode;
  if (image !== undefined) process.env[IMAGE_VARIABLE] = image;
  const archives = mkdtempSync(join(tmpdir(), "soloist-test-"));
  process.once("exit", () => rmSync(archives, { recursive: true, force: true }));
  const conditions = ["@soloist/source", "module", "node", "development|production"];
  const vitest = await startVitest(
    "test",
    [...filters],
    {
      root: app.folder,
      run: !watch,
      watch,
      ...(image === undefined ? {} : { testTimeout: IMAGE_TIMEOUT_MS, hookTimeout: IMAGE_TIMEOUT_MS }),
    },
    {
      root: app.folder,
      plugins: [unikernelPlugin(archives)],
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: { setupFiles: [setupFile()], server: { deps: { inline: [/@soloist\//] } } },
    },
  );
  if (watch) await new Promise<void>((resolve) => process.once("SIGINT", () => resolve()));
  await vitest?.close();
  return Number(process.exitCode ?? 0);
}

/** The app's own vitest: its tests import that one. */
function vitestModule(folder: string): string {
  const vitest = findPackage("vitest", folder);
  if (!vitest) throw new RunError("the app has no vitest, which runs its tests: npm install --save-dev vitest");
  const { exports } = JSON.parse(readFileSync(join(vitest, "package.json"), "utf8")) as {
    exports: Record<string, { default: string }>;
  };
  return pathToFileURL(join(vitest, exports["./node"]!.default)).href;
}

/** Beside this module; in a checkout that is not built, this module is in a bundle elsewhere. */
function setupFile(): string {
  const { dirname } = import.meta;
  const places = [join(dirname, "setup.js"), join(dirname, "setup.ts"), join(dirname, "../../src/test/setup.ts")];
  return places.find((path) => existsSync(path))!;
}
