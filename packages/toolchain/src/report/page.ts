import { formatSize } from "../format-size.ts";
import type { ImageInfo } from "../inspect.ts";
import type { Phase } from "./measure-boot.ts";
import { type DrawnBox, layOut, type TreeNode } from "./treemap.ts";

export interface ReportParts {
  readonly app: string;
  readonly image: ImageInfo;
  /** First address of linear memory. */
  readonly linearBase: number;
  readonly imageTree: readonly TreeNode[];
  readonly bundleTree: readonly TreeNode[];
  /** How long the steps of the build took. */
  readonly build: readonly Phase[];
  /** How long it took to boot, if somebody measured. */
  readonly boot?: { readonly phases: readonly Phase[]; readonly how: string };
}

/** The report: one HTML page that needs nothing else, in light and dark. Pure. */
export function emitReport(parts: ReportParts): string {
  const { image } = parts;
  const code = parts.bundleTree.reduce((total, { size }) => total + size, 0);
  const kinds: Record<string, string> = { NET_BASIC: "network", BLOCK_BASIC: "disk" };
  const tiles: [string, string][] = [
    [formatSize(image.size), "image"],
    [formatSize(code), `of JavaScript in ${plural(leaves(parts.bundleTree).length, "file")}`],
    [formatSize(image.memory), "of memory at boot"],
    [`${image.segments.length}`, "segments"],
    [`${image.devices.length}`, image.devices.length === 1 ? "device" : "devices"],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(parts.app)} for ${escapeHtml(image.target)}: what is in the image</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="kicker">Soloist image report</p>
<h1>${escapeHtml(parts.app)} <span>${escapeHtml(image.target)}</span></h1>
<p class="about">${escapeHtml(image.engine ?? "unknown engine")}${image.snapshot === false ? ", top level evaluated at every boot" : ", top level evaluated when it was built"}</p>
<div class="tiles">${tiles.map(([value, label]) => `<div><b>${value}</b><span>${escapeHtml(label)}</span></div>`).join("")}</div>
</header>
<main>
<section><h2>The image, byte by byte</h2>
${legend(IMAGE_KINDS)}
${treemap(parts.imageTree, 220)}</section>
<section><h2>The app's code, by package and file</h2>
<p>What the bundle holds before it becomes bytecode, most of it on the heap above. Point at a box to read its name.</p>
${legend(CODE_KINDS)}
${treemap(parts.bundleTree, 560)}
<details><summary>All files, largest first</summary>${fileTable(parts.bundleTree)}</details></section>
<div class="columns">
<section><h2>Time to build</h2>${bars(parts.build)}</section>
<section><h2>Time to boot</h2>${
    parts.boot
      ? `<p>In ${escapeHtml(parts.boot.how)}, as seen from the command that started it.</p>${bars(parts.boot.phases)}`
      : "<p>Not measured: <code>soloist build --report --measure</code> boots it once, on a network of its own.</p>"
  }</section>
</div>
<div class="columns">
<section><h2>Devices</h2>${
    image.devices.length === 0
      ? "<p>None: it has a console, a clock and randomness.</p>"
      : `<table><tr><th>Name<th>Kind<th></tr>${image.devices
          .map(
            ({ name, type, optional }) =>
              `<tr><td>${escapeHtml(name)}<td>${kinds[type] ?? type}<td>${optional ? "optional" : "needed"}</tr>`,
          )
          .join("")}</table>`
  }
<h2>Engine modules</h2><p>${image.modules?.length ? image.modules.map((name) => `<code>${escapeHtml(name)}</code>`).join(" ") : "None."}</p></section>
<section><h2>Segments</h2>${segments(image, parts.linearBase)}</section>
</div>
</main>
</body>
</html>
`;
}

const IMAGE_KINDS: readonly [string, string][] = [
  ["engine", "engine and kernel"],
  ["module", "engine modules"],
  ["heap", "heap of the app"],
  ["other", "rest"],
];
const CODE_KINDS: readonly [string, string][] = [
  ["app", "the app"],
  ["soloist", "Soloist"],
  ["library", "libraries"],
  ["other", "generated"],
];

const legend = (kinds: readonly [string, string][]) =>
  `<p class="legend">${kinds.map(([kind, label]) => `<span><i class="${kind}"></i>${label}</span>`).join("")}</p>`;

const WIDTH = 1120;

function treemap(nodes: readonly TreeNode[], height: number): string {
  const total = nodes.reduce((sum, { size }) => sum + size, 0);
  const boxes = layOut(nodes, { x: 0, y: 0, width: WIDTH, height });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="treemap">${boxes.map((box) => drawBox(box, total)).join("")}</svg>`;
}

const CHARACTER_WIDTH = 6.4;

function drawBox(box: DrawnBox, total: number): string {
  const { node, x, y, width, height } = box;
  const share = ((100 * node.size) / total).toFixed(1);
  const title = `${box.path.join(" / ")}\n${formatSize(node.size)}, ${share} %`;
  const room = Math.floor((width - 10) / CHARACTER_WIDTH);
  const size = formatSize(node.size);
  const name = shorten(node.name, room);
  const full = `${node.name}  ${size}`;
  const texts: string[] = [];
  if (height >= 15 && room >= 4) {
    const first = box.isGroup && full.length <= room ? full : name;
    texts.push(`<text x="${n(x + 5)}" y="${n(y + 13)}">${escapeHtml(first)}</text>`);
    if (!box.isGroup && height >= 30 && size.length <= room) {
      texts.push(`<text class="size" x="${n(x + 5)}" y="${n(y + 26)}">${size}</text>`);
    }
  }
  const classes = `${box.kind} d${Math.min(box.depth, 2)}`;
  return `<g class="${classes}"><title>${escapeHtml(title)}</title><rect x="${n(x + 0.5)}" y="${n(y + 0.5)}" width="${n(Math.max(0, width - 1))}" height="${n(Math.max(0, height - 1))}" rx="2"/>${texts.join("")}</g>`;
}

const n = (value: number) => value.toFixed(1);

/** As much of a path as there is room for: the file's name says most, its extension least. */
function shorten(text: string, room: number): string {
  if (text.length <= room) return text;
  const name = text.slice(text.lastIndexOf("/") + 1);
  const stem = name.replace(/\.[a-z]+$/, "");
  const shown = name.length <= room ? name : stem;
  return shown.length <= room ? shown : `${shown.slice(0, room - 1)}…`;
}

/** The files of a tree with their paths. */
function leaves(nodes: readonly TreeNode[], path = ""): { readonly name: string; readonly size: number }[] {
  return nodes.flatMap(({ name, size, children }) =>
    children ? leaves(children, `${path}${name}/`) : [{ name: path + name, size }],
  );
}

function fileTable(nodes: readonly TreeNode[]): string {
  const files = nodes
    .flatMap(({ name, children = [] }) => leaves(children).map((file) => ({ ...file, package: name })))
    .sort((a, b) => b.size - a.size);
  const most = files[0]?.size ?? 1;
  const rows = files.map(
    (file) =>
      `<tr><td>${escapeHtml(file.package)}<td>${escapeHtml(file.name)}<td class="number">${formatSize(file.size)}<td><div class="bar" style="width:${n((100 * file.size) / most)}%"></div></tr>`,
  );
  return `<table><tr><th>Package<th>File<th class="number">Size<th></tr>${rows.join("")}</table>`;
}

function bars(phases: readonly Phase[]): string {
  const most = Math.max(...phases.map(({ time }) => time), 1);
  const total = phases.reduce((sum, { time }) => sum + time, 0);
  const rows = phases.map(
    ({ name, time }) =>
      `<tr><td>${escapeHtml(name)}<td class="number">${formatTime(time)}<td class="wide"><div class="bar" style="width:${n((100 * time) / most)}%"></div></tr>`,
  );
  return `<table>${rows.join("")}<tr class="total"><td>all<td class="number">${formatTime(total)}<td></tr></table>`;
}

const formatTime = (milliseconds: number) =>
  milliseconds >= 10_000
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;

function segments(image: ImageInfo, linearBase: number): string {
  const most = Math.max(...image.segments.map(({ memorySize }) => memorySize));
  const rows = image.segments.map(({ address, fileSize, memorySize, permissions }) => {
    const kind = address >= linearBase ? "heap" : permissions.includes("x") ? "engine" : "module";
    const bar = `<div class="bar ${kind}" style="width:${n(Math.max(0.5, (100 * memorySize) / most))}%"></div>`;
    return `<tr><td><code>0x${address.toString(16)}</code><td><code>${permissions}</code><td class="number">${formatSize(fileSize)}<td class="number">${formatSize(memorySize)}<td class="wide">${bar}</tr>`;
  });
  return `<table class="segments"><tr><th>Address<th>Rights<th class="number">In the file<th class="number">In memory<th></tr>${rows.join("")}</table>`;
}

const plural = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root{color-scheme:light dark;--page:#f6f6f3;--card:#fff;--ink:#1c1f24;--soft:#646b76;--line:#e2e2dc;
--engine:#4f6bb0;--module:#8a63a8;--heap:#2f8f7f;--app:#c9722c;--soloist:#2f8f7f;--library:#8a63a8;--other:#8b919b}
@media(prefers-color-scheme:dark){:root{--page:#14161a;--card:#1c1f25;--ink:#e8e9ec;--soft:#99a0ab;--line:#2d3138;
--engine:#5b78c2;--module:#9a72ba;--heap:#379c8b;--app:#cf7b36;--soloist:#379c8b;--library:#9a72ba;--other:#747b86}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header,main{max-width:1180px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
.kicker{margin:0;color:var(--soft);font-size:13px;letter-spacing:.04em}
h1{margin:0;font-size:38px;line-height:1.2;letter-spacing:-.02em}
h1 span{font-weight:400;color:var(--soft)}
.about{margin:4px 0 20px;color:var(--soft)}
.tiles{display:flex;flex-wrap:wrap;gap:12px 40px;padding:4px 0 24px}
.tiles b{display:block;font-size:24px;line-height:1.2;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:13px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px 24px 24px;margin-bottom:20px;min-width:0}
h2{font-size:17px;margin:0 0 8px}
table+h2{margin-top:24px}
section p{margin:0 0 12px;color:var(--soft)}
.columns{display:grid;grid-template-columns:1fr 1fr;gap:0 20px;align-items:start}
@media(max-width:820px){.columns{grid-template-columns:1fr}}
.legend span{margin-right:18px;white-space:nowrap}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;vertical-align:-1px;background:var(--c)}
.engine{--c:var(--engine)}.module{--c:var(--module)}.heap{--c:var(--heap)}.app{--c:var(--app)}
.soloist{--c:var(--soloist)}.library{--c:var(--library)}.other{--c:var(--other)}
svg{display:block;width:100%;height:auto;overflow:hidden}
svg rect{fill:var(--c)}
svg .d1 rect{fill:color-mix(in srgb,var(--c) 84%,white)}
svg g:hover>rect{filter:brightness(1.15)}
svg text{font:11px system-ui,sans-serif;fill:#fff;pointer-events:none}
svg .d0 text{font-weight:600;font-size:11.5px}
svg .d2 rect{fill:color-mix(in srgb,var(--c) 68%,white)}
svg .d1 text,svg .d2 text{font-weight:400;fill:#10131a}
svg .size{opacity:.8;font-weight:400}
table{border-collapse:collapse;width:100%;font-size:14px;display:table}
th{text-align:left;font-weight:500;color:var(--soft);font-size:13px}
td,th{padding:4px 12px 4px 0;border-bottom:1px solid var(--line)}
th,td code{white-space:nowrap}
tr:last-child td{border-bottom:0}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.wide{width:40%}
.total td{font-weight:600}
.bar{--c:var(--engine);height:9px;border-radius:3px;background:var(--c);min-width:2px}
.bar.heap{--c:var(--heap)}.bar.module{--c:var(--module)}
code{font:13px ui-monospace,monospace}
details{margin-top:16px}
summary{cursor:pointer;color:var(--soft);margin-bottom:8px}
details td{overflow-wrap:anywhere}
details td:last-child{width:22%}
@media(max-width:520px){header,main{padding:0 14px}section{padding:16px 14px}.wide{width:25%}.segments .wide{display:none}.segments th:last-child{display:none}}
`;
