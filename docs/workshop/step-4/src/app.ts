import assets from "crunch:../public";
import { createApp, staticFiles } from "@soloist/web";
import { greeting } from "./greeting.ts";

export const app = createApp()
  .get("/hello/:name", ({ params }) => `${greeting(params.name)}\n`)
  .get("/*path", staticFiles(assets));
