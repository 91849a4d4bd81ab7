/** `12,345` */
export function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `12.3 %`, of 0.123 */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.9995 ? 1 : 0)} %`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} bytes`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} KB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

/** `1.5 ms`, `2 s` */
export function milliseconds(time: number): string {
  if (time >= 1000) return `${Number((time / 1000).toFixed(1))} s`;
  return `${time < 10 ? Number(time.toFixed(1)) : Math.round(time)} ms`;
}

/** The two largest units of a number of seconds: `3 days 4 hours`. */
export function duration(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, "day"],
    [3600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  const parts: string[] = [];
  let rest = seconds;
  for (const [length, unit] of units) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
    else if (parts.length > 0) break;
  }
  return parts.length === 0 ? "no time" : parts.join(" ");
}
