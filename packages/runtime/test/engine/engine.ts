import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { QuickJS } from "quickjs-wasi";

const here = dirname(fileURLToPath(import.meta.url));
const globalsFolder = join(here, "../../src/globals");
const MODULES = ["encoding", "url", "crypto"];

/** Files of src/globals, by name without ending. */
export const globalFiles = readdirSync(globalsFolder).map((name) => name.replace(/\.ts$/, ""));

/** The engine of an image, as WebAssembly under Node.js, with all globals in `own`. */
export interface Engine {
  /** JSON of what an expression gives, awaited. */
  evaluate(expression: string): Promise<unknown>;
}

export async function createEngine(): Promise<Engine> {
  const require = createRequire(import.meta.url);
  const folder = dirname(dirname(require.resolve("quickjs-wasi")));
  const read = (path: string) => readFileSync(join(folder, path));
  const engine = await QuickJS.create({
    wasm: read("quickjs.wasm"),
    extensions: MODULES.map((name) => ({ name, wasm: read(`extensions/${name}/${name}.so`) })),
  });
  const result = await build({
    stdin: {
      contents: [
        ...globalFiles.map(
          (name, index) => `import * as g${index} from ${JSON.stringify(join(globalsFolder, `${name}.ts`))};`,
        ),
        `globalThis.own = Object.assign({}, ${globalFiles.map((_, index) => `g${index}`).join(", ")});`,
      ].join("\n"),
      resolveDir: here,
    },
    bundle: true,
    write: false,
    format: "iife",
    target: "es2023",
    conditions: ["@soloist/source"],
    plugins: [
      {
        name: "native",
        setup(build) {
          build.onResolve({ filter: /^native:platform$/ }, () => ({ path: join(here, "platform.ts") }));
          build.onResolve({ filter: /^native:engine\// }, ({ path }) => ({ path, namespace: "engine" }));
          build.onLoad({ filter: /.*/, namespace: "engine" }, () => ({
            contents: "const engine = globalThis; export const { URL, crypto, CryptoKey, SubtleCrypto } = engine;",
          }));
        },
      },
    ],
  });
  const run = (code: string) => engine.dump(engine.evalCode(code));
  run(result.outputFiles[0]!.text);
  return {
    async evaluate(expression) {
      run(
        `globalThis.outcome = undefined; (async () => (${expression}))().then((value) => { outcome = JSON.stringify({ value }); }, (error) => { outcome = JSON.stringify({ error: String(error) }); }); 0`,
      );
      for (let count = 0; count < 100 && run("outcome") === undefined; count++) {
        engine.executePendingJobs();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const outcome = JSON.parse(run("outcome") as string) as { value: unknown; error?: string };
      if (outcome.error !== undefined) throw new Error(outcome.error);
      return outcome.value;
    },
  };
}
