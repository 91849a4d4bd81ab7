/** What a link may be. Pure: no store, no clock. */

export const MAX_URL = 2048;
export const MAX_ALIAS = 40;

/** First segments of the app's own paths, and words that would mislead. */
const RESERVED: ReadonlySet<string> = new Set([
  "about",
  "admin",
  "api",
  "assets",
  "export",
  "help",
  "import",
  "index",
  "links",
  "login",
  "new",
  "static",
  "well-known",
]);

/** A value that can be used, or a sentence for the person who sent it. */
export type Checked = { readonly value: string; readonly error?: never } | { readonly error: string };

/**
 * The address that a link leads to, as the URL parser writes it: ASCII, without white space. Without a scheme it gets https.
 * `ownHost`: this service's own authority; a link to itself could go round for ever.
 */
export function checkUrl(text: string, ownHost = ""): Checked {
  const trimmed = text.trim();
  if (trimmed === "") return { error: "Enter the address that the link leads to." };
  if (trimmed.length > MAX_URL) return { error: `An address may have ${MAX_URL} characters at most.` };
  const candidate = /^[a-z][a-z\d+.-]*:/i.test(trimmed) && !/^[^/:]+:\d/.test(trimmed) ? trimmed : `https://${trimmed}`;
  let url: URL;
  try {
    url = new URL(candidate);
  } catch {
    return { error: "This is not an address. It should look like https://example.org/page." };
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { error: "Only http and https addresses can be shortened." };
  }
  if (url.username !== "" || url.password !== "")
    return { error: "An address may not contain a user name or password." };
  if (url.href.length > MAX_URL) return { error: `An address may have ${MAX_URL} characters at most.` };
  if (ownHost !== "" && url.host === ownHost.toLowerCase()) return { error: "This address is on this site already." };
  return { value: url.href };
}

/** The alias that somebody wishes for, in lower case. */
export function checkAlias(text: string): Checked {
  const alias = text.trim().toLowerCase();
  if (alias.length > MAX_ALIAS) return { error: `An alias may have ${MAX_ALIAS} characters at most.` };
  if (!/^[a-z\d](?:[a-z\d_-]*[a-z\d])?$/.test(alias)) {
    return { error: "An alias is made of letters, digits, - and _, and begins and ends with a letter or digit." };
  }
  if (RESERVED.has(alias)) return { error: `“${alias}” is reserved. Choose another alias.` };
  return { value: alias };
}

/** 32 characters that are hard to mistake for each other, so five bits of a random byte choose one without bias. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

/** `length` characters, five bits of randomness each. */
export function randomWord(random: (into: Uint8Array) => void, length: number): string {
  const bytes = new Uint8Array(length);
  random(bytes);
  let word = "";
  for (const byte of bytes) word += ALPHABET[byte & 31]!;
  return word;
}
