/** Lines that are there only when a test took long, or that name folders of this machine. */
const PASSING = /^ {3}[✓×]|^ +Isolate|at least ~| RUN /;

/**
 * What a transcript says on every machine: times, sizes, addresses, versions and the accelerator give way to a mark. Lines are in
 * alphabetical order, each once: what a guest prints and what is said about it come in any order.
 */
export function normalise(text: string): string {
  const lines = text
    .split("\n")
    .filter((line) => !PASSING.test(line))
    .map(normaliseLine);
  return [...new Set(lines)].sort().join("\n").trim();
}

function normaliseLine(line: string): string {
  return line
    .replace(/(?:\d+m )?\d+(?:\.\d+)? ?(?:ms|s|min|m)\b/g, "N ms")
    .replace(/\d+(?:\.\d+)? (?:B|kB|KB|MB|MiB|bytes)\b/g, "N MB")
    .replace(/^(?:added \d+ packages?.*|up to date.*) in N ms$/g, "done in N ms")
    .replace(/^ +0x[0-9a-f]+ .*$/, "  0xN")
    .replace(/\bv\d+\.\d+\.\d+/g, "vN")
    .replace(/\(TCG(?:: [^)]*)?\)|\(KVM\)|\bKVM\b/g, "(ACCELERATOR)")
    .replace(/^date: .*$/gim, "date: N")
    .replace(/^last-modified: .*$/gim, "last-modified: N")
    .replace(/^(etag: ).*$/gim, "$1N")
    .replace(/^(content-length: ).*$/gim, "$1N")
    .replace(/Start at .*$/gm, "Start at N")
    .replace(/Duration .*$/gm, "Duration N")
    .replace(/[ \t]+/g, " ")
    .replace(/ $/gm, "")
    .trim();
}
