import type { Endpoint } from "@soloist/interface";
import type { TcpFlowApi } from "@soloist/net";
import { argumentError, NotSupportedError } from "../errors.ts";
import { Buffer } from "../modules/buffer.ts";
import { Duplex } from "../modules/stream.ts";
import { network } from "../network.ts";
import { isIP } from "./addresses.ts";
import { describe } from "./failures.ts";

/** Written as one piece below this length: one call and one copy in place of many. */
const GATHER = 64 * 1024;
const KEEP_ALIVE = 7_200_000;

export interface SocketOptions {
  readonly allowHalfOpen?: boolean;
  readonly signal?: AbortSignal;
}

type Lookup = (
  host: string,
  options: object,
  done: (error: Error | null, found: unknown, family?: number) => void,
) => void;

export interface ConnectOptions extends SocketOptions {
  readonly port: number | string;
  readonly host?: string;
  /** Not supported. */
  readonly path?: string;
  readonly lookup?: Lookup;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
  /** Milliseconds of silence until "timeout". */
  readonly timeout?: number;
}

type Ends = (error?: Error | null) => void;

/** A stream over a flow of `@soloist/net`: what Node.js's `net.Socket` is over a socket of the system. */
export class Socket extends Duplex {
  connecting = false;
  bytesRead = 0;
  timeout = 0;
  #bytesWritten = 0;
  #flow: TcpFlowApi | undefined;
  #controller: AbortController | undefined;
  #reading = false;
  #noDelay = true;
  #keepAlive = 0;
  #remote: Endpoint | undefined;
  #local: Endpoint | undefined;
  #idle: number | undefined;
  #lastActive = 0;

  constructor(options: SocketOptions = {}, flow?: TcpFlowApi) {
    super({ allowHalfOpen: options.allowHalfOpen ?? false, autoDestroy: true, emitClose: true, decodeStrings: true });
    const { signal } = options;
    if (signal !== undefined) {
      const onAbort = (): void => void this.destroy(signal.reason as Error);
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort);
    }
    if (flow !== undefined) this.#attach(flow);
  }

  get pending(): boolean {
    return this.#flow === undefined;
  }

  get readyState(): string {
    if (this.connecting) return "opening";
    if (this.#flow === undefined) return "closed";
    if (this.readable && this.writable) return "open";
    return this.readable ? "readOnly" : this.writable ? "writeOnly" : "closed";
  }

  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength;
  }

  get remoteAddress(): string | undefined {
    return this.#remote?.address;
  }

  get remotePort(): number | undefined {
    return this.#remote?.port;
  }

  get remoteFamily(): string | undefined {
    return family(this.#remote);
  }

  get localAddress(): string | undefined {
    return this.#local?.address;
  }

  get localPort(): number | undefined {
    return this.#local?.port;
  }

  address(): { address: string; family: string; port: number } | Record<string, never> {
    const local = this.#local;
    return local === undefined ? {} : { address: local.address, family: family(local)!, port: local.port };
  }

  connect(...args: unknown[]): this {
    const { options, done } = connectArguments(args);
    if (done !== undefined) this.once("connect", done as () => void);
    if (options.path !== undefined) throw new NotSupportedError("net.connect", "there are no Unix sockets in an image");
    const port = Number(options.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535 || options.port === "") {
      throw argumentError("ERR_SOCKET_BAD_PORT", `Port should be >= 0 and < 65536. Received ${String(options.port)}.`);
    }
    if (options.noDelay !== undefined) this.setNoDelay(options.noDelay);
    if (options.keepAlive !== undefined) this.setKeepAlive(options.keepAlive, options.keepAliveInitialDelay);
    if (options.timeout !== undefined) this.setTimeout(options.timeout);
    this.connecting = true;
    this.#controller = new AbortController();
    void this.#open(options.host || "localhost", port, options.lookup, this.#controller.signal);
    return this;
  }

  setNoDelay(on = true): this {
    this.#noDelay = on;
    this.#flow?.setNoDelay(on);
    return this;
  }

  setKeepAlive(on = false, delay = 0): this {
    this.#keepAlive = on ? delay || KEEP_ALIVE : 0;
    this.#flow?.setKeepAlive(this.#keepAlive);
    return this;
  }

  /** "timeout" after so many milliseconds without a byte in either direction; 0: never. */
  setTimeout(milliseconds: number, done?: () => void): this {
    this.timeout = milliseconds;
    if (done !== undefined) {
      if (milliseconds > 0) this.once("timeout", done);
      else this.removeListener("timeout", done);
    }
    globalThis.clearTimeout(this.#idle);
    this.#idle = undefined;
    if (milliseconds > 0) this.#watch();
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** Closes with RST in place of FIN. */
  resetAndDestroy(): this {
    this.#flow?.abort();
    return this.destroy();
  }

  /** Node says with "close" whether there was an error, streams say it without. */
  override emit(name: string | symbol, ...args: unknown[]): boolean {
    return name === "close" ? super.emit(name, this.errored !== null) : super.emit(name, ...args);
  }

  override _read(size: number): void {
    const flow = this.#flow;
    if (flow === undefined) {
      this.once("connect", () => this._read(size));
    } else if (!this.#reading) {
      this.#reading = true;
      void this.#pull(flow);
    }
  }

  override _write(chunk: Uint8Array, encoding: string, done: Ends): void {
    const flow = this.#flow;
    if (flow === undefined) {
      this.once("connect", () => this._write(chunk, encoding, done));
      return;
    }
    this.#bytesWritten += chunk.length;
    this.#touch();
    flow.write(chunk).then(
      () => done(),
      (error) => done(describe(error, "write")),
    );
  }

  override _writev(chunks: { chunk: Uint8Array; encoding: string }[], done: Ends): void {
    if (this.#flow === undefined) {
      this.once("connect", () => this._writev(chunks, done));
      return;
    }
    let length = 0;
    for (const { chunk } of chunks) length += chunk.length;
    if (length <= GATHER) {
      const all = new Uint8Array(length);
      let at = 0;
      for (const { chunk } of chunks) {
        all.set(chunk, at);
        at += chunk.length;
      }
      this._write(all, "buffer", done);
    } else {
      void this.#writeEach(chunks, done);
    }
  }

  override _final(done: Ends): void {
    if (this.#flow === undefined) {
      if (!this.connecting) done();
      else this.once("connect", () => this._final(done));
      return;
    }
    this.#flow.shutdown();
    done();
  }

  override _destroy(error: Error | null, done: Ends): void {
    this.connecting = false;
    globalThis.clearTimeout(this.#idle);
    this.#controller?.abort();
    const flow = this.#flow;
    if (error !== null) flow?.abort();
    else flow?.close().catch(() => {});
    done(error);
  }

  async #open(host: string, port: number, lookup: Lookup | undefined, signal: AbortSignal): Promise<void> {
    try {
      const address = lookup === undefined || isIP(host) !== 0 ? host : await this.#lookUp(lookup, host);
      const flow = await network().tcp.connect({ host: address, port, signal, noDelay: this.#noDelay });
      if (this.destroyed) return flow.abort();
      if (this.#keepAlive > 0) flow.setKeepAlive(this.#keepAlive);
      this.#attach(flow);
      this.connecting = false;
      this.emit("connect");
      this.emit("ready");
      // Notices the end also of a connection that nobody reads from yet.
      if (!this.isPaused()) this.read(0);
    } catch (error) {
      if (!signal.aborted) this.destroy(describe(error, "connect", host, port));
    }
  }

  #lookUp(lookup: Lookup, host: string): Promise<string> {
    return new Promise((resolve, reject) => {
      lookup(host, { all: false, family: 0 }, (error, found) => {
        const address = Array.isArray(found) ? (found[0] as { address: string }).address : (found as string);
        this.emit("lookup", error, address, isIP(address ?? ""), host);
        if (error) reject(error);
        else resolve(address);
      });
    });
  }

  #attach(flow: TcpFlowApi): void {
    this.#flow = flow;
    this.#remote = flow.remote;
    this.#local = flow.local;
    this.#touch();
  }

  async #pull(flow: TcpFlowApi): Promise<void> {
    try {
      for (;;) {
        const data = await flow.read();
        this.#touch();
        if (this.destroyed) return;
        if (data === undefined) {
          this.push(null);
          // Nobody listens: the end is noticed all the same, as in Node.js.
          this.read(0);
          return;
        }
        this.bytesRead += data.length;
        if (!this.push(Buffer.from(data.buffer, data.byteOffset, data.length))) break;
      }
      this.#reading = false;
    } catch (error) {
      this.destroy(describe(error, "read"));
    }
  }

  async #writeEach(chunks: readonly { chunk: Uint8Array }[], done: Ends): Promise<void> {
    try {
      for (const { chunk } of chunks) {
        this.#bytesWritten += chunk.length;
        await this.#flow!.write(chunk);
      }
      this.#touch();
      done();
    } catch (error) {
      done(describe(error, "write"));
    }
  }

  #touch(): void {
    if (this.timeout > 0) this.#lastActive = performance.now();
  }

  /** One timer, which looks when it ends whether there was anything meanwhile. */
  #watch(): void {
    this.#lastActive = performance.now();
    const look = (): void => {
      const rest = this.#lastActive + this.timeout - performance.now();
      if (rest > 0) {
        this.#idle = globalThis.setTimeout(look, rest) as unknown as number;
      } else {
        this.#idle = undefined;
        this.emit("timeout");
      }
    };
    this.#idle = globalThis.setTimeout(look, this.timeout) as unknown as number;
  }
}

function family(endpoint: Endpoint | undefined): string | undefined {
  return endpoint === undefined ? undefined : endpoint.address.includes(":") ? "IPv6" : "IPv4";
}

/** `(options, done)`, `(port, host, done)`, `(path, done)`. */
function connectArguments(args: readonly unknown[]): { options: ConnectOptions; done: unknown } {
  const done = typeof args.at(-1) === "function" ? args.at(-1) : undefined;
  const [first, second] = args;
  if (typeof first === "object" && first !== null) return { options: first as ConnectOptions, done };
  if (typeof first === "string" && !/^\d+$/.test(first)) return { options: { port: 0, path: first }, done };
  return { options: { port: first as number, ...(typeof second === "string" ? { host: second } : {}) }, done };
}

/** @example connect({ host: "10.0.0.1", port: 6379 }, () => …) */
export function connect(...args: unknown[]): Socket {
  const { options } = connectArguments(args);
  return new Socket(options).connect(...args);
}

export const createConnection: typeof connect = connect;
