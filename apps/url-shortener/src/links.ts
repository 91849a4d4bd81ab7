import type { Change, KvStore } from "@soloist/kv";
import { createEditKey, isEditKey } from "./edit-key.ts";
import { randomWord } from "./rules.ts";
import { countVisit, dayOf, emitVisits, parseVisits, type Visits } from "./visits.ts";

/** All links are held in memory beside the store, which answers searches and redirects: at most about 20 MB. */
export const MAX_LINKS = 5000;
const ALIAS_LENGTH = 5;
const LINK = "link/";
const VISITS = "visits/";

export interface Link {
  readonly alias: string;
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** SHA-256 of the key with which it may be deleted. */
  readonly keyHash: string;
  /** The address in lower case, for searches: lowering it each time took two thirds of a search. */
  readonly searched: string;
  visits: Visits | undefined;
}

export type Order = "newest" | "visits" | "alias";
export const ORDERS: readonly Order[] = ["newest", "visits", "alias"];

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

/** The links of a store. A link that `create` promised is in the store; visits get there with `flush`. */
export class Links {
  readonly #kv: KvStore;
  readonly #options: LinksOptions;
  readonly #byAlias = new Map<string, Link>();
  /** As they were made. */
  readonly #ordered: Link[] = [];
  /** Aliases that are being written. */
  readonly #claimed = new Set<string>();
  readonly #visited = new Set<Link>();
  /** Called when visits have to be flushed some time soon. */
  onVisit: () => void = () => {};

  private constructor(kv: KvStore, options: LinksOptions) {
    this.#kv = kv;
    this.#options = options;
  }

  static async open(kv: KvStore, options: LinksOptions): Promise<Links> {
    const links = new Links(kv, options);
    for await (const [key, value] of kv.entries(LINK)) {
      const alias = key.slice(LINK.length);
      const stored = JSON.parse(new TextDecoder().decode(value)) as { url: string; created: number; keyHash: string };
      const link = { alias, ...stored, searched: lowered(stored.url), visits: undefined };
      links.#byAlias.set(alias, link);
      links.#ordered.push(link);
    }
    links.#ordered.sort((a, b) => a.created - b.created);
    for await (const [key, value] of kv.entries(VISITS)) {
      const link = links.#byAlias.get(key.slice(VISITS.length));
      if (link) link.visits = parseVisits(value);
    }
    return links;
  }

  get count(): number {
    return this.#ordered.length;
  }

  /** Whole days since 1970. */
  get today(): number {
    return dayOf(this.#options.now());
  }

  get(alias: string): Link | undefined {
    return this.#byAlias.get(alias.toLowerCase());
  }

  /**
   * `wish`: a checked alias; when it is taken, `wish-1` and so on. Without one the alias is random. The key is not kept, and
   * cannot be found out again.
   */
  async create(url: string, wish?: string): Promise<{ readonly link: Link; readonly key: string }> {
    if (this.count + this.#claimed.size >= MAX_LINKS) throw new LinksFullError("There is no room for more links.");
    const alias = wish === undefined ? this.#randomAlias() : this.#freeAlias(wish);
    this.#claimed.add(alias);
    try {
      const { random, now } = this.#options;
      const { key, hash } = await createEditKey(random);
      const stored = { url, created: now(), keyHash: hash };
      await this.#kv.set(LINK + alias, new TextEncoder().encode(JSON.stringify(stored)));
      const link = { alias, ...stored, searched: lowered(url), visits: undefined };
      this.#byAlias.set(alias, link);
      this.#ordered.push(link);
      return { link, key };
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code === "ENOSPC" || code === "EFBIG") throw new LinksFullError("The disk has no room for this link.");
      throw error;
    } finally {
      this.#claimed.delete(alias);
    }
  }

  visit(link: Link): void {
    link.visits = countVisit(link.visits, this.today);
    if (this.#visited.size === 0) this.onVisit();
    this.#visited.add(link);
  }

  /** Resolves to whether the key was right; then the link is gone for good. */
  async delete(link: Link, key: string): Promise<boolean> {
    if (!(await isEditKey(key, link.keyHash))) return false;
    if (this.#byAlias.get(link.alias) !== link) return true;
    this.#byAlias.delete(link.alias);
    this.#ordered.splice(this.#ordered.indexOf(link), 1);
    this.#visited.delete(link);
    this.#claimed.add(link.alias);
    try {
      await this.#kv.update([
        [LINK + link.alias, undefined],
        [VISITS + link.alias, undefined],
      ]);
    } finally {
      this.#claimed.delete(link.alias);
    }
    return true;
  }

  /** Writes what was counted since the last time: each link once, however often it was visited. */
  async flush(): Promise<void> {
    const visited = [...this.#visited].filter((link) => this.#byAlias.get(link.alias) === link);
    this.#visited.clear();
    // One update may be small on a small disk, so each link is an update of its own; the store writes them together.
    await Promise.all(
      visited.map(({ alias, visits }) => this.#kv.update([[VISITS + alias, emitVisits(visits!)] satisfies Change])),
    );
  }

  /** Links whose alias or address contains `query`. `page` counts from 1. */
  find(query: string, order: Order, page: number, size: number): Page {
    const needle = query.trim().toLowerCase();
    const found =
      needle === ""
        ? this.#ordered.slice()
        : this.#ordered.filter(({ alias, searched }) => alias.includes(needle) || searched.includes(needle));
    found.reverse();
    if (order !== "newest") found.sort(COMPARE[order]);
    const pages = Math.max(1, Math.ceil(found.length / size));
    const current = Math.min(Math.max(1, Math.trunc(page) || 1), pages);
    return {
      links: found.slice((current - 1) * size, current * size),
      page: current,
      pages,
      total: found.length,
    };
  }

  /** All of them, as they were made; links may come and go meanwhile. */
  *all(): Generator<Link, undefined> {
    for (let index = 0; index < this.#ordered.length; index++) yield this.#ordered[index]!;
  }

  #isTaken(alias: string): boolean {
    return this.#byAlias.has(alias) || this.#claimed.has(alias);
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

/** The same string where nothing changes: most addresses are in lower case, and take no room twice. */
function lowered(url: string): string {
  const lower = url.toLowerCase();
  return lower === url ? url : lower;
}

export function visitsOf({ visits }: Link): number {
  return visits?.total ?? 0;
}

const COMPARE: Readonly<Record<Exclude<Order, "newest">, (a: Link, b: Link) => number>> = {
  visits: (a, b) => visitsOf(b) - visitsOf(a),
  alias: (a, b) => (a.alias < b.alias ? -1 : 1),
};
