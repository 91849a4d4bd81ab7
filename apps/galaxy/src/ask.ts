import type { Fetch } from "@soloist/web";

/** What a machine says of itself, in seconds, requests and bytes; or why it says nothing. */
export type Report =
  | { readonly name: string; readonly uptime: number; readonly requests: number; readonly heap: number }
  | { readonly name: string; readonly problem: string };

export interface Asking {
  readonly fetch: Fetch;
  /** Of the machines' status pages. */
  readonly password: string;
}

const TIMEOUT = 2000;

/** Asks a machine for its status page, as JSON. */
export async function ask(name: string, { fetch, password }: Asking): Promise<Report> {
  try {
    const response = await fetch(`http://${name}/_soloist?format=json`, {
      headers: { authorization: `Basic ${btoa(`galaxy:${password}`)}` },
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) return { name, problem: `answers ${response.status}` };
    const metrics = metricsOf(await response.json());
    return {
      name,
      uptime: metrics.get("soloist_uptime_seconds") ?? 0,
      requests: metrics.get("http_requests_total") ?? 0,
      heap: metrics.get("soloist_heap_bytes") ?? 0,
    };
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error) };
  }
}

function metricsOf(page: unknown): ReadonlyMap<string, number> {
  const { sections } = page as { sections: { metrics: { name: string; value: number }[] }[] };
  return new Map(sections.flatMap(({ metrics }) => metrics.map(({ name, value }) => [name, value] as const)));
}
