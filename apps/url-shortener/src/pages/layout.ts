import { type Html, html } from "@soloist/web";
import { type Link, visitsOf } from "../links.ts";

/** What every page needs to know. */
export interface Site {
  /** As the client calls this service. */
  readonly host: string;
  readonly style: string;
  readonly icon: string;
  /** Where links are kept, as a sentence. */
  readonly place: string;
  /** Whether they outlive the machine. */
  readonly isPersistent: boolean;
}

export type Section = "create" | "links" | "import";

const SECTIONS: readonly { readonly section: Section; readonly path: string; readonly name: string }[] = [
  { section: "create", path: "/", name: "New" },
  { section: "links", path: "/links", name: "All links" },
  { section: "import", path: "/import", name: "Import" },
];

export function layout(site: Site, title: string, section: Section | undefined, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#f4f2ec" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#101311" media="(prefers-color-scheme: dark)">
<title>${title}</title>
<link rel="icon" type="image/svg+xml" href="${site.icon}">
<link rel="stylesheet" href="${site.style}">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header>
<a class="brand" href="/"><img src="${site.icon}" alt="" width="28" height="28">shortlinks</a>
<nav aria-label="Main">${SECTIONS.map(
    ({ section: name, path, name: label }) =>
      html`<a href="${path}"${name === section && html` aria-current="page"`}>${label}</a>`,
  )}</nav>
</header>
<main id="content">
${content}
</main>
<footer>
${section !== "create" && keptAt(site)}
<p>Served by a unikernel: no operating system, no scripts.</p>
</footer>
</body>
</html>
`;
}

/** Where links are kept. The start page says it beside its form, others below. */
export function keptAt({ place, isPersistent }: Site): Html {
  return html`<p class="place${isPersistent && " kept"}">${place}</p>`;
}

/** A label, its input and the sentence below, which tells what is wrong once something is. */
export function field(
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

export function counted(count: number, one: string): string {
  return `${count.toString().replace(/\B(?=(\d{3})+$)/g, ",")} ${count === 1 ? one : `${one}s`}`;
}

export function dateOf(milliseconds: number): Html {
  const text = new Date(milliseconds).toISOString();
  return html`<time datetime="${text}">${text.slice(0, 10)}</time>`;
}

export function linkList(links: readonly Link[]): Html {
  return html`<ul class="links card">${links.map(
    (link) => html`
<li><a href="/links/${link.alias}"><span class="alias">/${link.alias}</span><span class="target">${link.url.replace(/^https?:\/\//, "")}</span><span class="count">${counted(visitsOf(link), "visit")}</span></a></li>`,
  )}
</ul>`;
}

export function messagePage(site: Site, title: string, text: string): Html {
  return layout(
    site,
    title,
    undefined,
    html`<h1>${title}</h1>
<p class="lead break">${text}</p>
<p class="actions"><a class="button" href="/">Make a link</a><a href="/links">All links</a></p>`,
  );
}
