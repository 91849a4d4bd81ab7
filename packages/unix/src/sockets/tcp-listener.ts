import { createServer, type Socket } from "node:net";
import type { ByteHelpers, Endpoint, Listener, Logger, WaitOptions } from "@soloist/interface";
import { limited } from "@soloist/net";
import { wake } from "../machine.ts";
import { after } from "./after.ts";
import { type Binding, bindPort } from "./ports.ts";
import { HostFlow } from "./tcp-flow.ts";

export interface ListenerOptions {
  readonly port: number;
  readonly address: string;
  readonly bytes: ByteHelpers;
  readonly log: ((source: string) => Logger) | undefined;
  /** Connections that wait for `accept`; more are reset. */
  readonly backlog: number;
  readonly receiveBuffer: number;
  readonly sendBuffer: number;
  /** Sets what the app asked for; called for each connection. */
  readonly configure: (socket: Socket) => void;
  /** Open connections of the machine, so that it can end them. */
  readonly sockets: Set<Socket>;
}

/** A listening socket of the host behind the contract of `Listener`. */
export class HostListener implements Listener {
  readonly bytes: ByteHelpers;
  readonly log: ((source: string) => Logger) | undefined;
  readonly local: Endpoint;
  readonly #binding: Binding;
  readonly #server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  readonly #queue: HostFlow[] = [];
  readonly #waiters: ((flow: HostFlow | undefined) => void)[] = [];
  #isClosed = false;

  constructor(options: ListenerOptions) {
    const server = this.#server;
    this.bytes = options.bytes;
    this.log = options.log;
    this.#binding = bindPort(
      "tcp",
      options.port,
      true,
      (address, port) =>
        new Promise((resolve, reject) => {
          server.once("error", reject);
          server.listen({ host: address, port, backlog: options.backlog }, () => {
            server.removeListener("error", reject);
            resolve((server.address() as { port: number }).port);
          });
        }),
    );
    this.local = { address: options.address, port: this.#binding.guest };
    server.on("connection", (socket) => this.#onConnection(socket, options));
  }

  accept(options?: WaitOptions): Promise<HostFlow | undefined> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    const flow = this.#queue.shift();
    if (flow !== undefined || this.#isClosed) return Promise.resolve(flow);
    if (options === undefined) return new Promise((resolve) => this.#waiters.push(resolve));
    return limited(after, options, "nobody connected", (resolve) => {
      this.#waiters.push(resolve);
      return () => void this.#waiters.splice(this.#waiters.indexOf(resolve), 1);
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#binding.release();
    void this.#binding.bound.then(() => this.#server.close());
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
    for (const flow of this.#queue.splice(0)) flow.abort();
    wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<HostFlow> {
    return {
      next: async () => {
        const flow = await this.accept();
        return flow === undefined ? { done: true, value: undefined } : { done: false, value: flow };
      },
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }

  #onConnection(socket: Socket, options: ListenerOptions): void {
    if (this.#isClosed || this.#queue.length >= options.backlog) {
      socket.resetAndDestroy();
      return;
    }
    options.configure(socket);
    options.sockets.add(socket);
    socket.once("close", () => options.sockets.delete(socket));
    const flow = new HostFlow(socket, {
      remote: { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 },
      local: this.local,
      receiveBuffer: options.receiveBuffer,
      sendBuffer: options.sendBuffer,
    });
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter(flow);
    else this.#queue.push(flow);
    wake();
  }
}
