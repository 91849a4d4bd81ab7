import { type Html, html } from "@soloist/web";
import { type ImportedLine, MAX_IMPORT_LINES } from "../transfer.ts";
import { counted, field, layout, type Site } from "./layout.ts";

const EXAMPLE = '{"url":"https://example.org/a","alias":"xvw"}';

export function importPage(site: Site, error?: string): Html {
  return layout(
    site,
    "Import",
    "import",
    html`<h1>Import links</h1>
<p class="lead">One link a line, as JSON: <code>${EXAMPLE}</code>. What <a href="/export" download="links.jsonl">export</a> gives can be imported elsewhere.</p>
<form class="card create" method="post" action="/import" enctype="multipart/form-data">
${field("file", "File", "JSON lines (.jsonl).", undefined, (hint) => html`<input id="file" name="file" type="file" accept=".jsonl,.ndjson,.json,.txt" aria-describedby="${hint}">`)}
${field(
  "lines",
  "Or lines",
  `At most ${MAX_IMPORT_LINES} lines at once. The alias may be left out; if it is taken, a number is added.`,
  error,
  (hint) =>
    html`<textarea id="lines" name="lines" class="mono" rows="5" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="${hint}"${error && html` aria-invalid="true" autofocus`}></textarea>`,
)}
<button>Import</button>
</form>`,
  );
}

export function importedPage(site: Site, lines: readonly ImportedLine[]): Html {
  const failed = lines.filter((line) => "error" in line).length;
  const made = lines.length - failed;
  return layout(
    site,
    "Imported",
    "import",
    html`<h1>${counted(made, "link")} imported</h1>
<p class="lead">${failed === 0 ? "Every line was fine." : `${counted(failed, "line")} could not be used.`} ${made > 0 && "Keep the edit keys: they are not shown again."}</p>
<div class="card scroll"><table class="report">
<thead><tr><th scope="col">Line</th><th scope="col">Link</th><th scope="col">Edit key</th></tr></thead>
<tbody>${lines.map((line) =>
      "error" in line
        ? html`<tr class="wrong"><td>${line.line}</td><td colspan="2"><p class="hint">${line.error}</p></td></tr>`
        : html`<tr><td>${line.line}</td><td><a href="/links/${line.alias}">/${line.alias}</a></td><td class="mono">${line.key}</td></tr>`,
    )}</tbody>
</table></div>
<p class="actions"><a class="button" href="/import">Import more</a><a href="/links">All links</a></p>`,
  );
}
