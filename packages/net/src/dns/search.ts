import { encodeName } from "../wire/dns-name.ts";

/** Dots from which on a name is tried as it is first (resolv.conf's `ndots`). */
const ENOUGH_DOTS = 1;

/**
 * The full names that `name` may stand for, in order. One that ends in a dot stands for itself. Names that are too long
 * with a domain are left out; empty when `name` is none at all.
 */
export function candidates(name: string, search: readonly string[]): string[] {
  if (name === "" || encodeName(name) === undefined) return [];
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain}`).filter((full) => encodeName(full) !== undefined);
  const dots = name.split(".").length - 1;
  return dots >= ENOUGH_DOTS ? [name, ...searched] : [...searched, name];
}
