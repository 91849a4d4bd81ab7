import type { Assets } from "@soloist/crunch";
import { lowerName } from "@soloist/net/dns";
import { type App, assetUrl, createApp, HttpError, Response, secureHeaders, staticFiles } from "@soloist/web";
import { statisticsPage } from "./page.ts";
import { type Env, takeSnapshot } from "./snapshot.ts";

/** No script, no frame, nothing of another site. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The page, and the same for programs. */
export function createPages(assets: Assets<"/style.css" | "/icon.svg">): App<Env> {
  const style = assetUrl(assets, "/style.css", "/assets");
  const icon = assetUrl(assets, "/icon.svg", "/assets");
  return createApp<Env>()
    .use(secureHeaders({ "content-security-policy": POLICY }), ({ remote, env }, next) => {
      // Names that neighbours look up are for neighbours' eyes.
      if (remote !== undefined && !env.isOwn(remote.address)) throw new HttpError(403, "Only for own networks");
      return next();
    })
    .get("/", ({ query, env }) => {
      const name = lowerName((query.get("name") ?? "").trim().replace(/\.$/, "")).slice(0, 255);
      const lookup = name === "" ? undefined : { name, blocked: env.isBlocked(name) };
      const refreshes = query.get("refresh") !== "off" && lookup === undefined;
      const page = statisticsPage(takeSnapshot(env), { style, icon, refreshes, lookup });
      return new Response(page.toString(), {
        headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
      });
    })
    .get("/api/statistics", ({ env }) => Response.json(takeSnapshot(env), { headers: { "cache-control": "no-store" } }))
    .get("/api/blocked/:name", ({ params, env }) => {
      const name = lowerName(params.name.replace(/\.$/, ""));
      return { name, blocked: env.isBlocked(name) };
    })
    .get("/assets/*path", staticFiles(assets));
}
