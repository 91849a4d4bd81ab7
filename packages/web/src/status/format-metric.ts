import type { Metric } from "@soloist/interface";

/** A metric's value for people: its unit is the end of its name. */
export function formatMetric({ name, value, type }: Metric): string {
  const base = name.replace(/_total$/, "");
  if (base.endsWith("_bytes")) return formatBytes(value);
  // A gauge of seconds that is that large is a point in time.
  if (base.endsWith("_seconds")) {
    return type === "gauge" && value > 1e9 ? formatTime(value) : formatSeconds(value);
  }
  return Number.isInteger(value) ? group(value) : String(Number(value.toPrecision(4)));
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

function formatSeconds(seconds: number): string {
  if (seconds === 0) return "0 s";
  if (seconds < 1e-3) return `${Number((seconds * 1e6).toPrecision(3))} µs`;
  if (seconds < 1) return `${Number((seconds * 1e3).toPrecision(3))} ms`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function formatTime(seconds: number): string {
  return new Date(seconds * 1000)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
}

/** Thousands apart: there is no Intl in an image. */
function group(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}
