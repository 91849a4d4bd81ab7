// Search over /search.json, fetched when somebody first looks for something. The page works without it.
// People type faster than a line answers: what is found, and where Enter leads, is for what stands in the box by then.
const box = document.querySelector("search");
const input = document.getElementById("search");
const list = document.getElementById("found");
const MOST = 12;
let loading;
let answered = "";
let chosen = -1;

box.hidden = false;

/** How well a section fits all words; 0 when one is missing. */
function score({ p, h, t }, words) {
  let sum = 0;
  for (const word of words) {
    const [inHeading, inPage, inText] = [h, p, t].map((text) => text.toLowerCase().indexOf(word));
    if (inHeading < 0 && inPage < 0 && inText < 0) return 0;
    sum += (inHeading < 0 ? 0 : inHeading === 0 ? 12 : 8) + (inPage < 0 ? 0 : 4) + (inText < 0 ? 0 : 1);
  }
  return sum;
}

/** The words around the first one that was found. */
function excerpt(text, words) {
  const at = Math.max(0, ...words.map((word) => text.toLowerCase().indexOf(word)));
  const start = Math.max(0, text.lastIndexOf(" ", Math.max(0, at - 40)));
  return (start > 0 ? "…" : "") + text.slice(start, start + 130).trim() + (text.length > start + 130 ? "…" : "");
}

/** All sections: asked for once, and again when that failed. */
function load() {
  loading ??= fetch("/search.json").then((response) => response.json());
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

async function search() {
  const sections = await load();
  if (input.value === answered) return;
  answered = input.value;
  const words = answered.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length === 0 ? [] : sections.map((section) => [score(section, words), section]);
  const best = found.filter(([points]) => points > 0).sort((a, b) => b[0] - a[0]);
  chosen = -1;
  list.replaceChildren(...best.slice(0, MOST).map(([, section]) => item(section, words)));
  if (words.length > 0 && best.length === 0) list.append(row("p", [`Nothing is called “${answered}” here.`]));
  list.hidden = words.length === 0;
}

/** Goes to the entry that is chosen, else to the first. */
async function follow() {
  await search();
  const links = list.querySelectorAll("a");
  const link = links[Math.max(0, chosen)];
  if (link) location.href = link.href;
}

function item({ u, p, h, t }, words) {
  const title = document.createElement("b");
  title.textContent = h.replaceAll("`", "");
  const rest = document.createElement("small");
  rest.textContent = [h === p ? "" : p, excerpt(t, words)].filter(Boolean).join(" · ");
  const entry = row("a", [title, rest]);
  entry.firstChild.href = u;
  return entry;
}

function row(name, content) {
  const entry = document.createElement("li");
  const inner = document.createElement(name);
  inner.append(...content);
  entry.append(inner);
  return entry;
}

function choose(step) {
  const links = [...list.querySelectorAll("a")];
  if (links.length === 0) return;
  links[chosen]?.removeAttribute("aria-selected");
  chosen = (chosen + step + links.length) % links.length;
  links[chosen].setAttribute("aria-selected", "true");
  links[chosen].scrollIntoView({ block: "nearest" });
}

input.addEventListener("input", search);
input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    follow();
  } else if (event.key === "Escape") {
    input.value = "";
    search();
  }
});
list.addEventListener("click", () => {
  list.hidden = true;
});
document.addEventListener("click", (event) => {
  if (!box.contains(event.target)) list.hidden = true;
});
document.addEventListener("keydown", (event) => {
  const isTyping = /^(?:INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (event.key !== "/" || isTyping) return;
  event.preventDefault();
  input.focus();
});
