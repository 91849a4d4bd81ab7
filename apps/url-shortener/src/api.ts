import { type App, HttpError, Response } from "@soloist/web";
import { type Asked, type Env, hostOf } from "./env.ts";
import { type Link, LinksFullError, visitsOf } from "./links.ts";
import { checkAlias, checkUrl } from "./rules.ts";
import { readSearch } from "./search.ts";
import { importLines, MAX_IMPORT_LENGTH } from "./transfer.ts";
import { lastDays } from "./visits.ts";

const PAGE_SIZE = 100;

/** Adds the JSON twin of the pages. Errors are `{ "error": "…" }`. */
export function addApi(app: App<Env>): void {
  app
    .get("/api/links", ({ query, env }) => {
      const search = readSearch(query);
      const { links: found, ...rest } = env.links.find(search.query, search.order, search.page, PAGE_SIZE);
      return { links: found.map(view), ...rest };
    })

    .post("/api/links", async (context) => {
      const wish = await readWish(context);
      if (wish instanceof Response) return wish;
      const url = checkUrl(wish.url, hostOf(context));
      if (url.error !== undefined) return fail(422, url.error);
      const alias = wish.alias === undefined ? undefined : checkAlias(wish.alias);
      if (alias?.error !== undefined) return fail(422, alias.error);
      try {
        const { link, key } = await context.env.links.create(url.value, alias?.value);
        return Response.json(
          { ...view(link), key },
          { status: 201, headers: { location: `/api/links/${link.alias}`, "cache-control": "no-store" } },
        );
      } catch (error) {
        if (error instanceof LinksFullError) return fail(507, error.message);
        throw error;
      }
    })

    .post("/api/import", async (context) => {
      if (!isType(context, "application/jsonl") && !isType(context, "application/x-ndjson")) {
        return fail(415, "Send application/jsonl or application/x-ndjson");
      }
      const text = await context.request.text();
      if (text.length > MAX_IMPORT_LENGTH) return fail(413, `An import has at most ${MAX_IMPORT_LENGTH} characters`);
      try {
        const lines = await importLines(context.env.links, text, hostOf(context));
        const imported = lines.filter((line) => "key" in line).length;
        return Response.json(
          { imported, failed: lines.length - imported, lines },
          { headers: { "cache-control": "no-store" } },
        );
      } catch (error) {
        if (error instanceof RangeError) return fail(413, error.message);
        throw error;
      }
    })

    .get("/api/links/:alias", ({ params, env }) => {
      const link = env.links.get(params.alias);
      return link ? { ...view(link), days: lastDays(link.visits, env.links.today) } : fail(404, "No such link");
    })

    .delete("/api/links/:alias", async ({ params, request, env }) => {
      const link = env.links.get(params.alias);
      if (!link) return fail(404, "No such link");
      const key = request.headers.get("edit-key");
      if (key === null) return fail(401, "The header edit-key is missing");
      return (await env.links.delete(link, key)) ? undefined : fail(403, "This is not the key of this link");
    });
}

/** Only JSON: what a form of another site can send without asking is none. */
async function readWish(context: Asked): Promise<{ url: string; alias: string | undefined } | Response> {
  if (!isType(context, "application/json")) return fail(415, "Send application/json");
  let value: { url?: unknown; alias?: unknown } | null;
  try {
    value = await context.request.json();
  } catch (error) {
    if (error instanceof HttpError) return fail(error.status, error.message);
    throw error;
  }
  const { url, alias } = value ?? {};
  if (typeof url !== "string") return fail(422, "url has to be text");
  if (alias !== undefined && typeof alias !== "string") return fail(422, "alias has to be text");
  return { url, alias };
}

function isType({ request }: Asked, type: string): boolean {
  const sent = request.headers.get("content-type") ?? "";
  return sent.split(";", 1)[0]!.trim().toLowerCase() === type;
}

/** What everybody may know of a link: all but the hash of its key. */
function view(link: Link) {
  const { alias, url, created } = link;
  return { alias, url, created: new Date(created).toISOString(), visits: visitsOf(link) };
}

export function fail(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error }, { status, headers });
}
