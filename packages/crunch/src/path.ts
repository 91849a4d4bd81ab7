import { MAX_PATH } from "./layout.ts";

/**
 * Why this cannot be the path of a file in an archive; undefined when it can. Paths are absolute and in their shortest form,
 * so that a request's path needs no cleaning to be looked up, and none of them leads out of a folder.
 */
export function pathFault(path: string): string | undefined {
  if (!path.startsWith("/")) return "does not start with /";
  if (path.length > MAX_PATH) return `is longer than ${MAX_PATH} characters`;
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return "holds a control character";
    if (code === 0x5c) return "holds a backslash";
  }
  for (const part of path.slice(1).split("/")) {
    if (part === "") return "holds an empty name";
    if (part === "." || part === "..") return `holds the name ${part}`;
  }
  return undefined;
}
