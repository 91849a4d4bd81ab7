import { type Html, html } from "@soloist/web";
import { grouped } from "./format.ts";
import type { Snapshot } from "./snapshot.ts";

const SLOT = 12;
const BAR = 9;
const HEIGHT = 140;
/** So that a minute with little is seen. */
const LEAST = 2;

/** Queries by minute as bars, the blocked part of each below in another colour. The colours are the style's. */
export function hourChart(minutes: Snapshot["minutes"]): Html {
  const most = Math.max(1, ...minutes.map(({ queries }) => queries));
  const sum = minutes.reduce((total, { queries }) => total + queries, 0);
  const blocked = minutes.reduce((total, minute) => total + minute.blocked, 0);
  const width = minutes.length * SLOT;
  const summary = `${grouped(sum)} queries in the last hour, ${grouped(blocked)} of them blocked, at most ${grouped(most)} in a minute.`;
  const height = (count: number) => (count === 0 ? 0 : Math.max(LEAST, Math.round((count / most) * HEIGHT)));
  return html`<figure class="chart">
<svg viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${summary}">
<path class="rule" d="M0 0.5H${width}M0 ${HEIGHT / 2}H${width}M0 ${HEIGHT - 0.5}H${width}"/>
${minutes.map(({ queries, blocked: cut }, index) => {
  if (queries === 0) return "";
  const x = index * SLOT + (SLOT - BAR) / 2;
  const [all, below] = [height(queries), height(cut)];
  return html`<g><title>${minutes.length - 1 - index} min ago: ${grouped(queries)}, ${grouped(cut)} blocked</title><rect class="bar" x="${x}" y="${HEIGHT - all}" width="${BAR}" height="${all}" rx="2"/>${cut > 0 && html`<rect class="cut" x="${x}" y="${HEIGHT - below}" width="${BAR}" height="${below}" rx="2"/>`}</g>`;
})}
</svg>
<figcaption><span>an hour ago</span><span class="key"><i class="bar"></i>answered <i class="cut"></i>blocked · most: ${grouped(sum === 0 ? 0 : most)} a minute</span><span>now</span></figcaption>
</figure>`;
}

/** Groups side by side, with their numbers. */
export function barChart(groups: readonly { readonly label: string; readonly count: number }[]): Html {
  const most = Math.max(1, ...groups.map(({ count }) => count));
  return html`<ol class="bars">${groups.map(
    ({ label, count }) => html`
<li><span class="label">${label}</span><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="bar" width="${count === 0 ? 0 : Math.max(1, Math.round((count / most) * 100))}" height="10" rx="1"/></svg><span class="count">${grouped(count)}</span></li>`,
  )}
</ol>`;
}

/** A line as long as a share of 1. */
export function share(of: number, kind: string): Html {
  return html`<svg class="share ${kind}" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect width="${Math.max(1, Math.round(of * 100))}" height="4" rx="1"/></svg>`;
}
