import { TOOLS } from "./templates.ts";

const LONGEST_NAME = 214;
const RESERVED = new Set(["node_modules", "favicon.ico", ...Object.keys(TOOLS)]);

/** Why npm does not take `name` for a package, or undefined when it does. The image is named after it, too: no scopes. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "a name is needed";
  if (name.length > LONGEST_NAME) return `a package's name has at most ${LONGEST_NAME} characters`;
  if (RESERVED.has(name)) return `"${name}" cannot be a project's name: it stands for something else`;
  if (/^[._-]/.test(name)) return `"${name}" is not a package's name: it begins with "${name[0]}"`;
  if (!/^[a-z0-9._-]+$/.test(name)) {
    return `"${name}" is not a package's name: lower-case letters, digits, "-", "_" and "." are allowed`;
  }
  return undefined;
}
