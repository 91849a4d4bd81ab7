/** What a transcript says on every machine: times, sizes, versions and the accelerator give way to a mark. */
export function normalise(text: string): string {
  return text
    .replace(/\d+(?:\.\d+)? ?(?:ms|m?s|min)\b/g, "N ms")
    .replace(/\d+(?:\.\d+)? (?:B|kB|KB|MB|bytes)\b/g, "N MB")
    .replace(/added \d+ packages?(?:, .*?)? in N ms/g, "added N packages in N ms")
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
