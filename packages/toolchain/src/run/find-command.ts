import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of a command, as a shell would find it. */
export function findCommand(name: string): string | undefined {
  if (name.includes("/")) return existsSync(name) ? name : undefined;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
