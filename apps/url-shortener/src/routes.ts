import type { Assets } from "@soloist/crunch";
import { type App, type Context, createApp, type Html, HttpError, isCrossSite, Response } from "@soloist/web";
import { addApi } from "./api.ts";
import { assetUrl, sendAsset } from "./assets.ts";
import { type Links, LinksFullError } from "./links.ts";
import * as pages from "./pages.ts";
import { checkAlias, checkUrl } from "./rules.ts";
import { readSearch } from "./search.ts";

const RECENT = 5;
const PAGE_SIZE = 20;

const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

/** `place`: a sentence that says where links are kept. */
export interface ShortenerOptions {
  readonly links: Links;
  readonly assets: Assets;
  readonly place: string;
}

/** The whole service: pages, API, files and, last, the short links. */
export function createShortener({ links, assets, place }: ShortenerOptions): App {
  const style = assetUrl(assets, "/style.css");
  const icon = assetUrl(assets, "/icon.svg");
  const siteOf = ({ request }: Context<unknown>) => ({
    host: request.headers.get("host") ?? "localhost",
    style,
    icon,
    place,
  });
  const start = (context: Context<unknown>, draft: pages.Draft) =>
    pages.startPage(siteOf(context), links.find("", "newest", 1, RECENT), draft);
  const missing = (context: Context<unknown>, alias: string) =>
    send(404, pages.messagePage(siteOf(context), "No such link", `Nothing is called “${alias}” here.`));

  const app = createApp()
    .get("/", (context) => send(200, start(context, { url: "", alias: "" })))
    .get("/assets/*path", ({ params, request }) => sendAsset(assets, `/${params.path}`, request))

    .get("/links", (context) => {
      const { query, order, page } = readSearch(context.query);
      const found = links.find(query, order, page, PAGE_SIZE);
      return send(200, pages.directoryPage(siteOf(context), found, { query, order }));
    })

    .post("/links", async (context) => {
      refuseCrossSite(context);
      const form = await context.request.formData();
      const draft = { url: textOf(form.get("url")), alias: textOf(form.get("alias")) };
      const site = siteOf(context);
      const url = checkUrl(draft.url, site.host);
      const alias = draft.alias.trim() === "" ? undefined : checkAlias(draft.alias);
      if (url.error !== undefined || alias?.error !== undefined) {
        return send(422, start(context, { ...draft, urlError: url.error, aliasError: alias?.error }));
      }
      try {
        return send(201, pages.createdPage(site, await links.create(url.value, alias?.value)));
      } catch (error) {
        if (error instanceof LinksFullError) return send(507, pages.messagePage(site, "No room", error.message));
        throw error;
      }
    })

    .get("/links/:alias", (context) => {
      const link = links.get(context.params.alias);
      return link ? send(200, pages.linkPage(siteOf(context), link)) : missing(context, context.params.alias);
    })

    .post("/links/:alias/delete", async (context) => {
      refuseCrossSite(context);
      const link = links.get(context.params.alias);
      if (!link) return missing(context, context.params.alias);
      const key = textOf((await context.request.formData()).get("key")).trim();
      if (await links.delete(link, key)) {
        return send(
          200,
          pages.messagePage(siteOf(context), "Deleted", `/${link.alias} is gone, and free for somebody else.`),
        );
      }
      return send(403, pages.linkPage(siteOf(context), link, "This is not the key of this link."));
    });

  addApi(app, links);

  return app.get("/:alias", (context) => {
    const link = links.get(context.params.alias);
    if (!link) return missing(context, context.params.alias);
    if (context.request.method === "GET") links.hit(link);
    return new Response(null, {
      status: 302,
      headers: { location: link.url, "cache-control": "no-store", "referrer-policy": "no-referrer" },
    });
  });
}

/** @throws HttpError 403 */
export function refuseCrossSite({ request }: Context<unknown>): void {
  if (isCrossSite(request.headers)) throw new HttpError(403, "Requests from other sites change nothing here");
}

function send(status: number, page: Html): Response {
  return new Response(page.toString(), { status, headers: PAGE_HEADERS });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
