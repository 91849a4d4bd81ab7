import { type Html, html } from "@soloist/web";
import { ORDERS, type Order, type Page } from "../links.ts";
import { counted, layout, linkList, type Site } from "./layout.ts";

export interface Search {
  readonly query: string;
  readonly order: Order;
}

const ORDER_NAMES: Readonly<Record<Order, string>> = {
  newest: "Newest first",
  visits: "Most visited",
  alias: "By alias",
};

function pageUrl({ query, order }: Search, page: number): string {
  return `/links?q=${encodeURIComponent(query)}&sort=${order}&page=${page}`;
}

export function directoryPage(site: Site, found: Page, search: Search): Html {
  return layout(
    site,
    "All links",
    "links",
    html`<h1>All links</h1>
<form class="search" role="search" action="/links">
<div class="field"><label for="q">Search</label><input id="q" name="q" type="search" maxlength="100" placeholder="Alias or address" value="${search.query}"></div>
<div class="field"><label for="sort">Order</label><select id="sort" name="sort">${ORDERS.map(
      (order) =>
        html`<option value="${order}"${order === search.order && html` selected`}>${ORDER_NAMES[order]}</option>`,
    )}</select></div>
<button>Show</button>
</form>
<div class="row"><p class="soft" role="status">${counted(found.total, "link")}${search.query !== "" && html` for “${search.query}”`}</p>${
      found.total > 0 && html`<a href="/export" download="links.jsonl">Export</a>`
    }</div>
${
  found.total > 0
    ? linkList(found.links)
    : html`<div class="card empty"><p>${search.query === "" ? "There are no links yet." : "Nothing fits."}</p><p><a class="button" href="/">Make one</a></p></div>`
}
${found.pages > 1 && pager(found, search)}`,
  );
}

function pager({ page, pages }: Page, search: Search): Html {
  const to = (target: number, rel: string, label: string) =>
    target < 1 || target > pages
      ? html`<span></span>`
      : html`<a class="button quiet" rel="${rel}" href="${pageUrl(search, target)}">${label}</a>`;
  return html`<nav class="pager" aria-label="Pages">${to(page - 1, "prev", "Previous")}<span>Page ${page} of ${pages}</span>${to(page + 1, "next", "Next")}</nav>`;
}
