import { type App, type Context, HttpError, isCrossSite, Response } from "@soloist/web";
import { type Link, type Links, LinksFullError } from "./links.ts";
import { checkAlias, checkUrl } from "./rules.ts";
import { readSearch } from "./search.ts";

const PAGE_SIZE = 100;

/** Adds the JSON twin of the pages. Errors are `{ "error": "…" }`. */
export function addApi(app: App, links: Links): void {
  app
    .get("/api/links", ({ query }) => {
      const search = readSearch(query);
      const { links: found, ...rest } = links.find(search.query, search.order, search.page, PAGE_SIZE);
      return { links: found.map(view), ...rest };
    })

    .post("/api/links", async (context) => {
      if (isCrossSite(context.request.headers)) return fail(403, "Requests from other sites change nothing here");
      const wish = await readWish(context);
      if (wish instanceof Response) return wish;
      const url = checkUrl(wish.url, context.request.headers.get("host") ?? "");
      if (url.error !== undefined) return fail(422, url.error);
      const alias = wish.alias === undefined ? undefined : checkAlias(wish.alias);
      if (alias?.error !== undefined) return fail(422, alias.error);
      try {
        const link = await links.create(url.value, alias?.value);
        return Response.json(
          { ...view(link), key: link.key },
          { status: 201, headers: { location: `/api/links/${link.alias}`, "cache-control": "no-store" } },
        );
      } catch (error) {
        if (error instanceof LinksFullError) return fail(507, error.message);
        throw error;
      }
    })

    .get("/api/links/:alias", ({ params }) => {
      const link = links.get(params.alias);
      return link ? view(link) : fail(404, "No such link");
    })

    .delete("/api/links/:alias", async ({ params, request }) => {
      if (isCrossSite(request.headers)) return fail(403, "Requests from other sites change nothing here");
      const link = links.get(params.alias);
      if (!link) return fail(404, "No such link");
      const key = request.headers.get("edit-key");
      if (key === null) return fail(401, "The header edit-key is missing");
      return (await links.delete(link, key)) ? undefined : fail(403, "This is not the key of this link");
    });
}

/** Only JSON: what a form of another site can send without asking is none. */
async function readWish({ request }: Context<unknown>): Promise<{ url: string; alias: string | undefined } | Response> {
  if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) {
    return fail(415, "Send application/json");
  }
  let value: { url?: unknown; alias?: unknown } | null;
  try {
    value = await request.json();
  } catch (error) {
    if (error instanceof HttpError) return fail(error.status, error.message);
    throw error;
  }
  const { url, alias } = value ?? {};
  if (typeof url !== "string") return fail(422, "url has to be text");
  if (alias !== undefined && typeof alias !== "string") return fail(422, "alias has to be text");
  return { url, alias };
}

/** What everybody may know of a link: all but its key. */
function view({ alias, url, created, hits }: Link) {
  return { alias, url, created: new Date(created).toISOString(), hits };
}

function fail(status: number, error: string): Response {
  return Response.json({ error }, { status });
}
