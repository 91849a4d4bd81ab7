import type { Flow, Listener } from "@soloist/interface";
import { type App, DEVICES, type DirectApp, type FetchApp } from "./app.ts";
import { useBytes } from "./bytes.ts";
import { makeDevices } from "./devices.ts";
import type { HeaderBlock } from "./http/header-block.ts";
import { DEFAULT_LIMITS, type Limits } from "./http/limits.ts";
import { Output } from "./http/output.ts";
import { ResponseHeads } from "./http/response-heads.ts";
import { useLog } from "./log.ts";
import { Session } from "./session.ts";

/** What happened since the server started. Read it at any time. */
export interface ServeCounters {
  /** Connections that were accepted. */
  connections: number;
  /** Requests that reached the app. */
  requests: number;
  /** Connections that were turned away with 503, over `maxConnections`. */
  turnedAway: number;
  /** Requests that could not be read, or broke a limit, by the refusal's code. */
  readonly refused: Record<string, number>;
  /** Connections that were ended because the client was silent for too long. */
  timeouts: number;
  /** Handlers that threw, or whose stream did. */
  failures: number;
}

export interface ServeOptions<Env = unknown> extends Partial<Limits> {
  /** What all handlers see as `env`; other makers' apps get it as the second argument of `fetch`. */
  readonly env?: Env;
  /** Stops the server: no new connections, requests that run get their answers, `serve` resolves. */
  readonly signal?: AbortSignal;
  /** Connections at a time; 503 above it. Default 4,096. */
  readonly maxConnections?: number;
  /** Seconds for a request line and its headers, from the first byte; 408. Default 10. */
  readonly headerTimeout?: number;
  /** Seconds between requests. Default 60. */
  readonly idleTimeout?: number;
  /** Seconds without a byte of a request's content that is being read, or without room for a response's. Default 30. */
  readonly stallTimeout?: number;
  /**
   * Bytes of contents at a time that are held for handlers: what came together with its request, and what is read as a whole, by
   * `text()`, `json()`, `bytes()`, `formData()`…, until the request is answered; 503 above it. Content that a handler reads piece by
   * piece does not count. Default 16 MiB, at least twice `maxBody`.
   */
  readonly maxContents?: number;
  /** Requests at a time whose handlers or streams are not done yet; 503 above it. Default 4,096: one a connection. */
  readonly maxInFlight?: number;
  /**
   * Bytes a second that a request's content has to come with, on average, once the client was waited for `stallTimeout`
   * long in all; 408 below it. Time that a handler does not read counts for nobody. Default 100.
   */
  readonly minBodyRate?: number;
  /** Seconds that running requests get when the server stops. Default 10. */
  readonly stopTimeout?: number;
  /** Milliseconds since the epoch, for the Date header. Default `Date.now`. */
  readonly now?: () => number;
  /** Filled in while the server runs. */
  readonly counters?: ServeCounters;
}

/** Counters that start from zero, for {@link ServeOptions.counters}. */
export function createCounters(): ServeCounters {
  return { connections: 0, requests: 0, turnedAway: 0, refused: {}, timeouts: 0, failures: 0 };
}

// biome-ignore lint/suspicious/noExplicitAny: what its handlers see beside what it is given does not matter here
type GivenOf<Served> = Served extends App<infer Given, any> ? Given : unknown;

/** Options of {@link serve}: left out only where the app needs no `env`. */
export type OptionsFor<Served> =
  unknown extends GivenOf<Served>
    ? [options?: ServeOptions]
    : [options: ServeOptions & { readonly env: GivenOf<Served> }];

/** Bytes that one turn of a connection reads at most. */
const WINDOW = 64 * 1024;
/** Bytes of all contents that are held. */
const MAX_CONTENTS = 16 * 1024 * 1024;
/** Milliseconds between two looks at the connections; all timeouts are counted in these. */
const TICK = 1000;

/** What the connections of one server share. One turn of a connection has buffers and output for itself: turns do not wait. */
export interface Server {
  readonly app: FetchApp | (FetchApp & DirectApp);
  readonly env: unknown;
  readonly limits: Limits;
  readonly heads: ResponseHeads;
  readonly output: Output;
  readonly window: Uint8Array<ArrayBuffer>;
  readonly counters: ServeCounters;
  readonly headerTicks: number;
  readonly idleTicks: number;
  readonly stallTicks: number;
  readonly maxInFlight: number;
  readonly maxContents: number;
  /** Bytes for each sweep. */
  readonly minBodyRate: number;
  inFlight: number;
  /** Bytes of contents that are held. */
  held: number;
  /** Sweeps since the start: the server's only clock. */
  tick: number;
  stopping: boolean;
  /** The header section that the last new client sent; the next one is probably of the same make. */
  remembered: HeaderBlock | undefined;
  /** Called by a session once its connection is gone. */
  ended(session: Session): void;
}

/**
 * Serves HTTP/1.1 on a listener until it is closed or `signal` is aborted, and resolves when the last connection is done.
 *
 * A handler that throws is answered with 500 and logged; a client that breaks the protocol, a limit or a deadline loses its
 * connection. Neither stops the server.
 *
 * @example
 * await serve(tcp.listen({ port: 80 }), createApp().get("/", () => "Hello\n"));
 */
export async function serve<Served extends FetchApp>(
  listener: Listener,
  app: Served,
  ...[given]: OptionsFor<Served>
): Promise<void> {
  const options: ServeOptions = given ?? {};
  // Finalised last of all: requests that run while the server stops have their devices.
  await using devices = await makeDevices(
    (app as { readonly [DEVICES]?: App[typeof DEVICES] })[DEVICES] ?? [],
    options.env,
  );
  // A listener that was made without helpers (a test's) leaves the portable ones in place.
  if (listener.bytes !== undefined) useBytes(listener.bytes);
  useLog(listener.log);
  const limits: Limits = {
    maxRequestLine: options.maxRequestLine ?? DEFAULT_LIMITS.maxRequestLine,
    maxHeaderBytes: options.maxHeaderBytes ?? DEFAULT_LIMITS.maxHeaderBytes,
    maxHeaders: options.maxHeaders ?? DEFAULT_LIMITS.maxHeaders,
    maxBody: options.maxBody ?? DEFAULT_LIMITS.maxBody,
    maxChunkLine: options.maxChunkLine ?? DEFAULT_LIMITS.maxChunkLine,
  };
  const maxConnections = options.maxConnections ?? 4096;
  const stopTicks = ticks(options.stopTimeout ?? 10);
  const now = options.now ?? Date.now;
  const sessions = new Set<Session>();
  let done: (() => void) | undefined;
  let sweeping = false;
  let stopTick = 0;

  const server: Server = {
    app,
    env: devices.env,
    limits,
    heads: new ResponseHeads(),
    output: new Output(),
    window: new Uint8Array(Math.max(WINDOW, limits.maxRequestLine + limits.maxHeaderBytes + limits.maxChunkLine)),
    counters: options.counters ?? createCounters(),
    headerTicks: ticks(options.headerTimeout ?? 10),
    idleTicks: ticks(options.idleTimeout ?? 60),
    stallTicks: ticks(options.stallTimeout ?? 30),
    maxInFlight: options.maxInFlight ?? 4096,
    maxContents: options.maxContents ?? Math.max(MAX_CONTENTS, 2 * limits.maxBody),
    minBodyRate: ((options.minBodyRate ?? 100) * TICK) / 1000,
    inFlight: 0,
    held: 0,
    tick: 0,
    stopping: false,
    remembered: undefined,
    ended(session) {
      sessions.delete(session);
      if (sessions.size === 0) done?.();
    },
  };

  // One timer for all connections, and none while there are no connections: an idle image sleeps.
  const sweep = () => {
    if (sessions.size === 0) {
      sweeping = false;
      return;
    }
    server.tick++;
    server.heads.setDate(now());
    for (const session of sessions) session.sweep();
    if (server.stopping && server.tick - stopTick >= stopTicks) for (const session of sessions) session.abort();
    setTimeout(sweep, TICK);
  };

  const stop = () => {
    if (server.stopping) return;
    server.stopping = true;
    stopTick = server.tick;
    listener.close();
    for (const session of sessions) session.stop();
  };
  const signal = options.signal;
  if (signal?.aborted) stop();
  else signal?.addEventListener("abort", stop);

  try {
    for (;;) {
      const flow = await listener.accept();
      if (flow === undefined) break;
      server.counters.connections++;
      if (sessions.size >= maxConnections || server.stopping) {
        server.counters.turnedAway++;
        turnAway(flow);
        continue;
      }
      if (!sweeping) {
        sweeping = true;
        server.heads.setDate(now());
        setTimeout(sweep, TICK);
      }
      const session = new Session(server, flow);
      sessions.add(session);
      session.wake();
    }
    // A listener that somebody else closed ends the server in the same way.
    stop();
    if (sessions.size > 0) await new Promise<void>((resolve) => (done = resolve));
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function ticks(seconds: number): number {
  return Math.max(1, Math.ceil((seconds * 1000) / TICK));
}

const UNAVAILABLE = Uint8Array.from(
  "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
  (character) => character.charCodeAt(0),
);

function turnAway(flow: Flow): void {
  try {
    flow.writeFrom(UNAVAILABLE, 0, UNAVAILABLE.length);
  } catch {
    // It is gone already.
  }
  flow.close().catch(() => flow.abort());
}
