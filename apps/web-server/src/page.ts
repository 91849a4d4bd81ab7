import { type Html, html } from "@soloist/web";

function uptimeText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** The front page. `uptime`: milliseconds since boot. */
export function page(uptime: number): Html {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>A web server without an operating system</title>
<link rel="icon" href="data:,">
<style>
  :root { --ground: #fbfaf8; --text: #1d1c1a; --soft: #6b6862; --line: #e4e1da; --accent: #b4430f; --card: #fff }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #161513; --text: #eceae5; --soft: #a09c94; --line: #33302b; --accent: #ff9a62; --card: #1e1c1a }
  }
  * { box-sizing: border-box }
  body { margin: 0; background: var(--ground); color: var(--text); font: 1.0625rem/1.6 system-ui, sans-serif }
  main { max-width: 40rem; margin: 0 auto; padding: clamp(2rem, 8vw, 5rem) 1.25rem }
  h1 { margin: 0 0 1rem; font-size: clamp(1.75rem, 6vw, 2.5rem); line-height: 1.15; letter-spacing: -.02em; text-wrap: balance }
  p { margin: 0 0 1.5rem; text-wrap: pretty }
  code { font: .9375em ui-monospace, monospace }
  ul { margin: 0 0 1.5rem; padding: 0; list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow: hidden }
  li + li { border-top: 1px solid var(--line) }
  li a { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; padding: .875rem 1.125rem; color: inherit; text-decoration: none }
  li a:hover { background: color-mix(in srgb, var(--accent) 8%, transparent) }
  li code { color: var(--accent) }
  a:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px }
  .soft { color: var(--soft) }
</style>
<main>
  <h1>A web server without an operating system</h1>
  <p>This page comes from a unikernel: one TypeScript program with a JavaScript engine and a TCP/IP stack of its own, booted as a machine and nothing else.</p>
  <ul>
    <li><a href="/hello/Ada"><code>/hello/Ada</code><span class="soft">a greeting</span></a></li>
    <li><a href="/json/12"><code>/json/12</code><span class="soft">a number and its square</span></a></li>
  </ul>
  <p class="soft">Up for ${uptimeText(uptime)}.</p>
</main>
</html>
`;
}
