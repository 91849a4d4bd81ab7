/** Makers of previews and indexes: they fetch every link that they see, and are nobody's visit. */
const ROBOT = /bot\b|bot\/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|embedly|monitor/i;

/** Whether a request is a person's visit: not a robot by its own word, not fetched ahead of time, not HEAD. */
export function isVisit(method: string, headers: { get(name: string): string | null }): boolean {
  if (method !== "GET") return false;
  if (/prefetch|prerender|preview/i.test(headers.get("sec-purpose") ?? headers.get("purpose") ?? "")) return false;
  return !ROBOT.test(headers.get("user-agent") ?? "");
}
