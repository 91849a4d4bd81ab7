import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Folders that hold what programs made, what tests feed to programs, or projects that create-soloist writes. */
const skipped = new Set(["node_modules", "dist", "build", ".git", ".turbo", "fixtures", "templates"]);
const wanted = /(?:\.(?:ts|mts|cts|js|mjs|cjs|tsx)|(?:^|\/)package(?:-lock)?\.json)$/;

/** The repository's sources and manifests by path, "/" between folders. */
export function readFiles(root: string): Map<string, string> {
  const files = new Map<string, string>();
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(root, path).split(sep).join("/");
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) visit(path);
      } else if (entry.isFile() && wanted.test(name)) {
        files.set(name, readFileSync(path, "utf8"));
      }
    }
  };
  visit(root);
  return files;
}
