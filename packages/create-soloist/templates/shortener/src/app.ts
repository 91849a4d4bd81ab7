import assets from "crunch:../public";
import { createApp, csrf, Response, staticFiles } from "@soloist/web";
import { LinkError, type Links } from "./links.ts";
import { page } from "./page.ts";

const textOf = (field: unknown) => (typeof field === "string" ? field : "");

export const app = createApp<{ links: Links }>()
  .use(csrf())
  .get("/", async ({ env }) => page(await env.links.all()))
  .get("/assets/*path", staticFiles(assets))
  .post("/links", async ({ env, request }) => {
    const form = await request.formData();
    try {
      await env.links.add(textOf(form.get("url")), textOf(form.get("alias")));
      return new Response(null, { status: 303, headers: { location: "/" } });
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      const text = page(await env.links.all(), error.message).toString();
      return new Response(text, { status: 422, headers: { "content-type": "text/html; charset=utf-8" } });
    }
  })
  .get("/:alias", async ({ env, params }) => {
    const location = await env.links.find(params.alias);
    if (location === undefined) return new Response("There is no such link.\n", { status: 404 });
    return new Response(null, { status: 302, headers: { location } });
  });
