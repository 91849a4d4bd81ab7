import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { crunch } from "@soloist/crunch/build";
import { ENGINE_EXPORTS } from "../app/guest-plugin.ts";

/** The part of Vite's plugins that is needed here: Vite comes with the app's vitest. */
interface ResolveContext {
  resolve(id: string, importer?: string, options?: { skipSelf?: boolean }): Promise<{ id: string } | null>;
}
interface LoadContext {
  addWatchFile(path: string): void;
}

const ENGINE = "\0soloist-engine:";
const ARCHIVE = "\0soloist-crunch:";
/** Modules that are resolved as the toolchain sees them, when the app does not. */
const PARTS = /^@soloist\/(unix\/|rng$|crunch$|runtime(\/boot)?$)/;

/** The unikernel's modules for code under test: the platform, the engine's modules, folders as modules. */
export function unikernelPlugin(archives: string) {
  return {
    name: "soloist",
    enforce: "pre" as const,
    async resolveId(this: ResolveContext, id: string, importer?: string) {
      if (id === "native:platform") return this.resolve("@soloist/unix/platform", importer ?? import.meta.filename);
      if (id.startsWith("native:engine/")) return ENGINE + id.slice("native:engine/".length);
      if (id.startsWith("crunch:") && importer !== undefined) {
        return ARCHIVE + resolve(dirname(importer), id.slice("crunch:".length));
      }
      if (PARTS.test(id)) {
        return (
          (await this.resolve(id, importer, { skipSelf: true })) ??
          (await this.resolve(id, import.meta.filename, { skipSelf: true }))
        );
      }
      return undefined;
    },
    async load(this: LoadContext, id: string) {
      if (id.startsWith(ENGINE)) {
        const names = ENGINE_EXPORTS[id.slice(ENGINE.length)] ?? [];
        return names.map((name) => `export const ${name} = globalThis.${name};`).join("\n");
      }
      if (!id.startsWith(ARCHIVE)) return undefined;
      const { archive, sources } = await crunch(id.slice(ARCHIVE.length));
      for (const source of sources) this.addWatchFile(source);
      const path = join(archives, createHash("sha256").update(archive).digest("hex"));
      mkdirSync(archives, { recursive: true });
      writeFileSync(path, archive);
      return [
        'import { readFileSync } from "node:fs";',
        'import { openArchive } from "@soloist/crunch";',
        `export default openArchive(new Uint8Array(readFileSync(${JSON.stringify(path)})));`,
      ].join("\n");
    },
  };
}
