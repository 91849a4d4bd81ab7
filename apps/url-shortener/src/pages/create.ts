import { type Html, html } from "@soloist/web";
import type { Link, Page } from "../links.ts";
import { MAX_ALIAS, MAX_URL } from "../rules.ts";
import { counted, field, keptAt, layout, linkList, type Site } from "./layout.ts";

/** What a form held when it was refused, and why. */
export interface Draft {
  readonly url: string;
  readonly alias: string;
  readonly urlError?: string | undefined;
  readonly aliasError?: string | undefined;
}

export function startPage(site: Site, recent: Page, draft: Draft): Html {
  return layout(
    site,
    draft.urlError || draft.aliasError ? "Please check: shortlinks" : "shortlinks",
    "create",
    html`<h1>Long address in, <span>short link out.</span></h1>
${createForm(site, draft)}
${keptAt(site)}
${
  recent.total > 0 &&
  html`<section aria-labelledby="recent"><div class="row"><h2 id="recent">Latest links</h2>${
    recent.pages > 1 && html`<a href="/links">All ${counted(recent.total, "link")}</a>`
  }</div>
${linkList(recent.links)}</section>`
}`,
  );
}

function createForm(site: Site, draft: Draft): Html {
  const invalid = (error: string | undefined, isFirst: boolean) =>
    error && html` aria-invalid="true"${isFirst && html` autofocus`}`;
  return html`<form class="card create" method="post" action="/links" novalidate>
${field(
  "url",
  "Long address",
  "Any http or https page.",
  draft.urlError,
  (hint) =>
    html`<input id="url" class="large" name="url" type="url" inputmode="url" required maxlength="${MAX_URL}" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="https://example.org/a/very/long/page" value="${draft.url}" aria-describedby="${hint}"${invalid(draft.urlError, true)}>`,
)}
<div class="with-button">
${field(
  "alias",
  "Alias, if you like",
  "Without one, it is random. If it is taken, a number is added.",
  draft.aliasError,
  (hint) =>
    html`<div class="prefixed"><span aria-hidden="true">${site.host}/</span><input id="alias" name="alias" maxlength="${MAX_ALIAS}" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="xvw" value="${draft.alias}" aria-describedby="${hint}"${invalid(draft.aliasError, !draft.urlError)}></div>`,
)}
<button>Shorten</button>
</div>
</form>`;
}

export function createdPage(site: Site, link: Link, key: string): Html {
  return layout(
    site,
    `/${link.alias} is ready`,
    undefined,
    html`<h1>Your link is ready</h1>
<div class="card result">
<div class="stack">
<p class="short"><a href="/${link.alias}">${site.host}/<wbr>${link.alias}</a></p>
<p class="soft clamp">leads to ${link.url}</p>
<div class="field">
<label for="key">Edit key</label>
<input id="key" class="mono" readonly value="${key}" aria-describedby="key-hint">
<p class="hint" id="key-hint">Keep it: only this key deletes the link, and it is not shown again.</p>
</div>
</div>
<img class="qr" src="/links/${link.alias}/qr.svg" alt="QR code of ${site.host}/${link.alias}" width="176" height="176">
</div>
<p class="actions"><a class="button" href="/">Shorten another</a><a href="/links/${link.alias}">Statistics</a></p>`,
  );
}
