/** `dgram`: UDP over the stack that `run` opened. */
import type { Endpoint } from "@soloist/interface";
import type { ConnectedUdpSocket, UdpSocket } from "@soloist/net";
import { argumentError } from "../errors.ts";
import { isIP } from "../net/addresses.ts";
import { describe } from "../net/failures.ts";
import { network } from "../network.ts";
import { Buffer } from "./buffer.ts";
import EventEmitter from "./events.ts";

export interface RemoteInfo {
  readonly address: string;
  readonly family: string;
  readonly port: number;
  readonly size: number;
}

export interface SocketOptions {
  readonly type: string;
  readonly signal?: AbortSignal;
}

type Done = (error: Error | null, bytes?: number) => void;
type Message = string | Uint8Array | readonly (string | Uint8Array)[];

/** Node.js's `dgram.Socket`. */
export class Socket extends EventEmitter {
  readonly type: string;
  #socket: UdpSocket | ConnectedUdpSocket | undefined;
  #remote: Endpoint | undefined;
  #closed = false;
  #ttl: number | undefined;

  constructor(options: SocketOptions) {
    super();
    this.type = options.type;
    const { signal } = options;
    if (signal?.aborted) this.close();
    else signal?.addEventListener("abort", () => this.close());
  }

  /** `bind(port?, address?, done?)` or `bind({ port?, address? }, done?)` */
  bind(...args: unknown[]): this {
    const done = args.at(-1);
    if (typeof done === "function") this.once("listening", done as () => void);
    const [first, second] = args;
    const options = (
      typeof first === "object" && first !== null
        ? first
        : { port: typeof first === "number" ? first : 0, address: typeof second === "string" ? second : undefined }
    ) as { port?: number; address?: string };
    if (this.#socket !== undefined) throw argumentError("ERR_SOCKET_ALREADY_BOUND", "Socket is already bound");
    try {
      this.#open(options.port ?? 0, options.address);
      queueMicrotask(() => {
        if (!this.#closed) this.emit("listening");
      });
    } catch (error) {
      queueMicrotask(() => this.emit("error", describe(error, "bind", options.address, options.port)));
    }
    return this;
  }

  /** Takes datagrams of one peer only, and sends to it. `connect(port, address?, done?)` */
  connect(port: number, address?: string | Done, done?: () => void): void {
    if (typeof address === "function") {
      this.connect(port, undefined, address as () => void);
      return;
    }
    if (done !== undefined) this.once("connect", done);
    const remote = { address: address ?? "127.0.0.1", port };
    const before = this.#socket;
    before?.close();
    try {
      const local = before === undefined ? {} : { port: before.local.port };
      this.#remote = remote;
      this.#receive(network().udp.connect({ remote, ...local, ...this.#options() }));
      queueMicrotask(() => this.emit("connect"));
    } catch (error) {
      this.#remote = undefined;
      queueMicrotask(() => this.emit("error", describe(error, "connect", remote.address, port)));
    }
  }

  /** `send(data, [offset, length,] [port, [address,]] done?)` */
  send(data: Message, ...args: unknown[]): void {
    const done = typeof args.at(-1) === "function" ? (args.pop() as Done) : undefined;
    let bytes = gather(data);
    const hasRange = this.#remote === undefined ? typeof args[1] === "number" : args.length >= 2;
    if (hasRange) {
      const [offset, length] = args.splice(0, 2) as [number, number];
      bytes = bytes.subarray(offset, offset + length);
    }
    const [port, address = "127.0.0.1"] = args as [number | undefined, string | undefined];
    void this.#send(bytes, port, address, done);
  }

  address(): { address: string; family: string; port: number } {
    if (this.#socket === undefined) throw argumentError("EBADF", "the socket is not bound");
    return { ...this.#socket.local, family: this.#family };
  }

  remoteAddress(): { address: string; family: string; port: number } {
    if (this.#remote === undefined) throw argumentError("ERR_SOCKET_DGRAM_NOT_CONNECTED", "Not connected");
    return { ...this.#remote, family: this.#family };
  }

  close(done?: () => void): this {
    if (done !== undefined) this.once("close", done);
    if (this.#closed) return this;
    this.#closed = true;
    this.#socket?.close();
    queueMicrotask(() => this.emit("close"));
    return this;
  }

  addMembership(group: string): void {
    if (this.#socket === undefined) this.#open(0, undefined);
    this.#socket!.join(group);
  }

  dropMembership(group: string): void {
    this.#socket?.leave(group);
  }

  /** Before the socket is bound. */
  setTTL(ttl: number): number {
    this.#ttl = ttl;
    return ttl;
  }

  /** Broadcasts may always be sent. */
  setBroadcast(_on: boolean): void {}
  setMulticastLoopback(on: boolean): boolean {
    return on;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  get #family(): string {
    return this.type === "udp6" ? "IPv6" : "IPv4";
  }

  #options(): { ttl?: number } {
    return this.#ttl === undefined ? {} : { ttl: this.#ttl };
  }

  #open(port: number, address: string | undefined): void {
    const everywhere = address === undefined || address === "" || address === "0.0.0.0" || address === "::";
    this.#receive(network().udp.bind({ port, ...(everywhere ? {} : { address }), ...this.#options() }));
  }

  #receive(socket: UdpSocket | ConnectedUdpSocket): void {
    this.#socket = socket;
    void (async () => {
      while (this.#socket === socket) {
        try {
          const datagram = await socket.receive();
          if (datagram === undefined) return;
          const { data, remote } = datagram;
          const family = remote.address.includes(":") ? "IPv6" : "IPv4";
          const info: RemoteInfo = { ...remote, family, size: data.length };
          this.emit("message", Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.length), info);
        } catch (error) {
          this.emit("error", describe(error, "recv"));
        }
      }
    })();
  }

  async #send(data: Uint8Array, port: number | undefined, address: string, done: Done | undefined): Promise<void> {
    try {
      if (this.#closed) throw argumentError("ERR_SOCKET_DGRAM_NOT_RUNNING", "Not running");
      if (this.#socket === undefined) {
        this.#open(0, undefined);
        this.emit("listening");
      }
      if (this.#remote !== undefined) {
        (this.#socket as ConnectedUdpSocket).send(data);
      } else {
        const known = address === "localhost" ? "127.0.0.1" : address;
        const found = isIP(known) === 0 ? (await network().dns.lookup(known))[0]!.address : known;
        (this.#socket as UdpSocket).send(data, { address: found, port: port ?? 0 });
      }
      done?.(null, data.length);
    } catch (error) {
      const failure = describe(error, "send", address, port);
      if (done === undefined) this.emit("error", failure);
      else done(failure);
    }
  }
}

function gather(data: Message): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  if (data instanceof Uint8Array) return data;
  return Buffer.concat(data.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

export function createSocket(options: string | SocketOptions, onMessage?: (...args: never[]) => void): Socket {
  const socket = new Socket(typeof options === "string" ? { type: options } : options);
  if (onMessage !== undefined) socket.on("message", onMessage);
  return socket;
}

export default { Socket, createSocket };
