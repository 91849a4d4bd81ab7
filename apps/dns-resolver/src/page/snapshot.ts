import type { ServerBook } from "../resolve/servers.ts";
import type { Server } from "../server/server.ts";
import { type Counters, LATENCY_BOUNDS, type Statistics } from "../server/statistics.ts";

/** What handlers share. */
export interface Env {
  readonly server: Server;
  readonly statistics: Statistics;
  readonly servers: ServerBook;
  readonly isBlocked: (name: string) => boolean;
  readonly blockedNames: number;
  /** Whom questions go to, as a sentence. */
  readonly mode: string;
  /** Whether an address may see what its neighbours look up. */
  readonly isOwn: (address: string) => boolean;
  /** Milliseconds since boot. */
  readonly now: () => number;
}

/** Everything that the page and the API show, at one moment. */
export interface Snapshot {
  readonly mode: string;
  /** Seconds since boot. */
  readonly uptime: number;
  readonly counters: Readonly<Counters>;
  /** Of queries that were not blocked, 0 to 1. */
  readonly hitRate: number;
  readonly blockedRate: number;
  readonly blocklist: number;
  readonly cache: { readonly answers: number; readonly bytes: number };
  /** The last hour, oldest minute first. */
  readonly minutes: readonly { readonly queries: number; readonly blocked: number }[];
  readonly names: readonly { readonly name: string; readonly count: number }[];
  readonly blockedNames: readonly { readonly name: string; readonly count: number }[];
  /** Times until servers had answered, in groups of up to so many milliseconds; null: more. */
  readonly latency: readonly { readonly upTo: number | null; readonly count: number }[];
  /** Milliseconds that half of the questions took at most; null: none was asked, or more than the groups know. */
  readonly median: number | null;
  readonly servers: readonly {
    readonly address: string;
    readonly port: number;
    readonly asked: number;
    readonly failed: number;
    /** Milliseconds, smoothed. */
    readonly rtt: number;
  }[];
}

const NAMES = 10;
const SERVERS = 10;

export function takeSnapshot({ server, statistics, servers, blockedNames, mode, now }: Env): Snapshot {
  const { counters } = statistics;
  const answered = counters.hits + counters.stale + counters.misses;
  const latency = [...statistics.latency].map((count, index) => ({ upTo: LATENCY_BOUNDS[index] ?? null, count }));
  return {
    mode,
    uptime: Math.floor(now() / 1000),
    counters,
    hitRate: answered === 0 ? 0 : (counters.hits + counters.stale) / answered,
    blockedRate: counters.queries === 0 ? 0 : counters.blocked / counters.queries,
    blocklist: blockedNames,
    cache: { answers: server.answers.size, bytes: server.answers.bytes },
    minutes: statistics.minutes(now()),
    names: statistics.names.list(NAMES),
    blockedNames: statistics.blockedNames.list(NAMES),
    latency,
    median: medianOf(latency),
    servers: servers.list(SERVERS).map(({ endpoint, asked, failed, rtt }) => ({
      address: endpoint.address,
      port: endpoint.port,
      asked,
      failed,
      rtt: Math.round(rtt * 10) / 10,
    })),
  };
}

function medianOf(groups: Snapshot["latency"]): number | null {
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  let passed = 0;
  for (const { upTo, count } of groups) {
    passed += count;
    if (total > 0 && passed * 2 >= total) return upTo;
  }
  return null;
}
