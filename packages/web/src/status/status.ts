import type { StatusSource } from "@soloist/interface";
import { type App, createApp } from "../app.ts";
import type { Context } from "../context.ts";
import { Response } from "../fetch/response.ts";
import { HttpError } from "../http-error.ts";
import { acceptedQuality } from "../router/media.ts";
import { statusPage } from "./page.ts";
import { emitPrometheus, PROMETHEUS } from "./prometheus.ts";

const FORMATS = ["html", "json", "prometheus"] as const;
type Format = (typeof FORMATS)[number];

/**
 * An app that says how the machine is: a page for people, JSON, or the text format of Prometheus, as `?format=html`, `json` or
 * `prometheus` asks for, or else what the request accepts. Prometheus itself asks for the last by its Accept header.
 *
 * It tells strangers a good deal about the machine: guard it.
 *
 * @example
 * const page = status([machineStatus(), stackStatus(stack), httpStatus(counters)]);
 * app.mount("/_soloist", page.use(basicAuth((_user, password) => equalSecrets(password, secret))));
 */
export function status(sources: readonly StatusSource[], { title = "Soloist" }: { readonly title?: string } = {}): App {
  return createApp().get("/", (context) => {
    const { type, text } = emitStatus(formatOf(context), title, sources);
    return new Response(text, {
      headers: {
        "content-type": type,
        vary: "accept",
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      },
    });
  });
}

function emitStatus(format: Format, title: string, sources: readonly StatusSource[]): { type: string; text: string } {
  if (format === "html") {
    return { type: "text/html; charset=utf-8", text: statusPage(title, sources).toString() };
  }
  if (format === "prometheus") {
    return { type: PROMETHEUS, text: emitPrometheus(sources.flatMap((source) => source.metrics())) };
  }
  const sections = sources.map((source) => ({ title: source.title, metrics: source.metrics() }));
  return { type: "application/json", text: JSON.stringify({ title, sections }) };
}

function formatOf({ query, request }: Context): Format {
  const asked = query.get("format");
  if (asked !== null && asked !== undefined) {
    const found = FORMATS.find((format) => format === asked);
    if (found === undefined) throw new HttpError(400, `format is one of ${FORMATS.join(", ")}`);
    return found;
  }
  const accept = request.headers.get("accept");
  const html = acceptedQuality(accept, "text/html");
  const text = acceptedQuality(accept, "text/plain");
  const json = acceptedQuality(accept, "application/json");
  if (html >= text && html >= json) return "html";
  return text >= json ? "prometheus" : "json";
}
