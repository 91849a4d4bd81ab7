import { type Html, html } from "@soloist/web";
import type { Link } from "./links.ts";

/** The one page. What stands in `${…}` is escaped, whoever typed it. */
export function page(links: readonly Link[], problem?: string): Html {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Short links</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/style.css">
<main>
<h1>Short links</h1>
<form method="post" action="/links">
<label>Address <input name="url" type="url" required placeholder="https://example.org/a/long/way"></label>
<label>Alias <input name="alias" maxlength="40" pattern="[a-z0-9\\-]*" placeholder="up to you, or up to us"></label>
<button>Shorten</button>
</form>
${problem === undefined ? "" : html`<p role="alert">${problem}</p>`}
<ul>${links.map(({ alias, url }) => html`<li><a href="/${alias}">/${alias}</a> <span>${url}</span></li>`)}</ul>
${links.length === 0 ? html`<p>There are no links yet.</p>` : ""}
</main>
</html>
`;
}
