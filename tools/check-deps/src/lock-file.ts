import type { Violation } from "./check.ts";

interface LockFile {
  readonly packages?: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

/**
 * A lock file pins names, versions and hashes, never the registry that one machine happened to use: `resolved` may only be a
 * folder of this repository. And it has an entry for each optional dependency, whatever platform that is for: npm leaves out those
 * that a registry does not have, and `npm ci` then refuses the whole file.
 */
export function checkLockFile(path: string, text: string): Violation[] {
  const violations: Violation[] = [];
  const lines = text.split("\n");
  for (const [index, content] of lines.entries()) {
    const resolved = /"resolved"\s*:\s*"([^"]*)"/.exec(content)?.[1];
    if (resolved !== undefined && /^[a-z+]+:|^\/\//.test(resolved)) {
      violations.push({ path, line: index + 1, message: `names a host: ${resolved}` });
    }
  }
  const packages = (JSON.parse(text) as LockFile).packages ?? {};
  for (const [key, { optionalDependencies }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies ?? {})) {
      if (packages[`node_modules/${name}`] !== undefined || packages[`${key}/node_modules/${name}`] !== undefined)
        continue;
      violations.push({
        path,
        line: 1,
        message: `has no entry for ${name}, which ${key} has among its optional dependencies`,
      });
    }
  }
  return violations;
}
