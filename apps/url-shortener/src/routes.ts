import type { Assets } from "@soloist/crunch";
import { type App, assetUrl, createApp, File, type Html, Response, staticFiles } from "@soloist/web";
import { addApi } from "./api.ts";
import { type Asked, type Env, hostOf } from "./env.ts";
import { guards, type Rates } from "./guards.ts";
import { type Link, type Links, LinksFullError } from "./links.ts";
import { createdPage, type Draft, startPage } from "./pages/create.ts";
import { linkPage } from "./pages/details.ts";
import { directoryPage } from "./pages/directory.ts";
import { importedPage, importPage } from "./pages/import.ts";
import { messagePage, type Site } from "./pages/layout.ts";
import { qrSvg } from "./qr.ts";
import { isVisit } from "./robots.ts";
import { checkAlias, checkUrl } from "./rules.ts";
import { readSearch } from "./search.ts";
import { exportLines, importLines, MAX_IMPORT_LENGTH } from "./transfer.ts";
import { lastDays } from "./visits.ts";

const RECENT = 5;
const PAGE_SIZE = 20;
const PAGE_HEADERS = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };

/**
 * The whole service: pages, API, files and, last, the short links. What it keeps, it is given as `env`. `machine`: what is
 * at `/_soloist`.
 */
export function createShortener(
  assets: Assets<"/style.css" | "/icon.svg">,
  rates?: Rates,
  machine: App = createApp(),
): App<Env> {
  const style = assetUrl(assets, "/style.css", "/assets");
  const icon = assetUrl(assets, "/icon.svg", "/assets");
  const siteOf = (context: Asked): Site => ({ host: hostOf(context), style, icon, ...context.env });
  const start = (context: Asked, draft: Draft) =>
    startPage(siteOf(context), context.env.links.find("", "newest", 1, RECENT), draft);
  const said = (context: Asked, status: number, title: string, text: string) =>
    send(status, messagePage(siteOf(context), title, text));
  const missing = (context: Asked, alias: string) =>
    said(context, 404, "No such link", `Nothing is called “${alias}” here.`);
  const details = (context: Asked, status: number, link: Link, error?: string) =>
    send(status, linkPage(siteOf(context), link, lastDays(link.visits, context.env.links.today), error));

  const app = createApp<Env>()
    .use(...guards(said, rates))
    .get("/", (context) => send(200, start(context, { url: "", alias: "" })))
    .get("/assets/*path", staticFiles(assets))
    .mount("/_soloist", machine)

    .get("/links", (context) => {
      const { query, order, page } = readSearch(context.query);
      return send(
        200,
        directoryPage(siteOf(context), context.env.links.find(query, order, page, PAGE_SIZE), { query, order }),
      );
    })

    .post("/links", async (context) => {
      const form = await context.request.formData();
      const draft = { url: textOf(form.get("url")), alias: textOf(form.get("alias")) };
      const site = siteOf(context);
      const url = checkUrl(draft.url, site.host);
      const alias = draft.alias.trim() === "" ? undefined : checkAlias(draft.alias);
      if (url.error !== undefined || alias?.error !== undefined) {
        return send(422, start(context, { ...draft, urlError: url.error, aliasError: alias?.error }));
      }
      try {
        const { link, key } = await context.env.links.create(url.value, alias?.value);
        return send(201, createdPage(site, link, key));
      } catch (error) {
        if (error instanceof LinksFullError) return said(context, 507, "No room", error.message);
        throw error;
      }
    })

    .get("/links/:alias", (context) => {
      const link = context.env.links.get(context.params.alias);
      if (!link) return missing(context, context.params.alias);
      return details(context, 200, link);
    })

    .get("/links/:alias/qr.svg", (context) => {
      const link = context.env.links.get(context.params.alias);
      if (!link) return missing(context, context.params.alias);
      return new Response(qrSvg(`http://${hostOf(context)}/${link.alias}`), {
        headers: { "content-type": "image/svg+xml", "cache-control": "private, max-age=86400" },
      });
    })

    .post("/links/:alias/delete", async (context) => {
      const link = context.env.links.get(context.params.alias);
      if (!link) return missing(context, context.params.alias);
      const key = textOf((await context.request.formData()).get("key"));
      if (await context.env.links.delete(link, key)) {
        return said(context, 200, "Deleted", `/${link.alias} is gone, and free for somebody else.`);
      }
      return details(context, 403, link, "This is not the key of this link.");
    })

    .get("/export", ({ env }) => {
      const headers = {
        "content-type": "application/jsonl",
        "content-disposition": 'attachment; filename="links.jsonl"',
        "cache-control": "no-store",
      };
      return new Response(lines(env.links), { headers });
    })

    .get("/import", (context) => send(200, importPage(siteOf(context))))

    .post("/import", async (context) => {
      const site = siteOf(context);
      const form = await context.request.formData();
      const file = form.get("file");
      const uploaded = file instanceof File && file.size > 0 ? await file.text() : "";
      const written = textOf(form.get("lines"));
      const text = uploaded === "" || written.trim() === "" ? uploaded || written : `${uploaded}\n${written}`;
      if (text.trim() === "") return send(422, importPage(site, "Choose a file, or write lines here."));
      if (text.length > MAX_IMPORT_LENGTH) return send(413, importPage(site, "This is too much for one import."));
      try {
        return send(200, importedPage(site, await importLines(context.env.links, text, site.host)));
      } catch (error) {
        if (error instanceof RangeError) return send(413, importPage(site, error.message));
        throw error;
      }
    });

  addApi(app);

  return app.get("/:alias", (context) => {
    const link = context.env.links.get(context.params.alias);
    if (!link) return missing(context, context.params.alias);
    const { method, headers } = context.request;
    if (isVisit(method, headers)) context.env.links.visit(link);
    return new Response(null, {
      status: 302,
      headers: { location: link.url, "cache-control": "no-store", "referrer-policy": "no-referrer" },
    });
  });
}

async function* lines(links: Links): AsyncGenerator<string, undefined> {
  yield* exportLines(links);
}

function send(status: number, page: Html): Response {
  return new Response(page.toString(), { status, headers: PAGE_HEADERS });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
