import type { Metric, StatusSource } from "@soloist/interface";
import { type Html, html } from "../html.ts";
import { formatMetric } from "./format-metric.ts";

/** Seconds until the page loads itself again. */
const REFRESH = 5;

/** A page for people: what is now as tiles, what was counted as a table, what never happened folded away. */
export function statusPage(title: string, sources: readonly StatusSource[]): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH}">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e8eb); --dim: light-dark(#626b76, #98a1ac);
    --line: light-dark(#dde1e6, #31363d); --card: light-dark(#fff, #1c2025); --ground: light-dark(#f4f5f7, #121519); }
  body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; color: var(--ink); background: var(--ground);
    font: 15px/1.45 system-ui, sans-serif; }
  header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
  h1 { font-size: 1.4rem; margin: 0; }
  header p { margin: 0; color: var(--dim); }
  h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; }
  a { color: inherit; }
  .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .75rem; margin: 0; }
  .tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
  dt { color: var(--dim); font-size: .85rem; }
  dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
  table { border-collapse: collapse; width: 100%; margin-top: .75rem; background: var(--card);
    border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
  td { padding: .35rem .9rem; border-top: 1px solid var(--line); vertical-align: top; }
  tr:first-child td { border-top: 0; }
  td:first-child { width: 9rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
  code { color: var(--dim); font-size: .85rem; }
  details { margin-top: .75rem; color: var(--dim); }
  summary { cursor: pointer; }
</style>
</head>
<body>
<header><h1>${title}</h1><p>every ${REFRESH} s; <a href="?format=json">JSON</a>, <a href="?format=prometheus">Prometheus</a></p></header>
${sources.map(section)}
</body>
</html>
`;
}

function section({ title, metrics }: StatusSource): Html {
  const all = metrics();
  const gauges = all.filter(({ type }) => type === "gauge");
  const counters = all.filter(({ type }) => type === "counter");
  const happened = counters.filter(({ value }) => value !== 0);
  const never = counters.filter(({ value }) => value === 0);
  return html`<section>
<h2>${title}</h2>
${gauges.length > 0 && html`<dl class="tiles">${gauges.map(tile)}</dl>`}
${happened.length > 0 && html`<table>${happened.map(row)}</table>`}
${never.length > 0 && html`<details><summary>${never.length} at zero</summary><table>${never.map(row)}</table></details>`}
</section>
`;
}

function tile(metric: Metric): Html {
  const which = labelsOf(metric);
  return html`<div title="${metric.name}"><dt>${metric.help.replace(/\.$/, "")}${which !== "" && ` (${which})`}</dt><dd>${formatMetric(metric)}</dd></div>`;
}

function row(metric: Metric): Html {
  const which = labelsOf(metric);
  return html`<tr><td>${formatMetric(metric)}</td><td>${which !== "" && html`<b>${which}</b> `}${metric.help} <code>${metric.name}</code></td></tr>`;
}

function labelsOf({ labels }: Metric): string {
  return Object.values(labels ?? {})
    .join(", ")
    .replaceAll("_", " ");
}
