import { existsSync, readFileSync } from "node:fs";
import { dirname, join, parse, resolve } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";

/**
 * A module of a package that apps may do without: `parts/NAME`, for which `parts/no-NAME` stands in where no code outside of the
 * package names one of the properties that lead to it. The package says so in its package.json:
 * `"soloist": { "parts": { "NAME": ["property", …] } }`.
 */
export interface Part {
  /** Absolute, of the package. */
  readonly folder: string;
  readonly name: string;
}

/** Folders of archives would be packed for nothing; their reader is code like any other. */
export const withoutFolders: Plugin = {
  name: "without-folders",
  setup(build) {
    build.onResolve({ filter: /^crunch:/ }, ({ path }) => ({ path, namespace: "folder" }));
    build.onLoad({ filter: /./, namespace: "folder" }, () => ({
      contents: 'export { openArchive as default } from "@soloist/crunch";',
      resolveDir: import.meta.dirname,
    }));
  },
};

/** The parts that an app does without. Bundles it once for that; errors are left to the bundle that counts. */
export async function partsLeftOut(options: BuildOptions & { readonly absWorkingDir: string }): Promise<Part[]> {
  const result = await build({
    ...options,
    minify: false,
    minifySyntax: true,
    metafile: true,
    write: false,
    outfile: "app.js",
    plugins: [withoutFolders, ...(options.plugins ?? [])],
  }).catch(() => undefined);
  const code = result?.outputFiles?.[0]?.text;
  if (code === undefined) return [];
  const sections = sectionsOf(code, result!.metafile!).map(({ path, text }) => ({
    folder: packageFolder(resolve(options.absWorkingDir, path)),
    text,
  }));
  const folders = new Set(sections.map(({ folder }) => folder));
  return [...folders].flatMap((folder) => {
    const parts = folder === undefined ? [] : Object.entries(readParts(folder));
    return parts
      .filter(([, properties]) => !sections.some(({ folder: of, text }) => of !== folder && names(text, properties)))
      .map(([name]) => ({ folder: folder!, name }));
  });
}

/** Puts the stand-ins in place. */
export function partsPlugin(parts: readonly Part[]): Plugin {
  return {
    name: "parts",
    setup(build) {
      build.onLoad({ filter: /[\\/](src|dist)[\\/]parts[\\/][\w-]+\.(ts|js)$/ }, ({ path }) => {
        const [name, extension] = [parse(path).name, parse(path).ext];
        const folder = dirname(dirname(dirname(path)));
        if (!parts.some((part) => part.folder === folder && part.name === name)) return undefined;
        return { contents: `export * from "./no-${name}${extension}";`, resolveDir: dirname(path) };
      });
    },
  };
}

/** esbuild writes a comment with its path in front of each module, and no other comments. */
function sectionsOf(code: string, metafile: Metafile): { path: string; text: string }[] {
  const sections: { path: string; text: string }[] = [];
  let path = "";
  let lines: string[] = [];
  const end = () => sections.push({ path, text: lines.join("\n") });
  for (const line of code.split("\n")) {
    const comment = /^\/\/ (.+)$/.exec(line)?.[1];
    if (comment !== undefined && metafile.inputs[comment] !== undefined) {
      end();
      path = comment;
      lines = [];
    } else lines.push(line);
  }
  end();
  return sections;
}

/** Whether the code reads one of the properties: `a.NAME`, `{ NAME }`, `a["NAME"]`; what only looks so costs a few bytes. */
function names(code: string, properties: readonly string[]): boolean {
  return new RegExp(`(\\.|[{,[]\\s*["'\`]?)\\s*(${properties.join("|")})\\b`).test(code);
}

const packageFolders = new Map<string, string | undefined>();

function packageFolder(path: string): string | undefined {
  const folder = dirname(path);
  if (folder === path) return undefined;
  if (!packageFolders.has(folder)) {
    packageFolders.set(folder, existsSync(join(folder, "package.json")) ? folder : packageFolder(folder));
  }
  return packageFolders.get(folder);
}

function readParts(folder: string): Readonly<Record<string, readonly string[]>> {
  const { soloist } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    soloist?: { parts?: Record<string, string[]> };
  };
  return soloist?.parts ?? {};
}
