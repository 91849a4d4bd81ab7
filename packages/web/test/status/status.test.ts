import type { Metric, StatusSource } from "@soloist/interface";
import { describe, expect, it } from "vitest";
import { basicAuth, createApp, createCounters, httpStatus, status } from "../../src/index.ts";

const machine: StatusSource = {
  title: "Machine <1>",
  metrics: (): readonly Metric[] => [
    { name: "m_heap_bytes", help: "What is held.", type: "gauge", value: 3_355_443 },
    { name: "m_delay_seconds", help: "How late.", type: "gauge", value: 0.0021 },
    { name: "m_links", help: "Links.", type: "gauge", value: 1_234_567 },
    { name: "m_dropped_total", help: "Dropped \\ or\nlost.", type: "counter", value: 3, labels: { reason: 'a "b"' } },
    { name: "m_dropped_total", help: "Dropped \\ or\nlost.", type: "counter", value: 0, labels: { reason: "c" } },
  ],
};

const page = status([machine]);
const text = async (path: string, accept?: string) =>
  (await page.request(path, accept === undefined ? {} : { headers: { accept } })).text();

describe("status", () => {
  it("speaks Prometheus' text format: one HELP and TYPE a name, values escaped", async () => {
    expect(await text("/?format=prometheus")).toBe(
      [
        "# HELP m_heap_bytes What is held.",
        "# TYPE m_heap_bytes gauge",
        "m_heap_bytes 3355443",
        "# HELP m_delay_seconds How late.",
        "# TYPE m_delay_seconds gauge",
        "m_delay_seconds 0.0021",
        "# HELP m_links Links.",
        "# TYPE m_links gauge",
        "m_links 1234567",
        "# HELP m_dropped_total Dropped \\\\ or\\nlost.",
        "# TYPE m_dropped_total counter",
        'm_dropped_total{reason="a \\"b\\""} 3',
        'm_dropped_total{reason="c"} 0',
        "",
      ].join("\n"),
    );
  });

  it("gives JSON", async () => {
    const { sections } = JSON.parse(await text("/?format=json"));
    expect(sections).toEqual([{ title: machine.title, metrics: machine.metrics() }]);
  });

  it("gives people a page with units, escaped, and folds away what never happened", async () => {
    const shown = await text("/");
    for (const part of ["Machine &lt;1&gt;", "3.2 MiB", "2.1 ms", "1 234 567", "1 at zero"]) {
      expect(shown).toContain(part);
    }
    expect(shown).not.toContain("<1>");
  });

  it.each([
    ["text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"],
    ["*/*", "text/html; charset=utf-8"],
    [
      "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.3",
      "text/plain; version=0.0.4",
    ],
    ["application/json", "application/json"],
  ])("to %s it answers with %s", async (accept, type) => {
    const response = await page.request("/", { headers: { accept } });
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("refuses formats that it does not know", async () => {
    expect((await page.request("/?format=xml")).status).toBe(400);
  });

  it("is mounted, and guarded, as any app", async () => {
    const counters = createCounters();
    counters.requests = 7;
    const guarded = status([httpStatus(counters)]).use(basicAuth((_user, password) => password === "secret"));
    const app = createApp().mount("/_soloist", guarded);
    expect((await app.request("/_soloist")).status).toBe(401);
    const authorization = `Basic ${btoa("me:secret")}`;
    const response = await app.request("/_soloist?format=prometheus", { headers: { authorization } });
    expect(await response.text()).toContain("http_requests_total 7\n");
  });
});
