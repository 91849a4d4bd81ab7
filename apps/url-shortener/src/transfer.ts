import { type Link, type Links, LinksFullError, visitsOf } from "./links.ts";
import { checkAlias, checkUrl } from "./rules.ts";

/** Bounds of one import. */
export const MAX_IMPORT_LINES = 500;
export const MAX_IMPORT_LENGTH = 256 * 1024;
/** Of one line: the engine's JSON parser recurses, and nothing here needs depth. */
const MAX_BRACKETS = 64;
/** Links that are written at a time: enough for the store to write them together. */
const BATCH = 32;

/** What became of a line, numbered from 1. */
export type ImportedLine =
  | { readonly line: number; readonly alias: string; readonly url: string; readonly key: string }
  | { readonly line: number; readonly error: string };

/** Links as JSON lines, piece by piece. Keys stay here. */
export function* exportLines(links: Links): Generator<string, undefined> {
  let piece = "";
  for (const link of links.all()) {
    piece += `${JSON.stringify(exported(link))}\n`;
    if (piece.length < 16_384) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

function exported(link: Link): object {
  const { alias, url, created } = link;
  return { alias, url, created: new Date(created).toISOString(), visits: visitsOf(link) };
}

/**
 * Makes a link of each line of JSON that has a `url` and maybe an `alias`; other fields are ignored, so that an export can
 * be imported. A line that is wrong is reported and keeps no other from being imported. Throws a RangeError for too many.
 */
export async function importLines(links: Links, text: string, host: string): Promise<ImportedLine[]> {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const filled = lines.filter(({ line }) => line !== "");
  if (filled.length > MAX_IMPORT_LINES)
    throw new RangeError(`At most ${MAX_IMPORT_LINES} lines can be imported at once.`);
  const results: ImportedLine[] = [];
  for (let from = 0; from < filled.length; from += BATCH) {
    const batch = filled.slice(from, from + BATCH);
    results.push(...(await Promise.all(batch.map(({ line, number }) => importLine(links, line, number, host)))));
  }
  return results;
}

async function importLine(links: Links, text: string, line: number, host: string): Promise<ImportedLine> {
  if (text.split(/[[{]/, MAX_BRACKETS + 2).length > MAX_BRACKETS + 1)
    return { line, error: "It is nested too deeply." };
  let wish: { url?: unknown; alias?: unknown } | null;
  try {
    wish = JSON.parse(text) as typeof wish;
  } catch {
    return { line, error: "This is not JSON." };
  }
  const { url, alias } = wish ?? {};
  if (typeof url !== "string") return { line, error: "It has no “url” that is text." };
  if (alias !== undefined && typeof alias !== "string") return { line, error: "Its “alias” is not text." };
  const target = checkUrl(url, host);
  if (target.error !== undefined) return { line, error: target.error };
  const name = alias === undefined ? undefined : checkAlias(alias);
  if (name?.error !== undefined) return { line, error: name.error };
  try {
    const made = await links.create(target.value, name?.value);
    return { line, alias: made.link.alias, url: made.link.url, key: made.key };
  } catch (error) {
    if (error instanceof LinksFullError) return { line, error: error.message };
    throw error;
  }
}
