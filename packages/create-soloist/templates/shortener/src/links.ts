import type { KvStore } from "@soloist/kv";

export interface Link {
  readonly alias: string;
  readonly url: string;
}

/** Short links in a key-value store: the alias is the key, the address the value. */
export interface Links {
  find(alias: string): Promise<string | undefined>;
  /** Stores a link; it is on the disk when the promise resolves. Without an alias it gets a random one. */
  add(url: string, alias?: string): Promise<Link>;
  all(): Promise<Link[]>;
}

/** A wish that cannot be met; the message is for the person who wished. */
export class LinkError extends Error {
  override readonly name = "LinkError";
}

/** 32 characters that are hard to mistake for each other: five bits of a random byte choose one. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const ALIAS_LENGTH = 5;
const MAX_URL = 2000;

export function createLinks(store: KvStore, random: (into: Uint8Array) => Uint8Array): Links {
  const text = (value: Uint8Array) => new TextDecoder().decode(value);
  const taken = new Set<string>(); // being stored right now
  return {
    async find(alias) {
      const value = await store.get(alias);
      return value === undefined ? undefined : text(value);
    },
    async add(address, wish) {
      const url = checkUrl(address);
      const alias = wish === undefined || wish === "" ? randomAlias(random) : checkAlias(wish);
      if (taken.has(alias)) throw new LinkError(`“${alias}” is taken.`);
      taken.add(alias);
      try {
        if (await store.has(alias)) throw new LinkError(`“${alias}” is taken.`);
        await store.set(alias, new TextEncoder().encode(url));
      } finally {
        taken.delete(alias);
      }
      return { alias, url };
    },
    async all() {
      const links: Link[] = [];
      for await (const [alias, value] of store.entries()) links.push({ alias, url: text(value) });
      return links;
    },
  };
}

function checkUrl(address: string): string {
  const url = URL.parse(address.trim());
  if (url === null || address.length > MAX_URL)
    throw new LinkError("This is not an address: https://example.org/page is.");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new LinkError("Only http and https can be shortened.");
  return url.href;
}

function checkAlias(wish: string): string {
  if (!/^[a-z\d-]{1,40}$/.test(wish))
    throw new LinkError("An alias has up to 40 lower-case letters, digits and hyphens.");
  if (wish === "links" || wish === "assets") throw new LinkError(`“${wish}” is a page of this site.`);
  return wish;
}

function randomAlias(random: (into: Uint8Array) => Uint8Array): string {
  return Array.from(random(new Uint8Array(ALIAS_LENGTH)), (byte) => ALPHABET[byte & 31]).join("");
}
