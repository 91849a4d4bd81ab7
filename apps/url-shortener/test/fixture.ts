import { fileURLToPath } from "node:url";
import { openArchive } from "@soloist/crunch";
import { crunch } from "@soloist/crunch/build";
import { type KvStore, memoryStore } from "@soloist/kv";
import type { RequestInit, Response } from "@soloist/web";
import type { Rates } from "../src/guards.ts";
import { Links } from "../src/links.ts";
import { createShortener } from "../src/routes.ts";

const { archive } = await crunch(fileURLToPath(new URL("../public", import.meta.url)));
const assets = openArchive(archive);

/** The same "random" bytes in each test: 1, 2, 3, … */
function counting(): (into: Uint8Array) => void {
  let next = 0;
  return (into) => {
    for (let index = 0; index < into.length; index++) into[index] = ++next;
  };
}

/** An app with its env. */
export interface Shortener {
  request(path: string, init?: RequestInit): Promise<Response>;
}

export interface Fixture {
  readonly app: Shortener;
  readonly links: Links;
  readonly kv: KvStore;
}

/** A service whose clock goes on a second with each link. */
export async function shortener(
  kv: KvStore = memoryStore(),
  rates: Rates = { changes: 1000, imports: 1000 },
): Promise<Fixture> {
  let time = Date.UTC(2026, 0, 1);
  const links = await Links.open(kv, { random: counting(), now: () => (time += 1000) });
  const place = "Links are kept in a test.";
  const app = createShortener(assets, rates);
  const env = { links, place, isPersistent: false };
  return { app: { request: (path, init) => app.request(path, init, env) }, links, kv };
}

/** Sends a form as a browser does. */
export async function submit(
  app: Shortener,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = { "sec-fetch-site": "same-origin" },
): Promise<Response> {
  return app.request(path, {
    method: "POST",
    headers: { host: "short.test", "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });
}

/** Makes a link by the API; returns what it answered. */
export async function make(
  app: Shortener,
  url: string,
  alias?: string,
): Promise<{ alias: string; url: string; key: string }> {
  const response = await app.request("/api/links", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url, alias }),
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}
