import type { Listener } from "@soloist/interface";
import type { TcpFlowApi } from "@soloist/net";
import { argumentError } from "../errors.ts";
import EventEmitter from "../modules/events.ts";
import { network } from "../network.ts";
import { describe } from "./failures.ts";
import { Socket } from "./socket.ts";

export interface ServerOptions {
  readonly allowHalfOpen?: boolean;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
}

export interface ListenOptions {
  readonly port?: number;
  readonly host?: string;
  readonly backlog?: number;
  readonly signal?: AbortSignal;
}

type Callback = (...args: never[]) => void;

/** Node.js's `net.Server` over a listener of `@soloist/net`. */
export class Server extends EventEmitter {
  maxConnections: number | undefined;
  readonly #options: ServerOptions;
  readonly #sockets = new Set<Socket>();
  #listener: Listener | undefined;

  constructor(options?: ServerOptions | Callback, onConnection?: Callback) {
    super();
    this.#options = typeof options === "object" ? options : {};
    const handler = typeof options === "function" ? options : onConnection;
    if (handler !== undefined) this.on("connection", handler);
  }

  get listening(): boolean {
    return this.#listener !== undefined;
  }

  listen(...args: unknown[]): this {
    const done = args.at(-1);
    if (typeof done === "function") this.once("listening", done as Callback);
    const [first, second, third] = args;
    const options: ListenOptions =
      typeof first === "object" && first !== null
        ? first
        : {
            port: Number(typeof first === "function" ? 0 : (first ?? 0)),
            ...(typeof second === "string" ? { host: second } : {}),
            ...(typeof third === "number" ? { backlog: third } : {}),
          };
    if (this.#listener !== undefined) throw argumentError("ERR_SERVER_ALREADY_LISTEN", "the server listens already");
    const { port = 0, host, backlog, signal } = options;
    const everywhere = host === undefined || host === "" || host === "0.0.0.0" || host === "::";
    try {
      const address = everywhere ? {} : { address: host === "localhost" ? "127.0.0.1" : host };
      const listener = network().tcp.listen({ port, ...address, ...(backlog === undefined ? {} : { backlog }) });
      this.#listener = listener;
      signal?.addEventListener("abort", () => this.close());
      void this.#serve(listener);
      queueMicrotask(() => this.emit("listening"));
    } catch (error) {
      queueMicrotask(() => this.emit("error", describe(error, "listen", host, port)));
    }
    return this;
  }

  address(): { address: string; family: string; port: number } | null {
    const local = this.#listener?.local;
    if (local === undefined) return null;
    return { ...local, family: local.address.includes(":") ? "IPv6" : "IPv4" };
  }

  /** Takes no more connections; "close" when those there are have ended. */
  close(done?: (error?: Error) => void): this {
    if (this.#listener === undefined) {
      const error = Object.assign(new Error("Server is not running."), { code: "ERR_SERVER_NOT_RUNNING" });
      if (done !== undefined) queueMicrotask(() => done(error));
      return this;
    }
    if (done !== undefined) this.once("close", () => done());
    this.#listener.close();
    this.#listener = undefined;
    this.#closeIfEmpty();
    return this;
  }

  getConnections(done: (error: Error | null, count: number) => void): void {
    queueMicrotask(() => done(null, this.#sockets.size));
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  async #serve(listener: Listener): Promise<void> {
    for await (const flow of listener) {
      if (this.maxConnections !== undefined && this.#sockets.size >= this.maxConnections) {
        flow.abort();
        this.emit("drop", { remoteAddress: flow.remote.address, remotePort: flow.remote.port });
        continue;
      }
      const { allowHalfOpen = false, noDelay, keepAlive, keepAliveInitialDelay } = this.#options;
      const socket = new Socket({ allowHalfOpen }, flow as TcpFlowApi);
      if (noDelay !== undefined) socket.setNoDelay(noDelay);
      if (keepAlive !== undefined) socket.setKeepAlive(keepAlive, keepAliveInitialDelay);
      this.#sockets.add(socket);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        this.#closeIfEmpty();
      });
      this.emit("connection", socket);
      if (!socket.isPaused()) socket.read(0);
    }
  }

  #closeIfEmpty(): void {
    if (this.#listener === undefined && this.#sockets.size === 0) queueMicrotask(() => this.emit("close"));
  }
}

export function createServer(options?: ServerOptions | Callback, onConnection?: Callback): Server {
  return new Server(options, onConnection);
}
