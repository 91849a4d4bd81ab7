import type { Handler } from "./context.ts";
import { Response } from "./fetch/response.ts";
import type { ServeCounters } from "./serve.ts";

/**
 * A handler that shows a server's counters in the text format of Prometheus (0.0.4).
 *
 * @example
 * const counters = createCounters();
 * app.get("/metrics", metrics(counters));
 * await serve(listener, app, { counters });
 */
export function metrics(counters: ServeCounters, prefix = "http_"): Handler {
  return () =>
    new Response(emitMetrics(counters, prefix), { headers: { "content-type": "text/plain; version=0.0.4" } });
}

const SHOWN = [
  ["connections", "Connections that were accepted."],
  ["requests", "Requests that reached the app."],
  ["turnedAway", "Connections over the limit."],
  ["timeouts", "Clients that were silent for too long."],
  ["failures", "Handlers and streams that threw."],
] as const;

function emitMetrics(counters: ServeCounters, prefix: string): string {
  let text = "";
  const family = (name: string, help: string) => {
    text += `# HELP ${name} ${help}\n# TYPE ${name} counter\n`;
  };
  for (const [field, help] of SHOWN) {
    const name = `${prefix}${field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`;
    family(name, help);
    text += `${name} ${counters[field]}\n`;
  }
  family(`${prefix}refused_total`, "Requests that broke the protocol or a limit.");
  for (const [code, count] of Object.entries(counters.refused)) {
    text += `${prefix}refused_total{code="${code}"} ${count}\n`;
  }
  return text;
}
