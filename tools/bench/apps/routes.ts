// What the measures of HTTP ask for, in images; node/web-load.ts answers the same on Node.js.
import assets from "crunch:../public";
import { type Context, createApp, type HandlerResult, staticFiles } from "@soloist/web";
import { Hono } from "hono";

type Answer = HandlerResult | Promise<HandlerResult>;
/** Wraps what a handler does with its context. */
type Around = <Given>(handler: (given: Given) => Answer) => (given: Given) => Answer;

export const createRoutes = (around: Around = (handler) => handler) =>
  createApp()
    .get(
      "/hello/:name",
      around(({ params }) => `Hello ${params.name}!\n`),
    )
    .get(
      "/json/:n",
      around(({ params }) => ({ n: Number(params.n), square: Number(params.n) ** 2 })),
    )
    .post(
      "/echo",
      around(async ({ request }: Context<object>) => (await request.json()) as object),
    )
    .get("/*path", around(staticFiles(assets)));

export const hono = new Hono().get("/hello/:name", (c) => c.text(`Hello ${c.req.param("name")}!\n`));
