import { type Html, html } from "@soloist/web";
import { type Link, visitsOf } from "../links.ts";
import type { DayCount } from "../visits.ts";
import { visitsChart } from "./chart.ts";
import { counted, dateOf, field, layout, type Site } from "./layout.ts";

export function linkPage(site: Site, link: Link, days: readonly DayCount[], error?: string): Html {
  const recent = days.slice(-7).reduce((sum, { count }) => sum + count, 0);
  return layout(
    site,
    `/${link.alias}`,
    undefined,
    html`<h1 class="alias-title">/${link.alias}</h1>
<p class="lead clamp">leads to <a rel="nofollow noopener noreferrer" href="${link.url}">${link.url}</a></p>
<dl class="figures">
<div class="card"><dt>Visits</dt><dd>${visitsOf(link)}</dd></div>
<div class="card"><dt>In 7 days</dt><dd>${recent}</dd></div>
<div class="card"><dt>Today</dt><dd>${days[days.length - 1]!.count}</dd></div>
<div class="card"><dt>Created</dt><dd>${dateOf(link.created)}</dd></div>
</dl>
<section aria-labelledby="by-day"><h2 id="by-day">Last ${counted(days.length, "day")}</h2>
<div class="card padded">${visitsChart(days)}</div></section>
<section aria-labelledby="share"><h2 id="share">Share</h2>
<div class="card result">
<div class="stack">
<p class="short"><a href="/${link.alias}">${site.host}/<wbr>${link.alias}</a></p>
<p class="soft">The code holds the same address.</p>
<p><a class="button quiet" href="/links/${link.alias}/qr.svg" download="${link.alias}.svg">Download QR code</a></p>
</div>
<img class="qr" src="/links/${link.alias}/qr.svg" alt="QR code of ${site.host}/${link.alias}" width="176" height="176">
</div></section>
<section aria-labelledby="delete"><h2 id="delete">Delete this link</h2>
<form class="card create" method="post" action="/links/${link.alias}/delete">
<div class="with-button">
${field(
  "key",
  "Edit key",
  "It was shown when the link was made.",
  error,
  (hint) =>
    html`<input id="key" name="key" class="mono" required maxlength="40" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="${hint}"${error && html` aria-invalid="true" autofocus`}>`,
)}
<button class="danger">Delete</button>
</div>
</form></section>`,
  );
}
