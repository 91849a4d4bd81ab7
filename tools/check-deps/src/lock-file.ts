import type { Violation } from "./check.ts";

/**
 * A lock file pins names, versions and hashes, never the registry that one machine happened to use: `resolved` may only be a
 * folder of this repository.
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
  return violations;
}
