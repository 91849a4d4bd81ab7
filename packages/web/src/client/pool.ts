import type { Connector } from "@soloist/interface";
import type { Limits } from "../http/limits.ts";
import { ClientConnection } from "./connection.ts";
import { FetchError } from "./errors.ts";

export interface PoolOptions {
  readonly limits: Limits;
  readonly maxConnections: number;
  readonly maxIdle: number;
  readonly idleTicks: number;
  readonly stallTicks: number;
  readonly connectTimeout: number;
}

/** What happened since the client was made. */
export interface FetchCounters {
  /** Connections that were opened. */
  connections: number;
  /** Requests that were sent, those of redirections and second attempts among them. */
  requests: number;
  /** Requests that went over a connection which had carried one before. */
  reused: number;
  /** Requests that were sent again because the server had closed the connection meanwhile. */
  retries: number;
  redirects: number;
}

/** Milliseconds between two looks at the connections. */
const TICK = 1000;

interface Host {
  /** Connections that carry a request or are being opened. */
  active: number;
  readonly idle: ClientConnection[];
  readonly queue: (() => void)[];
}

/** Connections by host and port, kept while they are of use. */
export class Pool {
  tick = 0;
  readonly counters: FetchCounters = { connections: 0, requests: 0, reused: 0, retries: 0, redirects: 0 };
  readonly #connector: Connector;
  readonly #options: PoolOptions;
  readonly #hosts = new Map<string, Host>();
  readonly #active = new Set<ClientConnection>();
  #sweeping = false;

  constructor(connector: Connector, options: PoolOptions) {
    this.#connector = connector;
    this.#options = options;
  }

  /** A connection to the host, with or without a past; waits while `maxConnections` of them are in use. */
  async acquire(
    host: string,
    port: number,
    signal: AbortSignal | undefined,
    mayReuse: boolean,
  ): Promise<ClientConnection> {
    const key = `${host}:${port}`;
    let entry = this.#hosts.get(key);
    if (entry === undefined) {
      entry = { active: 0, idle: [], queue: [] };
      this.#hosts.set(key, entry);
    }
    while (entry.active >= this.#options.maxConnections) await turn(entry.queue, signal);
    while (mayReuse) {
      const connection = entry.idle.pop();
      if (connection === undefined) break;
      if (connection.fresh) {
        entry.active++;
        this.#active.add(connection);
        this.counters.reused++;
        return connection;
      }
      connection.abort();
    }
    // Full of idle ones: the oldest makes room.
    if (entry.active + entry.idle.length >= this.#options.maxConnections) entry.idle.shift()?.abort();
    entry.active++;
    try {
      const timeout = this.#options.connectTimeout * 1000;
      const options = { host, port, timeout };
      const flow = await this.#connector.connect(signal === undefined ? options : { ...options, signal });
      const connection = new ClientConnection(flow, this.#options.limits, this);
      this.counters.connections++;
      this.#active.add(connection);
      this.#sweepLater();
      return connection;
    } catch (error) {
      this.#left(key, entry);
      throw error;
    }
  }

  /** Gives a connection back: it rests if it may be used again, else it ends. */
  release(host: string, port: number, connection: ClientConnection): void {
    const key = `${host}:${port}`;
    const entry = this.#hosts.get(key)!;
    if (!this.#active.delete(connection)) return;
    if (connection.reusable && entry.idle.length < this.#options.maxIdle) {
      connection.rest();
      connection.since = this.tick;
      entry.idle.push(connection);
      this.#sweepLater();
    } else if (connection.parser.inMessage || !connection.sent) {
      connection.abort();
    } else {
      connection.flow.close().catch(() => connection.abort());
    }
    this.#left(key, entry);
  }

  /** Ends idle connections; those in use end with their requests. */
  close(): void {
    for (const { idle } of this.#hosts.values()) for (const connection of idle.splice(0)) end(connection);
  }

  #left(key: string, entry: Host): void {
    entry.active--;
    const next = entry.queue.shift();
    if (next !== undefined) {
      next();
      return;
    }
    if (entry.active === 0 && entry.idle.length === 0 && entry.queue.length === 0) this.#hosts.delete(key);
  }

  /** One timer for all connections, and none while there are none. */
  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    setTimeout(() => this.#sweep(), TICK);
  }

  #sweep(): void {
    this.#sweeping = false;
    this.tick++;
    const { idleTicks, stallTicks } = this.#options;
    let left = this.#active.size;
    for (const [key, entry] of this.#hosts) {
      const { idle } = entry;
      // The oldest is in front.
      while (idle.length > 0 && (this.tick - idle[0]!.since > idleTicks || !idle[0]!.fresh)) end(idle.shift()!);
      left += idle.length;
      if (entry.active === 0 && idle.length === 0 && entry.queue.length === 0) this.#hosts.delete(key);
    }
    for (const connection of this.#active) {
      if (connection.waiting && this.tick - connection.since > stallTicks) {
        connection.abort(new FetchError("ERR_STALLED", "The server was silent for too long"));
      }
    }
    if (left > 0) this.#sweepLater();
  }
}

function end(connection: ClientConnection): void {
  connection.flow.close().catch(() => connection.abort());
}

/** Waits for one's turn, or for the signal. */
function turn(queue: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = () => {
      signal?.removeEventListener("abort", leave);
      resolve();
    };
    const leave = () => {
      const at = queue.indexOf(go);
      if (at >= 0) queue.splice(at, 1);
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", leave);
    queue.push(go);
  });
}
