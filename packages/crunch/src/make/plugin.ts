import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve, sep } from "node:path";
import type { Plugin } from "esbuild";
import { type CrunchOptions, crunch } from "./crunch.ts";
import { declareModule } from "./declare.ts";
import { CrunchError } from "./errors.ts";

const NAMESPACE = "crunch";
const SCHEME = /^crunch:/;

export interface CrunchPluginOptions extends CrunchOptions {
  /**
   * Where the archive's bytes come from in the bundle: takes them, returns a module specifier whose default export is a
   * Uint8Array. Default: they become part of the JavaScript, in base64; `soloist build` puts them into the image instead.
   */
  readonly store?: (archive: Uint8Array<ArrayBuffer>, folder: string) => string;
  /** Whether to write `NAME.crunch.d.ts` beside each module that imports a folder. Default: true. */
  readonly declarations?: boolean;
  /** Where to look for `@soloist/crunch` when the importing module does not see it. */
  readonly reader?: string;
}

/**
 * esbuild plugin for `import assets from "crunch:./folder"`; the folder is relative to the module that imports it.
 *
 * @example await build({ entryPoints: ["src/main.ts"], bundle: true, plugins: [crunchPlugin()] });
 */
export function crunchPlugin(options: CrunchPluginOptions = {}): Plugin {
  const made = new Map<string, ReturnType<typeof crunch>>();
  return {
    name: "crunch",
    setup(build) {
      build.onStart(() => made.clear());
      build.onResolve({ filter: SCHEME }, async ({ path: specifier, importer, resolveDir }) => {
        const wanted = specifier.replace(SCHEME, "");
        if (!/^\.{0,2}\//.test(wanted) && wanted !== "." && wanted !== "..") {
          return {
            errors: [{ text: `${JSON.stringify(specifier)} does not name a folder: write "crunch:./${wanted}"` }],
          };
        }
        const folder = resolve(resolveDir, wanted);
        try {
          const archive = made.get(folder) ?? crunch(folder, options);
          made.set(folder, archive);
          const { paths } = await archive;
          if (options.declarations !== false && importer) declare(importer, specifier, folder, paths);
        } catch (error) {
          if (!(error instanceof CrunchError)) throw error;
          return { errors: [{ text: error.message, notes: [{ text: `code ${error.code}` }] }] };
        }
        return { path: folder, namespace: NAMESPACE, sideEffects: false, pluginData: { resolveDir } };
      });
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path: folder, pluginData }) => {
        const { archive, sources } = await made.get(folder)!;
        const bytes = options.store?.(archive, folder) ?? "crunch-bytes";
        const resolveDir = (pluginData as { resolveDir: string }).resolveDir;
        const contents = [
          'import { openArchive } from "@soloist/crunch";',
          `import bytes from ${JSON.stringify(bytes)};`,
          "export default /* @__PURE__ */ openArchive(bytes);",
        ].join("\n");
        const watchDirs = [...new Set([folder, ...sources.map((source) => dirname(source))])];
        return { contents, resolveDir, pluginData: folder, watchFiles: [...sources], watchDirs };
      });
      build.onResolve({ filter: /^crunch-bytes$/, namespace: NAMESPACE }, ({ importer, pluginData }) => {
        return { path: String(pluginData ?? importer), namespace: "crunch-bytes" };
      });
      build.onLoad({ filter: /.*/, namespace: "crunch-bytes" }, async ({ path }) => {
        return { contents: (await made.get(path)!).archive, loader: "binary" };
      });
      build.onResolve(
        { filter: /^@soloist\/crunch$/, namespace: NAMESPACE },
        async ({ path, kind, resolveDir, pluginData }) => {
          if (pluginData === SEARCHED) return undefined;
          for (const from of [resolveDir, options.reader ?? import.meta.dirname]) {
            const found = await build.resolve(path, { kind, resolveDir: from, pluginData: SEARCHED });
            if (found.errors.length === 0) return found;
          }
          return undefined;
        },
      );
    },
  };
}

const SEARCHED = Symbol("looked for the reader here");

/** `src/main.ts` that imports `crunch:../public` gets `src/public.crunch.d.ts`; rewritten only when it changes. */
function declare(importer: string, specifier: string, folder: string, paths: readonly string[]): void {
  if (importer.includes(`${sep}node_modules${sep}`)) return;
  const file = resolve(dirname(importer), `${basename(folder)}.crunch.d.ts`);
  const text = declareModule(specifier, paths);
  try {
    if (readFileSync(file, "utf8") === text) return;
  } catch {
    // Not there yet.
  }
  try {
    writeFileSync(`${file}.${process.pid}.tmp`, text);
    renameSync(`${file}.${process.pid}.tmp`, file);
  } catch {
    // A source tree that cannot be written to still builds.
  }
}
