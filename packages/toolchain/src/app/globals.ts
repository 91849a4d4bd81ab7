import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { findPackage } from "../base.ts";
import type { App } from "./app.ts";
import { NODE_PACKAGE } from "./guest-plugin.ts";
import { withoutFolders } from "./parts.ts";

export interface GlobalFile {
  readonly path: string;
  readonly names: readonly string[];
}

/** Modules whose exports stand in for globals: only those that the app names end up in the bundle. */
export function globalFiles(app: App): GlobalFile[] {
  const named = app.dependencies.filter((name) => name === "@soloist/web" || name === NODE_PACKAGE);
  const packages = ["@soloist/runtime", ...named];
  return packages.flatMap((name) => {
    const folder = findPackage(name, app.folder) ?? findPackage(name);
    if (!folder) return [];
    return globalPaths(folder).map((path) => ({ path, names: exportedNames(readFileSync(path, "utf8")) }));
  });
}

/** `globals.ts` and `globals/*.ts` of a package, or what they were compiled to. */
function globalPaths(folder: string): string[] {
  for (const [tree, extension] of [
    ["src", ".ts"],
    ["dist", ".js"],
  ] as const) {
    const file = join(folder, tree, `globals${extension}`);
    const tests = join(folder, tree, "globals");
    const paths = existsSync(file) ? [file] : [];
    if (existsSync(tests)) {
      const names = readdirSync(tests).filter((name) => name.endsWith(extension) && !name.endsWith(".d.ts"));
      paths.push(...names.sort().map((name) => join(tests, name)));
    }
    if (paths.length > 0) return paths;
  }
  return [];
}

/** `globalThis.URL` is `URL`, unless the module exports a value for that spelling, too (`"globalThis.URL"`). */
export function propertyDefines(names: readonly string[]): [string, string][] {
  return names
    .filter((name) => isIdentifier(name) && !names.includes(`"globalThis.${name}"`))
    .map((name) => [`globalThis.${name}`, name]);
}

/** Names that a module exports by declaration or in braces. */
export function exportedNames(source: string): string[] {
  const names = new Set<string>();
  const declaration =
    /^export\s+(?:default\s+)?(?:async\s+)?(?:const|let|var|function\*?|(?:abstract\s+)?class)\s+([A-Za-z_$][\w$]*)/gm;
  for (const match of source.matchAll(declaration)) names.add(match[1]!);
  for (const match of source.matchAll(/^export\s*\{([^}]*)\}/gm)) {
    for (const item of match[1]!.split(",")) {
      const name = item
        .trim()
        .split(/\s+as\s+/)
        .pop()!
        .trim();
      if (name && !/^type\s/.test(item.trim())) names.add(name);
    }
  }
  return [...names];
}

const isIdentifier = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name);

/**
 * Those of the files that an app needs: that export a global which its code names, or that of a file which it needs.
 *
 * esbuild drops what nobody names of the others by itself, but keeps all of every injected file once a library in CommonJS
 * requires an ES module, as libraries do that are made for Node.js: 170 of 940 KB. Errors are left to the bundle that counts.
 */
export async function neededGlobals(
  options: BuildOptions & { readonly define: Record<string, string> },
  files: readonly GlobalFile[],
): Promise<readonly GlobalFile[]> {
  const needed = new Set<GlobalFile>();
  const token = (file: GlobalFile) => `soloist_globals_of_${files.indexOf(file)}_`;
  for (;;) {
    const others = files.filter((file) => !needed.has(file));
    const result = await build({
      ...options,
      write: false,
      metafile: false,
      outfile: "app.js",
      inject: [...needed].map(({ path }) => path),
      define: {
        ...options.define,
        ...Object.fromEntries(others.flatMap((file) => spellings(file).map((spelling) => [spelling, token(file)]))),
      },
      plugins: [withoutFolders, ...(options.plugins ?? [])],
    }).catch(() => undefined);
    const code = result?.outputFiles?.[0]?.text;
    if (code === undefined) return files;
    const more = others.filter((file) => code.includes(token(file)));
    if (more.length === 0) return files.filter((file) => needed.has(file));
    for (const file of more) needed.add(file);
  }
}

/** How code may name what a file exports: `URL`, `globalThis.URL`, and what it says in quotes (`"crypto.subtle"`). */
function spellings({ names }: GlobalFile): string[] {
  return names.flatMap((name) => (isIdentifier(name) ? [name, `globalThis.${name}`] : [name.replace(/^"|"$/g, "")]));
}
