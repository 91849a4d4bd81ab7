import type { ByteHelpers, Endpoint, Listener, Logger, WaitOptions } from "@soloist/interface";
import type { TcpOptionsOfUser } from "../tcp/calls.ts";
import type { TcpConnection } from "../tcp/connection.ts";
import type { SynHandler, TcpLayer } from "../tcp/layer.ts";
import { EVENT_CLOSED, EVENT_CONNECTED } from "../tcp/state.ts";
import { limited, timerOf } from "./limits.ts";
import { TcpFlow, type TcpFlowApi } from "./tcp-flow.ts";

/** What `tcp.listen` gives beyond {@link Listener}: its flows have figures, and options that can be set. */
export interface TcpListenerApi extends Listener {
  accept(options?: WaitOptions): Promise<TcpFlowApi | undefined>;
  [Symbol.asyncIterator](): AsyncIterator<TcpFlowApi>;
}

export class TcpListener implements TcpListenerApi, SynHandler {
  readonly options: TcpOptionsOfUser;
  readonly localAddress: number;
  readonly #layer: TcpLayer;
  readonly #backlog: number;
  readonly #address: () => string;
  #port = 0;
  #closed = false;
  /** Connections that are not accepted yet: first in the handshake, oldest first, then in the queue. */
  readonly #halfOpen = new Set<TcpConnection>();
  readonly #queue: TcpFlow[] = [];
  readonly #waiters: ((flow: TcpFlow | undefined) => void)[] = [];

  constructor(
    layer: TcpLayer,
    port: number,
    address: () => string,
    backlog: number,
    options: TcpOptionsOfUser,
    localAddress = 0,
  ) {
    this.localAddress = localAddress;
    this.#layer = layer;
    this.#address = address;
    this.#backlog = backlog;
    this.options = options;
    this.#port = layer.listen(port, this);
    layer.addresses.retain(localAddress);
  }

  get bytes(): ByteHelpers {
    return this.#layer.bytes;
  }

  get log(): ((source: string) => Logger) | undefined {
    return this.#layer.loggers;
  }

  get local(): Endpoint {
    return { address: this.#address(), port: this.#port };
  }

  get open(): boolean {
    return this.#queue.length < this.#backlog && !this.#layer.pool.pressure;
  }

  admit(): boolean {
    // Memory is spent on those who are here already: new ones would get nothing but a share of too little.
    if (this.#layer.pool.pressure) return false;
    return this.#halfOpen.size + this.#queue.length < this.#backlog;
  }

  onSyn(c: TcpConnection): void {
    this.#halfOpen.add(c);
  }

  onEvents(c: TcpConnection, events: number): void {
    if ((events & EVENT_CONNECTED) !== 0) {
      this.#halfOpen.delete(c);
      const flow = new TcpFlow(this.#layer, c);
      c.owner = flow;
      if (this.#closed) {
        flow.abort();
        return;
      }
      const waiter = this.#waiters.shift();
      if (waiter !== undefined) {
        waiter(flow);
        this.#layer.woken = true;
      } else {
        this.#queue.push(flow);
      }
    } else if ((events & EVENT_CLOSED) !== 0) {
      this.#halfOpen.delete(c);
    }
  }

  accept(options?: WaitOptions): Promise<TcpFlowApi | undefined> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    const flow = this.#queue.shift();
    if (flow !== undefined || this.#closed) return Promise.resolve(flow);
    if (options === undefined) return new Promise((resolve) => this.#waiters.push(resolve));
    return limited(timerOf(this.#layer), options, "nobody connected", (resolve) => {
      this.#waiters.push(resolve);
      return () => void this.#waiters.splice(this.#waiters.indexOf(resolve), 1);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#layer.unlisten(this.#port);
    this.#layer.addresses.release(this.localAddress);
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
    // Nobody will ever take these (RFC 9293 3.10.4 leaves it to us): their peers should know.
    for (const flow of this.#queue.splice(0)) flow.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<TcpFlowApi> {
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
}
