import { createConnection, type Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import type { ByteHelpers, Logger } from "@soloist/interface";
import {
  AddressError,
  type ConnectByNameOptions,
  type ConnectOptions,
  closeOnAbort,
  InvalidArgumentError,
  type NamedTcp,
  type TcpFlowApi,
  type TcpSocketOptions,
  TimedOutError,
} from "@soloist/net";
import { onStop, wake } from "../machine.ts";
import { lookupFailure } from "./dns.ts";
import { assertAddress, assertPort, socketError } from "./errors.ts";
import { hostOf } from "./ports.ts";
import { HostFlow } from "./tcp-flow.ts";
import { HostListener } from "./tcp-listener.ts";

const DEFAULT_BACKLOG = 512;
const RECEIVE_BUFFER = 128 * 1024;
const SEND_BUFFER = 256 * 1024;
const MIN_BUFFER = 2048;
const MAX_BUFFER = 1 << 26;

export interface TcpParts {
  readonly bytes: ByteHelpers;
  readonly log?: (source: string) => Logger;
  /** Our address, as the app sees it. */
  readonly address: string;
  isOwn(address: string): boolean;
}

/** TCP by sockets of the host. */
export function createHostTcp({ bytes, log, address: own, isOwn }: TcpParts): NamedTcp {
  const sockets = new Set<Socket>();
  const listeners = new Set<HostListener>();
  onStop(async () => {
    for (const listener of listeners) listener.close();
    await Promise.all(
      [...sockets].map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once("close", () => resolve());
            socket.resume();
            socket.end();
          }),
      ),
    );
  });

  return {
    bytes,
    listen(options) {
      assertPort(options.port, 0);
      const address = options.address === undefined ? own : assertAddress(options.address);
      if (options.address !== undefined && !isOwn(address) && address !== "0.0.0.0") {
        throw new AddressError("EADDRNOTAVAIL", `${address} is not an address of this stack`);
      }
      const listener = new HostListener({
        port: options.port,
        address: address === "0.0.0.0" ? own : address,
        bytes,
        log,
        backlog: options.backlog ?? DEFAULT_BACKLOG,
        ...buffers(options),
        configure: (socket) => configure(socket, options),
        sockets,
      });
      listeners.add(listener);
      closeOnAbort(options.signal, () => listener.close());
      return listener;
    },

    async connect(options) {
      assertPort(options.port, 1);
      const { signal } = options;
      signal?.throwIfAborted();
      const isNamed = "host" in options && options.host !== undefined;
      const to = isNamed ? (options as ConnectByNameOptions).host : assertAddress((options as ConnectOptions).address);
      const limits = buffers(options);
      // Ports of our own have other numbers on the host.
      const loop = isOwn(to) || to === "localhost" ? await hostOf("tcp", options.port) : undefined;
      return connect(loop === undefined ? { host: to, port: options.port } : { host: loop.address, port: loop.host }, {
        signal,
        timeout: options.timeout,
        peer: `${to}:${options.port}`,
        opened: (socket) => {
          configure(socket, options);
          sockets.add(socket);
          socket.once("close", () => sockets.delete(socket));
          return new HostFlow(socket, {
            remote: { address: isNamed ? (socket.remoteAddress ?? "") : to, port: options.port },
            local: { address: socket.localAddress ?? own, port: socket.localPort ?? 0 },
            ...limits,
          });
        },
      });
    },
  };
}

interface Attempt {
  readonly signal: AbortSignal | undefined;
  readonly timeout: number | undefined;
  readonly peer: string;
  opened(socket: Socket): TcpFlowApi;
}

function connect(to: { host: string; port: number }, attempt: Attempt): Promise<TcpFlowApi> {
  return new Promise((resolve, reject) => {
    const { signal } = attempt;
    const socket = createConnection({ ...to, family: 4, allowHalfOpen: true });
    let timer: NodeJS.Timeout | undefined;
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.removeListener("error", onError);
      wake();
    };
    const fail = (reason: unknown): void => {
      settle();
      socket.on("error", () => {}).destroy();
      reject(reason);
    };
    const onAbort = (): void => fail(signal!.reason);
    const onError = (error: Error): void => fail(connectError(error, attempt.peer));
    if (attempt.timeout !== undefined) {
      timer = setTimeout(() => fail(new TimedOutError(`${attempt.peer} did not answer in time`)), attempt.timeout);
    }
    signal?.addEventListener("abort", onAbort);
    socket.once("error", onError);
    socket.once("connect", () => {
      settle();
      resolve(attempt.opened(socket));
    });
  });
}

function connectError(error: Error, peer: string): unknown {
  return lookupFailure(error, peer) ?? socketError(error, peer);
}

function configure(socket: Socket, options: TcpSocketOptions): void {
  socket.setNoDelay(options.noDelay ?? true);
  if (options.keepAlive !== undefined && options.keepAlive > 0) socket.setKeepAlive(true, options.keepAlive);
}

function buffers(options: TcpSocketOptions): { receiveBuffer: number; sendBuffer: number } {
  return {
    receiveBuffer: size("receiveBuffer", options.receiveBuffer, RECEIVE_BUFFER),
    sendBuffer: size("sendBuffer", options.sendBuffer, SEND_BUFFER),
  };
}

function size(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < MIN_BUFFER || value > MAX_BUFFER) {
    throw new InvalidArgumentError(`${name} must be ${MIN_BUFFER} to ${MAX_BUFFER} bytes, not ${value}`);
  }
  return value;
}
