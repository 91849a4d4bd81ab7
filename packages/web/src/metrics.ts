import type { Handler } from "./context.ts";
import { Response } from "./fetch/response.ts";
import type { ServeCounters } from "./serve.ts";
import { httpMetrics } from "./status/http-status.ts";
import { emitPrometheus, PROMETHEUS } from "./status/prometheus.ts";

/**
 * A handler that shows a server's counters in the text format of Prometheus (0.0.4). `status` shows more of the machine.
 *
 * @example
 * const counters = createCounters();
 * app.get("/metrics", metrics(counters));
 * await serve(listener, app, { counters });
 */
export function metrics(counters: ServeCounters, prefix = "http_"): Handler {
  return () => new Response(emitPrometheus(httpMetrics(counters, prefix)), { headers: { "content-type": PROMETHEUS } });
}
