/** `path`: POSIX paths. */
export const sep = "/";
export const delimiter = ":";

export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

export function normalize(path: string): string {
  const absolute = isAbsolute(path);
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!absolute) parts.push("..");
  }
  const joined = parts.join("/");
  if (joined === "") return absolute ? "/" : path.endsWith("/") && path !== "" ? "./" : ".";
  return (absolute ? "/" : "") + joined + (path.endsWith("/") ? "/" : "");
}

export function join(...parts: string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  return joined === "" ? "." : normalize(joined);
}

/** The image's working directory is `/`. */
export function resolve(...parts: string[]): string {
  let path = "";
  for (let index = parts.length - 1; index >= 0 && !isAbsolute(path); index--) {
    if (parts[index] !== "") path = path === "" ? parts[index]! : `${parts[index]}/${path}`;
  }
  const normal = normalize(isAbsolute(path) ? path : `/${path}`);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

export function dirname(path: string): string {
  const trimmed = path.replace(/(?<=.)\/+$/, "");
  const at = trimmed.lastIndexOf("/");
  if (at < 0) return ".";
  return at === 0 ? "/" : trimmed.slice(0, at);
}

export function basename(path: string, suffix = ""): string {
  const trimmed = path.replace(/\/+$/, "");
  const name = trimmed.slice(trimmed.lastIndexOf("/") + 1);
  return suffix !== "" && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

export function extname(path: string): string {
  const name = basename(path);
  const at = name.lastIndexOf(".");
  return at <= 0 || name === ".." ? "" : name.slice(at);
}

export function relative(from: string, to: string): string {
  const left = resolve(from).split("/").filter(Boolean);
  const right = resolve(to).split("/").filter(Boolean);
  let common = 0;
  while (common < left.length && common < right.length && left[common] === right[common]) common++;
  return [...left.slice(common).map(() => ".."), ...right.slice(common)].join("/");
}

const parts = { sep, delimiter, isAbsolute, normalize, join, resolve, dirname, basename, extname, relative };
type Path = typeof parts & { posix: unknown };

export const posix: Path = Object.assign(parts, { posix: parts });
export default posix;
