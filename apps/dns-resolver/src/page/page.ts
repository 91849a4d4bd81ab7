import { type Html, html } from "@soloist/web";
import { barChart, hourChart, share } from "./charts.ts";
import { bytes, duration, grouped, milliseconds, percent } from "./format.ts";
import type { Snapshot } from "./snapshot.ts";

export interface PageOptions {
  readonly style: string;
  readonly icon: string;
  /** Whether the page comes anew by itself. */
  readonly refreshes: boolean;
  /** A name that was asked about. */
  readonly lookup: { readonly name: string; readonly blocked: boolean } | undefined;
}

/** Seconds. */
const REFRESH = 5;

export function statisticsPage(now: Snapshot, { style, icon, refreshes, lookup }: PageOptions): Html {
  const { counters } = now;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refreshes && html`<meta http-equiv="refresh" content="${REFRESH}">`}
<title>Name server: ${grouped(counters.queries)} queries</title>
<link rel="icon" type="image/svg+xml" href="${icon}">
<link rel="stylesheet" href="${style}">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header>
<a class="brand" href="/"><img src="${icon}" alt="" width="32" height="32">Name server</a>
<p class="live">${
    refreshes
      ? html`<span class="dot"></span>every ${REFRESH} seconds · <a href="/?refresh=off">pause</a>`
      : html`paused · <a href="/">go on</a>`
  }</p>
</header>
<main id="content">
<h1>${grouped(counters.queries)} <span>${counters.queries === 1 ? "query" : "queries"} in ${duration(now.uptime)}</span></h1>
<p class="lead">${now.mode}</p>

<dl class="tiles">
${tile("From the cache", percent(now.hitRate), `${grouped(now.cache.answers)} answers, ${bytes(now.cache.bytes)}`, "cache")}
${tile("Blocked", percent(now.blockedRate), `by ${grouped(now.blocklist)} ${now.blocklist === 1 ? "name" : "names"}`, "blocked")}
${tile("Half answered in", now.median === null ? "–" : `≤ ${milliseconds(now.median)}`, `${grouped(counters.misses)} asked of servers`, "asked")}
${tile("Failed", grouped(counters.failures), `${grouped(counters.stale)} saved by older answers`, "failed")}
</dl>

<section>
<h2>The last hour</h2>
${hourChart(now.minutes)}
</section>

<div class="columns">
${names("Most asked for", now.names, "Nobody has asked for a name yet.", "cache")}
${names("Most blocked", now.blockedNames, now.blocklist === 0 ? "There is no blocklist." : "Nothing was blocked yet.", "blocked")}
</div>

<form class="check" action="/" method="get">
<label for="name">Is a name blocked?</label>
<div><input id="name" name="name" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="255" placeholder="ads.example.org" value="${lookup?.name ?? ""}" required><button>Look up</button></div>
${lookup && html`<p role="status">${lookup.name} is <strong>${lookup.blocked ? "blocked" : "not blocked"}</strong>.</p>`}
</form>

<section>
<h2>How long servers took</h2>
${
  counters.misses === 0
    ? html`<p class="none">None was asked yet.</p>`
    : barChart(now.latency.map(({ upTo, count }) => ({ label: upTo === null ? "more" : milliseconds(upTo), count })))
}
</section>

<section>
<h2>Servers</h2>
${
  now.servers.length === 0
    ? html`<p class="none">None was asked yet.</p>`
    : html`<div class="scroll"><table>
<thead><tr><th scope="col">Address</th><th scope="col">Asked</th><th scope="col">Failed</th><th scope="col">Answers in</th></tr></thead>
<tbody>${now.servers.map(
        (server) => html`
<tr><td>${server.port === 53 ? server.address : `${server.address} port ${server.port}`}</td><td>${grouped(server.asked)}</td><td>${grouped(server.failed)}</td><td>${server.rtt === 0 ? "–" : milliseconds(server.rtt)}</td></tr>`,
      )}
</tbody></table></div>`
}
</section>

<section>
<h2>Not answered, or not in full</h2>
<dl class="small">
${small("refused", counters.refused)}${small("over the rate", counters.limited)}${small("no message", counters.malformed)}${small("a response", counters.responses)}${small("sent to TCP", counters.truncated)}${small("too many open", counters.overloaded)}
</dl>
</section>
</main>
<footer><p>Served by a unikernel: no operating system, no scripts.</p><p><a href="/api/statistics">As JSON</a></p></footer>
</body>
</html>
`;
}

function tile(title: string, value: string, note: string, kind: string): Html {
  return html`<div class="tile ${kind}"><dt>${title}</dt><dd>${value}<small>${note}</small></dd></div>`;
}

function small(title: string, count: number): Html {
  return html`<div><dt>${title}</dt><dd>${grouped(count)}</dd></div>`;
}

function names(title: string, list: Snapshot["names"], none: string, kind: string): Html {
  const most = list[0]?.count ?? 1;
  return html`<section>
<h2>${title}</h2>
${
  list.length === 0
    ? html`<p class="none">${none}</p>`
    : html`<ol class="names">${list.map(
        ({ name, count }) =>
          html`<li><span class="name">${name === "" ? "." : name}</span><span class="count">${grouped(count)}</span>${share(count / most, kind)}</li>`,
      )}</ol>`
}
</section>`;
}
