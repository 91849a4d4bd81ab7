import { dirname, join, sep } from "node:path";
import type { Plugin } from "esbuild";
import type { App } from "../app/app.ts";
import { ASSET_SCHEME } from "../app/guest-plugin.ts";
import { findPackage } from "../base.ts";

/** Which stack an app gets: sockets of the host, or its own behind a simulated link. */
export type StackChoice = "host" | "soloist";

const ASSET_FILE = "unix-asset";
const NODE_FILE = "unix-entry";
const RESOLVED = Symbol("resolved here already");

/**
 * Puts Node.js in the place of the kernel: `native:platform` is @soloist/unix, and `stack()` of the app's network one that
 * this host can run. Goes in front of the guest's plugin, which does the rest as for an image.
 */
export function unixPlugin(app: App, stack: StackChoice, assetPath: (id: string) => string): Plugin {
  const net = stack === "host" ? "@soloist/unix/net" : "@soloist/unix/simulated-net";
  const home = findPackage("@soloist/unix");
  return {
    name: "soloist-unix",
    setup(build) {
      const own = (path: string) =>
        build.resolve(path, { resolveDir: import.meta.dirname, kind: "import-statement", pluginData: RESOLVED });
      let folder = "";
      build.onStart(async () => {
        folder = dirname(dirname((await own("@soloist/unix/machine")).path)) + sep;
      });
      const isOwn = (importer: string, namespace: string) =>
        namespace === ASSET_FILE ||
        importer.startsWith(folder) ||
        (home !== undefined && importer.startsWith(home + sep));

      build.onResolve({ filter: /^node:/ }, ({ path, importer, namespace }) =>
        isOwn(importer, namespace) ? { path, external: true } : undefined,
      );
      build.onResolve({ filter: /^@soloist\/net$/ }, ({ path, importer, namespace, pluginData }) =>
        pluginData === RESOLVED ? undefined : own(isOwn(importer, namespace) ? path : net),
      );
      // The machine's parts see what the toolchain sees, not what the app depends on.
      build.onResolve({ filter: /^native:platform$/ }, () => own("@soloist/unix/platform"));
      build.onResolve({ filter: /^@soloist\/unix\// }, ({ path, pluginData }) =>
        pluginData === RESOLVED ? undefined : own(path),
      );

      build.onResolve({ filter: /^soloist:prepare$/ }, ({ path }) => ({ path, namespace: NODE_FILE }));
      build.onLoad({ filter: /^soloist:prepare$/, namespace: NODE_FILE }, () => ({
        contents: 'import { prepare } from "@soloist/unix/machine";\nprepare();\n',
        resolveDir: import.meta.dirname,
      }));
      build.onLoad({ filter: /^soloist:entry$/, namespace: "soloist" }, () => ({
        contents: [
          'import "soloist:prepare";',
          'import "soloist:boot";',
          `import ${JSON.stringify(app.entry)};`,
          'import { start } from "@soloist/unix/machine";',
          "start();",
          "",
        ].join("\n"),
        resolveDir: app.folder,
      }));

      build.onResolve({ filter: new RegExp(`^${ASSET_SCHEME}`) }, ({ path }) => ({
        path: path.slice(ASSET_SCHEME.length),
        namespace: ASSET_FILE,
        sideEffects: false,
      }));
      build.onLoad({ filter: /.*/, namespace: ASSET_FILE }, ({ path }) => ({
        contents: [
          'import { readFileSync } from "node:fs";',
          `const file = /* @__PURE__ */ readFileSync(${JSON.stringify(assetPath(path))});`,
          "export default /* @__PURE__ */ new Uint8Array(file.buffer, file.byteOffset, file.length);",
          "",
        ].join("\n"),
        resolveDir: import.meta.dirname,
      }));
    },
  };
}

/**
 * Node.js's globals that an image lacks; those that the app's globals stand for are left to them. `require` and `module` are none: they
 * belong to libraries in CommonJS, which the bundler wraps.
 */
export const ABSENT_GLOBALS = [
  "process",
  "Buffer",
  "global",
  "fetch",
  "WebSocket",
  "EventSource",
  "XMLHttpRequest",
  "setImmediate",
  "clearImmediate",
  "navigator",
  "localStorage",
  "sessionStorage",
  "Intl",
  "Temporal",
  "WebAssembly",
  "MessageChannel",
  "MessagePort",
  "BroadcastChannel",
  "Blob",
  "File",
  "FormData",
  "PerformanceObserver",
] as const;

export const temporaryAsset = (folder: string) => (id: string) => join(folder, `${id}.crunch`);
