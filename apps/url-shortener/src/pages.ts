import { type Html, html } from "@soloist/web";
import { type Link, ORDERS, type Order, type Page } from "./links.ts";
import { MAX_ALIAS, MAX_URL } from "./rules.ts";

/** What every page needs to know. */
export interface Site {
  /** As the client calls this service. */
  readonly host: string;
  readonly style: string;
  readonly icon: string;
  /** Where links are kept, as a sentence. */
  readonly place: string;
}

/** What a form held when it was refused, and why. */
export interface Draft {
  readonly url: string;
  readonly alias: string;
  readonly urlError?: string | undefined;
  readonly aliasError?: string | undefined;
}

const ORDER_NAMES: Readonly<Record<Order, string>> = {
  newest: "Newest first",
  hits: "Most visited",
  alias: "By alias",
};

function layout(site: Site, title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" type="image/svg+xml" href="${site.icon}">
<link rel="stylesheet" href="${site.style}">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header>
<a class="brand" href="/"><img src="${site.icon}" alt="" width="28" height="28">shortlinks</a>
<nav aria-label="Main"><a href="/links">All links</a></nav>
</header>
<main id="content">
${content}
</main>
<footer><p>${site.place}</p><p>Served by a unikernel: no operating system, no scripts.</p></footer>
</body>
</html>
`;
}

function field(
  name: string,
  label: string,
  hint: string,
  error: string | undefined,
  input: (describedBy: string) => Html,
): Html {
  return html`<div class="field${error && " wrong"}">
<label for="${name}">${label}</label>
${input(`${name}-hint`)}
<p class="hint" id="${name}-hint"${error && html` role="alert"`}>${error ?? hint}</p>
</div>`;
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
    html`<input id="url" name="url" type="url" inputmode="url" required maxlength="${MAX_URL}" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="https://example.org/page" value="${draft.url}" aria-describedby="${hint}"${invalid(draft.urlError, true)}>`,
)}
${field(
  "alias",
  "Alias (optional)",
  "If it is taken, a number is added.",
  draft.aliasError,
  (hint) =>
    html`<div class="prefixed"><span aria-hidden="true">${site.host}/</span><input id="alias" name="alias" maxlength="${MAX_ALIAS}" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="xvw" value="${draft.alias}" aria-describedby="${hint}"${invalid(draft.aliasError, !draft.urlError)}></div>`,
)}
<button>Shorten</button>
</form>`;
}

function visits(count: number): string {
  return count === 1 ? "1 visit" : `${count} visits`;
}

function day(milliseconds: number): Html {
  const text = new Date(milliseconds).toISOString();
  return html`<time datetime="${text}">${text.slice(0, 10)}</time>`;
}

function linkList(links: readonly Link[]): Html {
  return html`<ul class="links card">${links.map(
    (link) => html`
<li><a href="/links/${link.alias}"><span class="alias">/${link.alias}</span><span class="target">${link.url.replace(/^https?:\/\//, "")}</span><span class="count">${visits(link.hits)}</span></a></li>`,
  )}
</ul>`;
}

export function startPage(site: Site, recent: Page, draft: Draft): Html {
  return layout(
    site,
    draft.urlError || draft.aliasError ? "Please check: shortlinks" : "shortlinks",
    html`<h1>Long address in,<br>short link out.</h1>
${createForm(site, draft)}
${
  recent.total > 0 &&
  html`<section aria-labelledby="recent"><div class="row"><h2 id="recent">Latest links</h2>${
    recent.pages > 1 && html`<a href="/links">All ${recent.total}</a>`
  }</div>
${linkList(recent.links)}</section>`
}`,
  );
}

export function createdPage(site: Site, link: Link): Html {
  return layout(
    site,
    `/${link.alias} is ready`,
    html`<h1>Your link is ready</h1>
<div class="card stack">
<p class="short"><a href="/${link.alias}">${site.host}/${link.alias}</a></p>
<p class="soft break">leads to ${link.url}</p>
<div class="field">
<label for="key">Edit key</label>
<input id="key" class="mono" readonly value="${link.key}" aria-describedby="key-hint">
<p class="hint" id="key-hint">Keep it: the link can be deleted with this key only, and it is not shown again.</p>
</div>
</div>
<p class="actions"><a class="button" href="/">Shorten another</a><a href="/links/${link.alias}">Details</a></p>`,
  );
}

export function linkPage(site: Site, link: Link, error?: string): Html {
  return layout(
    site,
    `/${link.alias}`,
    html`<h1 class="break">/${link.alias}</h1>
<dl class="card facts">
<div><dt>Short link</dt><dd><a href="/${link.alias}">${site.host}/${link.alias}</a></dd></div>
<div><dt>Leads to</dt><dd><a rel="nofollow noopener noreferrer" href="${link.url}">${link.url}</a></dd></div>
<div><dt>Visits</dt><dd>${link.hits}</dd></div>
<div><dt>Created</dt><dd>${day(link.created)}</dd></div>
</dl>
<section aria-labelledby="delete"><h2 id="delete">Delete this link</h2>
<form class="card create" method="post" action="/links/${link.alias}/delete">
${field(
  "key",
  "Edit key",
  "It was shown when the link was made.",
  error,
  (hint) =>
    html`<input id="key" name="key" class="mono" required maxlength="40" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="${hint}"${error && html` aria-invalid="true" autofocus`}>`,
)}
<button class="danger">Delete</button>
</form></section>`,
  );
}

export interface Search {
  readonly query: string;
  readonly order: Order;
}

function pageUrl({ query, order }: Search, page: number): string {
  return `/links?q=${encodeURIComponent(query)}&sort=${order}&page=${page}`;
}

export function directoryPage(site: Site, found: Page, search: Search): Html {
  const { page, pages } = found;
  return layout(
    site,
    "All links",
    html`<h1>All links</h1>
<form class="search" role="search" action="/links">
<div class="field"><label for="q">Search</label><input id="q" name="q" type="search" maxlength="100" placeholder="Alias or address" value="${search.query}"></div>
<div class="field"><label for="sort">Order</label><select id="sort" name="sort">${ORDERS.map(
      (order) =>
        html`<option value="${order}"${order === search.order && html` selected`}>${ORDER_NAMES[order]}</option>`,
    )}</select></div>
<button>Show</button>
</form>
<p class="soft" role="status">${found.total === 1 ? "1 link" : `${found.total} links`}${search.query !== "" && html` for “${search.query}”`}</p>
${
  found.total > 0
    ? linkList(found.links)
    : html`<div class="card empty"><p>${search.query === "" ? "There are no links yet." : "Nothing fits."}</p><p><a href="/">Make one</a></p></div>`
}
${
  pages > 1 &&
  html`<nav class="pager" aria-label="Pages">${
    page > 1 ? html`<a class="button" rel="prev" href="${pageUrl(search, page - 1)}">Previous</a>` : html`<span></span>`
  }<span>Page ${page} of ${pages}</span>${
    page < pages ? html`<a class="button" rel="next" href="${pageUrl(search, page + 1)}">Next</a>` : html`<span></span>`
  }</nav>`
}`,
  );
}

export function messagePage(site: Site, title: string, text: string): Html {
  return layout(
    site,
    title,
    html`<h1>${title}</h1><p class="soft break">${text}</p><p class="actions"><a class="button" href="/">Make a link</a><a href="/links">All links</a></p>`,
  );
}
