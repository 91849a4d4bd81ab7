import { type Html, html } from "@soloist/web";
import type { Report } from "./ask.ts";

const MEBIBYTE = 1024 * 1024;

/** One card for each machine. */
export function page(reports: readonly Report[]): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>Galaxy</title>
<style>
  :root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e8eb); --dim: light-dark(#5d6670, #98a1ac);
    --card: light-dark(#fff, #1c2025); --line: light-dark(#dde1e6, #31363d); --ground: light-dark(#f4f5f7, #121519); }
  body { margin: 0 auto; max-width: 48rem; padding: 1.5rem; color: var(--ink); background: var(--ground);
    font: 16px/1.5 system-ui, sans-serif; }
  h1 { font-size: 1.4rem; margin: 0; }
  p { color: var(--dim); margin: .25rem 0 1.25rem; }
  ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; list-style: none; padding: 0; }
  li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; }
  h2 { font-size: 1.05rem; margin: 0 0 .3rem; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .8rem; margin: 0; }
  dt { color: var(--dim); }
  dd { margin: 0; font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<h1>Galaxy</h1>
<p>This machine asks the others by their names, every 5 s.</p>
<ul>${reports.map(card)}</ul>
</body>
</html>
`;
}

function card(report: Report): Html {
  if ("problem" in report) return html`<li><h2>${report.name}</h2>${report.problem}</li>`;
  const { name, uptime, requests, heap } = report;
  return html`<li><h2>${name}</h2><dl>
<dt>up</dt><dd>${uptime.toFixed(0)} s</dd>
<dt>requests</dt><dd>${requests}</dd>
<dt>heap</dt><dd>${(heap / MEBIBYTE).toFixed(1)} MiB</dd>
</dl></li>`;
}
