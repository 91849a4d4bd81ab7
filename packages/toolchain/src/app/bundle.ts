import { createHash } from "node:crypto";
import { basename, join, relative, resolve } from "node:path";
import { crunchPlugin } from "@soloist/crunch/build";
import { type BuildFailure, type BuildOptions, build, formatMessages, type Message, type Metafile } from "esbuild";
import type { BaseDescription } from "../base.ts";
import type { Asset } from "../engine/assets.ts";
import { BUNDLE_NAME } from "../engine/evaluate.ts";
import { BuildError } from "../errors.ts";
import type { BundleContents } from "../report/contents.ts";
import type { App } from "./app.ts";
import { globalFiles, neededGlobals, propertyDefines } from "./globals.ts";
import { ASSET_NAMESPACE, ASSET_SCHEME, ENGINE_NAMESPACE, guestPlugin, NODE_PACKAGE } from "./guest-plugin.ts";
import { partsLeftOut, partsPlugin } from "./parts.ts";

export interface Bundle {
  /** One module without imports. */
  readonly code: string;
  /** Its source map, JSON; paths of sources are relative to the image's folder. */
  readonly map: string;
  /** Engine modules that the code reaches, in the base's order. */
  readonly modules: readonly string[];
  /** Archives of folders that it reaches. */
  readonly assets: readonly Asset[];
  /** Files and folders that it was made from, absolute. */
  readonly inputs: readonly string[];
  readonly contents: BundleContents;
}

export interface BundleOptions {
  readonly app: App;
  readonly base: BaseDescription;
  /** Folder that the image is written to. */
  readonly outFolder: string;
  readonly minify: boolean;
  /** Whether the top level is evaluated when the image is built. */
  readonly snapshot: boolean;
  readonly color: boolean;
  readonly progress: (step: string) => void;
}

/** What bundling for an image and for Node.js have in common. */
export interface CommonOptions {
  readonly app: App;
  readonly base: BaseDescription;
  readonly snapshot: boolean;
  readonly progress: (step: string) => void;
  /** Takes the archive of a folder, returns the specifier of the module that holds its bytes. */
  readonly storeArchive: (bytes: Uint8Array<ArrayBuffer>, folder: string) => string;
  /** Globals of the host that an image lacks: naming one is an error when it runs, as it is there. */
  readonly absent?: readonly string[];
}

/** The options of esbuild for an app: web-standard globals, the guest's modules, files as modules. */
export function bundleOptions(options: CommonOptions) {
  const { app, base } = options;
  const globals = globalFiles(app);
  const crunch = crunchPlugin({
    reader: import.meta.dirname,
    progress: ({ files, totalFiles, folder }) =>
      options.progress(`crunching ${basename(folder)}, ${files} of ${totalFiles} files`),
    store: options.storeArchive,
  });
  return {
    entryPoints: ["soloist:entry"],
    absWorkingDir: app.folder,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    mainFields: ["module", "main"],
    conditions: ["@soloist/source", "soloist", "module"],
    // QuickJS-ng has ES2023 and more; `using` is compiled away.
    target: "es2023",
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
    platform: "neutral",
    inject: globals.map(({ path }) => path),
    define: {
      "process.env.NODE_ENV": '"production"',
      ...Object.fromEntries(globals.flatMap(({ names }) => propertyDefines(names))),
      ...absentDefines(options.absent ?? [], new Set(globals.flatMap(({ names }) => names))),
      ...(app.dependencies.includes(NODE_PACKAGE) ? { global: "globalThis" } : {}),
    } as Record<string, string>,
    plugins: [guestPlugin(app, base, options.snapshot), crunch],
  } satisfies BuildOptions;
}

/** Bundles an app with the parts of the runtime that it uses. Throws a {@link BuildError} with file, line and code frame. */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  const { app, base } = options;
  const archives = new Map<string, Asset>();
  const assetFolders = new Map<string, string>();
  try {
    const whole = bundleOptions({
      ...options,
      storeArchive(bytes, folder) {
        const id = createHash("sha256").update(bytes).digest("hex");
        archives.set(id, { id, bytes });
        assetFolders.set(folder, id);
        return ASSET_SCHEME + id;
      },
    });
    const common = app.dependencies.includes(NODE_PACKAGE)
      ? { ...whole, inject: (await neededGlobals(whole, globalFiles(app))).map(({ path }) => path) }
      : whole;
    const parts = await partsLeftOut(common);
    const result = await build({
      ...common,
      plugins: [partsPlugin(parts), ...common.plugins],
      // As the engine's: an object without properties. A snapshot is made of a function, which has none.
      define: { ...common.define, "import.meta": "{}" },
      outfile: join(options.outFolder, BUNDLE_NAME),
      sourcemap: "external",
      sourcesContent: false,
      minify: options.minify,
      // Constants take the place of their names: smaller, and faster in an engine that does not compile.
      minifySyntax: true,
      keepNames: options.minify,
      // Nothing stands on the first line, whose columns the engine counts wrongly.
      banner: { js: `// ${BUNDLE_NAME}` },
    });
    const reached = reachedInputs(result.metafile);
    const file = (suffix: string) => result.outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
    return {
      code: file(BUNDLE_NAME),
      map: file(`${BUNDLE_NAME}.map`),
      modules: Object.keys(base.modules).filter((name) => reached.has(`${ENGINE_NAMESPACE}:${name}`)),
      assets: [...archives.values()]
        .filter(({ id }) => reached.has(`${ASSET_NAMESPACE}:${id}`))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      inputs: [...inputFiles(result.metafile, app.folder), ...assetFolders.keys()],
      contents: {
        files: [...reached].map(([path, bytes]) => ({
          path: path.includes(":") ? path : resolve(app.folder, path),
          bytes,
        })),
        archives: [...assetFolders]
          .filter(([, id]) => reached.has(`${ASSET_NAMESPACE}:${id}`))
          .map(([folder, id]) => ({ folder, bytes: archives.get(id)!.bytes.length })),
      },
    };
  } catch (error) {
    throw await bundleError(error, app.folder, options.color);
  }
}

/** What esbuild threw, as a {@link BuildError} with file, line and code frame. Other errors pass through. */
export async function bundleError(error: unknown, folder: string, color: boolean): Promise<unknown> {
  const { errors } = error as Partial<BuildFailure>;
  return errors ? new BuildError(await formatErrors(errors, folder, color)) : error;
}

/** The files of a bundle, absolute. */
export function inputFiles(metafile: Metafile, folder: string): string[] {
  return Object.keys(metafile.inputs)
    .filter((path) => !/^[\w-]+:/.test(path))
    .map((path) => resolve(folder, path));
}

async function formatErrors(errors: Message[], folder: string, color: boolean): Promise<string> {
  const fromHere = <T extends Location>(location: T): T =>
    location && { ...location, file: relative(process.cwd(), resolve(folder, location.file)) };
  const shown = errors.map((error) => ({
    ...error,
    pluginName: "",
    location: fromHere(error.location),
    notes: error.notes.map((note) => ({ ...note, location: fromHere(note.location) })),
  }));
  const messages = await formatMessages(shown, { kind: "error", color });
  return messages.join("").trim();
}

type Location = Message["location"];

/** Modules of which something is in the bundle, with how many bytes. */
function reachedInputs(metafile: Metafile): Map<string, number> {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return new Map(
    inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [[path, bytesInOutput] as const] : [])),
  );
}

/** A name that nobody declares: `typeof` says "undefined", and anything else is a ReferenceError that tells why. */
function absentDefines(absent: readonly string[], given: ReadonlySet<string>): Record<string, string> {
  const names = absent.filter((name) => !given.has(name));
  return Object.fromEntries(
    names.flatMap((name) => [name, `globalThis.${name}`].map((spelling) => [spelling, `a_unikernel_has_no_${name}`])),
  );
}
