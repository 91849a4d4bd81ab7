import { expect, it } from "vitest";
import { createApp, createCounters, metrics } from "../src/index.ts";

it("metrics shows counters as Prometheus reads them", async () => {
  const counters = createCounters();
  counters.requests = 7;
  counters.refused["header-too-large"] = 2;
  const app = createApp().get("/metrics", metrics(counters));
  const response = await app.request("/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4");
  const lines = (await response.text()).split("\n");
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual([
    "http_connections_total 0",
    "http_requests_total 7",
    "http_turned_away_total 0",
    "http_timeouts_total 0",
    "http_failures_total 0",
    'http_refused_total{code="header-too-large"} 2',
    "",
  ]);
  for (const line of lines) expect(line).toMatch(/^$|^# (HELP|TYPE) \w+ |^\w+(\{code="[\w-]+"\})? \d+$/);
});
