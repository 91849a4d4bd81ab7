import type { Endpoint } from "@soloist/interface";
import { lowerName, NOERROR, NXDOMAIN, recordCode } from "@soloist/net/dns";
import { FAILURE, type Resolution } from "../server/reply.ts";
import type { Resolve } from "../server/server.ts";
import type { ServerBook } from "./servers.ts";
import type { Ask } from "./types.ts";

/** Milliseconds that an upstream has, in the first round and in the second: clients ask again after five seconds. */
const ROUNDS: readonly number[] = [700, 1500];
/** CNAMEs of one answer that are followed. */
export const MAX_LINKS = 16;

export interface ForwarderOptions {
  readonly upstreams: readonly Endpoint[];
  readonly ask: Ask;
  readonly servers: ServerBook;
  /** Milliseconds since boot. */
  readonly now: () => number;
}

/** Leaves the work to other resolvers: the fastest that is well first, the next one when it fails. */
export function createForwarder({ upstreams, ask, servers, now }: ForwarderOptions): Resolve {
  return async (name, type) => {
    for (const timeout of ROUNDS) {
      for (const server of servers.sorted(upstreams, now())) {
        const began = now();
        const { message } = await ask(server.endpoint, name, type, { recursion: true, timeout });
        if (message === undefined) {
          servers.failed(server, now());
          continue;
        }
        servers.answered(server, now() - began);
        if (message.rcode !== NOERROR && message.rcode !== NXDOMAIN) continue;
        return {
          rcode: message.rcode,
          answers: chain(name, type, message.answers).answers,
          authorities: message.authorities.filter((record) => record.type === "SOA").slice(0, 1),
        };
      }
    }
    return FAILURE;
  };
}

/** The records on the way from `name` over CNAMEs to those of `type`: nothing else in an answer is believed (RFC 5452 6). */
export function chain(
  name: string,
  type: number,
  records: Resolution["answers"],
): { answers: Resolution["answers"]; last: string } {
  const answers: Resolution["answers"][number][] = [];
  let owner = lowerName(name);
  for (let links = 0; links < MAX_LINKS; links++) {
    const own = records.filter((record) => record.class === 1 && lowerName(record.name) === owner);
    const wanted = own.filter((record) => recordCode(record) === type);
    // Servers repeat the random case of the question: that is no business of clients, and names in one case are compressed.
    for (const record of wanted) answers.push({ ...record, name: owner });
    if (wanted.length > 0) return { answers, last: owner };
    const alias = own.find((record) => record.type === "CNAME");
    if (alias?.type !== "CNAME") break;
    answers.push({ ...alias, name: owner });
    owner = lowerName(alias.target);
  }
  return { answers, last: owner };
}
