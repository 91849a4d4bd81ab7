/** `1.3 MB`, `412 kB`: decimal, as `ls --si` counts. */
export function formatSize(bytes: number): string {
  if (bytes >= 999_950) return `${(bytes / 1e6).toFixed(1)} MB`;
  return bytes >= 1000 ? `${Math.round(bytes / 1000)} kB` : `${bytes} bytes`;
}
