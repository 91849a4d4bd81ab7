import type { Change, KvStore } from "@soloist/kv";
import { equalSecrets } from "@soloist/web";
import { randomWord } from "./rules.ts";

/** All links are held in memory beside the store, which answers searches and redirects. */
export const MAX_LINKS = 5000;
const ALIAS_LENGTH = 5;
/** 100 bits. */
const KEY_LENGTH = 20;
const PREFIX = "link/";

export interface Link {
  readonly alias: string;
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  hits: number;
  /** Whoever knows it may delete the link. */
  readonly key: string;
}

export type Order = "newest" | "hits" | "alias";
export const ORDERS: readonly Order[] = ["newest", "hits", "alias"];

export interface Page {
  readonly links: readonly Link[];
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  readonly total: number;
}

export interface LinksOptions {
  readonly random: (into: Uint8Array) => void;
  readonly now: () => number;
}

/** Thrown when there is no room for one more link. */
export class LinksFullError extends Error {
  override readonly name = "LinksFullError";
}

/** The links of a store. A link that `create` promised is in the store; hits get there with `flush`. */
export class Links {
  readonly #kv: KvStore;
  readonly #options: LinksOptions;
  readonly #links = new Map<string, Link>();
  /** Aliases that are being written. */
  readonly #claimed = new Set<string>();
  readonly #changed = new Set<string>();
  /** Called when hits have to be flushed some time soon. */
  onChange: () => void = () => {};

  private constructor(kv: KvStore, options: LinksOptions) {
    this.#kv = kv;
    this.#options = options;
  }

  static async open(kv: KvStore, options: LinksOptions): Promise<Links> {
    const links = new Links(kv, options);
    for await (const [key, value] of kv.entries(PREFIX)) {
      const stored = JSON.parse(new TextDecoder().decode(value)) as Omit<Link, "alias">;
      links.#links.set(key.slice(PREFIX.length), { alias: key.slice(PREFIX.length), ...stored });
    }
    return links;
  }

  get count(): number {
    return this.#links.size;
  }

  get(alias: string): Link | undefined {
    return this.#links.get(alias.toLowerCase());
  }

  /** `wish`: a checked alias; when it is taken, `wish-1` and so on. Without one the alias is random. */
  async create(url: string, wish?: string): Promise<Link> {
    if (this.#links.size + this.#claimed.size >= MAX_LINKS)
      throw new LinksFullError("There is no room for more links.");
    const alias = wish === undefined ? this.#randomAlias() : this.#freeAlias(wish);
    this.#claimed.add(alias);
    try {
      const { random, now } = this.#options;
      const link: Link = { alias, url, created: now(), hits: 0, key: randomWord(random, KEY_LENGTH) };
      await this.#kv.set(PREFIX + alias, encode(link));
      this.#links.set(alias, link);
      return link;
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code === "ENOSPC" || code === "EFBIG") throw new LinksFullError("The disk has no room for this link.");
      throw error;
    } finally {
      this.#claimed.delete(alias);
    }
  }

  hit(link: Link): void {
    link.hits++;
    if (this.#changed.size === 0) this.onChange();
    this.#changed.add(link.alias);
  }

  /** Resolves to whether the key was right; then the link is gone for good. */
  async delete(link: Link, key: string): Promise<boolean> {
    if (!equalSecrets(key, link.key)) return false;
    if (this.#links.get(link.alias) !== link) return true;
    this.#links.delete(link.alias);
    this.#changed.delete(link.alias);
    this.#claimed.add(link.alias);
    try {
      await this.#kv.delete(PREFIX + link.alias);
    } finally {
      this.#claimed.delete(link.alias);
    }
    return true;
  }

  /** Writes the hits that were counted since the last time. */
  async flush(): Promise<void> {
    const changed = [...this.#changed];
    this.#changed.clear();
    // One update may be small on a small disk, so each link is an update of its own; the store writes them together.
    const writes = changed.map((alias) => {
      const link = this.#links.get(alias);
      return link && this.#kv.update([[PREFIX + alias, encode(link)] satisfies Change]);
    });
    await Promise.all(writes);
  }

  /** Links whose alias or address contains `query`. `page` counts from 1. */
  find(query: string, order: Order, page: number, size: number): Page {
    const needle = query.trim().toLowerCase();
    const found: Link[] = [];
    for (const link of this.#links.values()) {
      if (link.alias.includes(needle) || link.url.toLowerCase().includes(needle)) found.push(link);
    }
    found.sort(COMPARE[order]);
    const pages = Math.max(1, Math.ceil(found.length / size));
    const current = Math.min(Math.max(1, Math.trunc(page) || 1), pages);
    return {
      links: found.slice((current - 1) * size, current * size),
      page: current,
      pages,
      total: found.length,
    };
  }

  #isTaken(alias: string): boolean {
    return this.#links.has(alias) || this.#claimed.has(alias);
  }

  #freeAlias(wish: string): string {
    if (!this.#isTaken(wish)) return wish;
    for (let number = 1; ; number++) {
      const alias = `${wish}-${number}`;
      if (!this.#isTaken(alias)) return alias;
    }
  }

  #randomAlias(): string {
    for (;;) {
      const alias = randomWord(this.#options.random, ALIAS_LENGTH);
      if (!this.#isTaken(alias)) return alias;
    }
  }
}

const byAlias = (a: Link, b: Link) => (a.alias < b.alias ? -1 : 1);

const COMPARE: Readonly<Record<Order, (a: Link, b: Link) => number>> = {
  newest: (a, b) => b.created - a.created || byAlias(a, b),
  hits: (a, b) => b.hits - a.hits || byAlias(a, b),
  alias: byAlias,
};

function encode({ alias: _alias, ...stored }: Link): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(stored));
}
