import { type Html, html } from "@soloist/web";
import type { DayCount } from "../visits.ts";
import { counted } from "./layout.ts";

const SLOT = 20;
const BAR = 14;
const HEIGHT = 120;
/** So that days without a visit are days still, and not gaps. */
const STUB = 2;

/** Visits by day as bars, with their numbers as a table for those who do not see them. The colours are the style's. */
export function visitsChart(days: readonly DayCount[]): Html {
  const most = Math.max(1, ...days.map(({ count }) => count));
  const sum = days.reduce((total, { count }) => total + count, 0);
  const first = days[0]!.date;
  const last = days[days.length - 1]!.date;
  const best = days.find(({ count }) => count === most);
  const summary =
    sum === 0
      ? `No visits from ${first} to ${last}.`
      : `${counted(sum, "visit")} from ${first} to ${last}, at most ${most} on ${best!.date}.`;
  return html`<figure class="chart">
<svg viewBox="0 0 ${days.length * SLOT} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${summary}">
<path class="rule" d="M0 0.5H${days.length * SLOT}M0 ${HEIGHT / 2}H${days.length * SLOT}"/>
${days.map(({ date, count }, index) => {
  const height = count === 0 ? STUB : Math.max(2 * STUB, Math.round((count / most) * HEIGHT));
  return html`<rect class="${count === 0 ? "none" : "bar"}" x="${index * SLOT + (SLOT - BAR) / 2}" y="${HEIGHT - height}" width="${BAR}" height="${height}" rx="${Math.min(3, height / 2)}"><title>${date}: ${counted(count, "visit")}</title></rect>`;
})}
</svg>
<figcaption><span>${first}</span><span>${sum === 0 ? "No visits yet" : `most: ${most}`}</span><span>${last}</span></figcaption>
</figure>
${
  sum > 0 &&
  html`<details><summary>As a table</summary>
<table><thead><tr><th scope="col">Day</th><th scope="col">Visits</th></tr></thead><tbody>${days
    .filter(({ count }) => count > 0)
    .map(({ date, count }) => html`<tr><td>${date}</td><td>${count}</td></tr>`)}</tbody></table></details>`
}`;
}
