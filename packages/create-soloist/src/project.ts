import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "./errors.ts";
import { type Template, TOOLS } from "./templates.ts";

const ROOT = join(import.meta.dirname, "..");
const TEMPLATES_FOLDER = join(ROOT, "templates");
const SHARED = "shared";

/** npm leaves files of some names out of what it publishes, so they have others here. */
const PLACES: Readonly<Record<string, string>> = { gitignore: ".gitignore", "ci.yml": ".github/workflows/ci.yml" };

/** The files of a new project: text by path, "/" between folders. */
export function projectFiles(template: Template, name: string): Map<string, string> {
  const files = new Map([["package.json", manifest(template, name)]]);
  for (const source of [SHARED, template.name]) {
    const folder = join(TEMPLATES_FOLDER, source);
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      if (statSync(join(folder, path)).isDirectory()) continue;
      files.set(PLACES[path] ?? path, readFileSync(join(folder, path), "utf8").replaceAll("{{name}}", name));
    }
  }
  return files;
}

/** All packages of Soloist are released together: those of this very version fit. */
function manifest(template: Template, name: string): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const soloist = (packages: readonly string[]) => Object.fromEntries(packages.map((one) => [one, `^${version}`]));
  const content = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: { dev: "soloist dev", ...template.scripts, test: "soloist test", typecheck: "tsc && tsc -p test" },
    dependencies: soloist(template.packages),
    devDependencies: { ...soloist(["@soloist/toolchain"]), ...TOOLS },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** Throws a {@link UsageError} unless `folder` can become a project: absent, or empty but for a repository's `.git`. */
export function assertFree(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is a file`);
  if (readdirSync(folder).some((entry) => entry !== ".git")) {
    throw new UsageError(`${folder} exists and is not empty`);
  }
}

export function writeProject(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: "wx" }); // never over a file that appeared meanwhile
  }
}
