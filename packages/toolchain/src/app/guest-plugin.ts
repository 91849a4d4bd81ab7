import { builtinModules } from "node:module";
import type { OnResolveArgs, PartialMessage, Plugin } from "esbuild";
import { type BaseDescription, findPackage } from "../base.ts";
import { assetModule } from "../engine/assets.ts";
import { PLATFORM_GLOBAL } from "../engine/evaluate.ts";
import type { App } from "./app.ts";

export const ENGINE_NAMESPACE = "native-engine";
export const ASSET_NAMESPACE = "native-asset";
/** Followed by an asset's id. */
export const ASSET_SCHEME = "native:asset/";
const VIRTUAL_NAMESPACE = "soloist";
/** Puts modules of Node.js in place; only apps that depend on it have them. */
export const NODE_PACKAGE = "@soloist/node";
const SHIM_NAMESPACE = "soloist-node";

/** What each engine module's initialiser puts on globalThis. */
export const ENGINE_EXPORTS: Readonly<Record<string, readonly string[]>> = {
  url: ["URL", "URLSearchParams"],
  encoding: ["TextEncoder", "TextDecoder"],
  headers: ["Headers"],
  "structured-clone": ["structuredClone"],
  crypto: ["crypto", "Crypto", "SubtleCrypto", "CryptoKey"],
};

const BOOT_MODULE = `
import { createRng } from "@soloist/rng";
import { boot } from "@soloist/runtime/boot";
boot({ createRng });
`;

/**
 * Math.random as the engine made it gives the same numbers in every boot. The runtime seeds it when it boots, which is too
 * late for a top level that is evaluated at every boot; here any source that fills all bytes will do.
 */
const SEED_MODULE = `
import { entropy, seedMathRandom } from "native:platform";
const seed = new Uint8Array(8);
for (let source = 0; source < 4 && entropy(source, seed) < seed.length; source++);
seedMathRandom(seed);
`;

/**
 * The modules that only guests have: the platform's functions, the engine's modules, and the generated entry, which is where
 * the runtime and the random generator meet (they do not see each other).
 */
export function guestPlugin(app: App, base: BaseDescription, snapshot: boolean): Plugin {
  return {
    name: "soloist",
    setup(build) {
      build.onResolve({ filter: /^soloist:(entry|boot)$/ }, ({ path }) => ({ path, namespace: VIRTUAL_NAMESPACE }));
      build.onLoad({ filter: /^soloist:entry$/, namespace: VIRTUAL_NAMESPACE }, () => ({
        // Two modules, because imports are evaluated before statements: `run` must find the kernel connected.
        contents: `import "soloist:boot";\nimport ${JSON.stringify(app.entry)};\n`,
        resolveDir: app.folder,
      }));
      // An app whose package.json says `"sideEffects": false` means what others import of it, not its main module.
      build.onResolve({ filter: /./, namespace: VIRTUAL_NAMESPACE }, ({ path }) =>
        path === app.entry ? { path, sideEffects: true } : undefined,
      );
      build.onLoad({ filter: /^soloist:boot$/, namespace: VIRTUAL_NAMESPACE }, () => ({
        contents: snapshot ? BOOT_MODULE : BOOT_MODULE + SEED_MODULE,
        resolveDir: app.folder,
      }));
      // Apps depend on the runtime; the random generator comes with the toolchain when they do not name it.
      build.onResolve({ filter: /^@soloist\/(rng$|runtime\/boot$)/, namespace: VIRTUAL_NAMESPACE }, async (args) => {
        const name = args.path.startsWith("@soloist/rng") ? "@soloist/rng" : "@soloist/runtime";
        if (findPackage(name, app.folder)) return undefined;
        return build.resolve(args.path, { resolveDir: import.meta.dirname, kind: args.kind, importer: args.importer });
      });

      build.onResolve({ filter: /^native:/ }, ({ path }) => {
        if (path === "native:platform") return { path, namespace: VIRTUAL_NAMESPACE, sideEffects: true };
        if (path.startsWith(ASSET_SCHEME)) {
          return { path: path.slice(ASSET_SCHEME.length), namespace: ASSET_NAMESPACE, sideEffects: false };
        }
        const module = path.replace(/^native:engine\//, "");
        if (base.modules[module] && ENGINE_EXPORTS[module]) {
          return { path: module, namespace: ENGINE_NAMESPACE, sideEffects: false };
        }
        return { errors: [{ text: `There is no native module ${JSON.stringify(path)}` }] };
      });
      build.onLoad({ filter: /^native:platform$/, namespace: VIRTUAL_NAMESPACE }, () => ({
        contents: platformModule(base),
      }));
      build.onLoad({ filter: /.*/, namespace: ASSET_NAMESPACE }, ({ path }) => ({ contents: assetModule(path) }));
      build.onLoad({ filter: /.*/, namespace: ENGINE_NAMESPACE }, ({ path }) => ({
        contents: `const engine = globalThis;\n${ENGINE_EXPORTS[path]!.map((name) => `export const ${name} = /* @__PURE__ */ (() => engine.${name})();`).join("\n")}\n`,
      }));

      const builtin = new RegExp(
        `^(node:.*|(${builtinModules.filter((name) => !name.startsWith("_")).join("|")})(/.*)?)$`,
      );
      const hasNode = app.dependencies.includes(NODE_PACKAGE);
      build.onResolve({ filter: builtin }, async (args) => {
        if (args.pluginData === SEARCHED) return undefined;
        // "process/" is what readable-stream calls the npm package, which hands out a global that images lack.
        const name = args.path.replace(/^node:/, "").replace(/^process\/$/, "process");
        const shim = hasNode && !name.endsWith("/") ? await findShim(name) : undefined;
        if (shim !== undefined) {
          // What `require` returns of these modules may be a function: the module's default export.
          return args.kind === "require-call" ? { path: name, namespace: SHIM_NAMESPACE } : shim;
        }
        if (!args.path.startsWith("node:") && (await isPackage(args))) return undefined;
        return { errors: [missing(args.path, hasNode)] };
      });
      build.onLoad({ filter: /.*/, namespace: SHIM_NAMESPACE }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(`${NODE_PACKAGE}/${path}`)}).default;`,
        resolveDir: app.folder,
      }));
      /** The module of `@soloist/node` that stands for one of Node.js. */
      async function findShim(name: string) {
        const options = { kind: "import-statement", resolveDir: app.folder, pluginData: SEARCHED } as const;
        const found = await build.resolve(`${NODE_PACKAGE}/${name}`, options);
        return found.errors.length === 0 ? { path: found.path, sideEffects: found.sideEffects } : undefined;
      }
      /** Some npm packages are called as a module of Node.js: `events`, `buffer`. */
      async function isPackage({ path, importer, resolveDir, kind }: OnResolveArgs): Promise<boolean> {
        const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: SEARCHED });
        return found.errors.length === 0 && !found.external;
      }
    },
  };
}

function missing(path: string, hasNode: boolean): PartialMessage {
  const note = hasNode
    ? `${NODE_PACKAGE} has no such module.`
    : `An image has no operating system below it; Soloist's packages and web standards take its place. Libraries that need net, dgram, dns and the like find them when the app depends on ${NODE_PACKAGE}.`;
  return { text: `Node.js module ${JSON.stringify(path)} does not exist in a unikernel`, notes: [{ text: note }] };
}

const SEARCHED = Symbol("searched for a package of this name");

function platformModule(base: BaseDescription): string {
  const names = base.platform.functions.map(({ name }) => name);
  return [
    `const platform = globalThis[${JSON.stringify(PLATFORM_GLOBAL)}];`,
    `delete globalThis[${JSON.stringify(PLATFORM_GLOBAL)}];`,
    `export const { ${names.join(", ")} } = platform;`,
    "",
  ].join("\n");
}
