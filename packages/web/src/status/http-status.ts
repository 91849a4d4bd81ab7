import type { Metric, StatusSource } from "@soloist/interface";
import type { ServeCounters } from "../serve.ts";

const SHOWN = [
  ["connections", "Connections that were accepted."],
  ["requests", "Requests that reached the app."],
  ["turnedAway", "Connections over the limit."],
  ["timeouts", "Clients that were silent for too long."],
  ["failures", "Handlers and streams that threw."],
] as const;

/**
 * A server's counters, for a status page.
 *
 * @example
 * const counters = createCounters();
 * app.mount("/_soloist", status([httpStatus(counters)]));
 * await serve(listener, app, { counters });
 */
export function httpStatus(counters: ServeCounters): StatusSource {
  return { title: "HTTP", metrics: () => httpMetrics(counters, "http_") };
}

export function httpMetrics(counters: ServeCounters, prefix: string): Metric[] {
  const metrics: Metric[] = SHOWN.map(([field, help]) => ({
    name: `${prefix}${field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`,
    help,
    type: "counter",
    value: counters[field],
  }));
  for (const [code, value] of Object.entries(counters.refused)) {
    metrics.push({
      name: `${prefix}refused_total`,
      help: "Requests that broke the protocol or a limit.",
      type: "counter",
      value,
      labels: { code },
    });
  }
  return metrics;
}
