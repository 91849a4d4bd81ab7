import type { Context } from "@soloist/web";
import type { Links } from "./links.ts";

/** What all handlers share. */
export interface Env {
  readonly links: Links;
  /** A sentence that says where links are kept. */
  readonly place: string;
  readonly isPersistent: boolean;
}

/** A request to any route. */
export type Asked = Context<unknown, Env>;

/** This service's authority, as the client calls it. */
export function hostOf({ request }: Pick<Asked, "request">): string {
  return request.headers.get("host") ?? "localhost";
}
