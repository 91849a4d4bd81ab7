import type { ByteHelpers } from "@soloist/interface";
import { failureError, InvalidArgumentError } from "../errors.ts";
import type { TcpOptionsOfUser } from "../tcp/calls.ts";
import type { CongestionName } from "../tcp/congestion.ts";
import type { TcpConnection, TcpOwner } from "../tcp/connection.ts";
import { ECN_ACCEPT, ECN_OFF, ECN_REQUEST } from "../tcp/ecn.ts";
import type { TcpLayer } from "../tcp/layer.ts";
import { AUTO_LIMIT, RECEIVE_LIMIT, SEND_LIMIT } from "../tcp/limits.ts";
import { EVENT_CLOSED, EVENT_CONNECTED } from "../tcp/state.ts";
import { assertAddress, assertLocal, localText, type SocketAddresses } from "./addresses.ts";
import { assertTimeout } from "./dns.ts";
import { closeOnAbort } from "./limits.ts";
import { TcpFlow, type TcpFlowApi } from "./tcp-flow.ts";
import { TcpListener, type TcpListenerApi } from "./tcp-listener.ts";

/** What both ends of a connection may set. */
export interface TcpSocketOptions {
  /** Send small segments at once (the default): what is written in one turn goes out together anyway. */
  readonly noDelay?: boolean;
  /** Milliseconds of silence before a keep-alive probe; 0 (the default): never (RFC 9293 3.8.4). */
  readonly keepAlive?: number;
  /** Milliseconds that what we sent may stay unacknowledged before the connection fails with `ETIMEDOUT`; 0 (the default): about a quarter of an hour. */
  readonly userTimeout?: number;
  /**
   * Largest receive window, bytes; default: from 128 KiB on up to 1 MiB, as fast as the connection turns out to be. Memory is
   * taken only for what has arrived.
   */
  readonly receiveBuffer?: number;
  /**
   * Congestion control; default `westwood`: a loss brings the window down to what the path has shown to deliver in a round
   * trip, so that losses by a bad link cost little. `cubic` (RFC 9438) and `newReno` (RFC 5681) take every loss for congestion.
   */
  readonly congestion?: CongestionName;
  /**
   * Timestamps (RFC 7323): offer them, and accept them. Off by default: they cost twelve bytes and some CPU in each segment. What
   * they add is protection from segments that are a whole sequence space late, which matters to a connection that moves
   * more than 4 GiB within a minute or two, and round trips measured while segments are being sent again.
   */
  readonly timestamps?: boolean;
  /**
   * Explicit congestion notification (RFC 3168): routers mark packets where they would drop them. True: ask for it; default:
   * speak it with peers that ask; false: never.
   */
  readonly ecn?: boolean;
  /** Bytes that `write` takes before it waits; default: from 256 KiB on up to 1 MiB. */
  readonly sendBuffer?: number;
}

export interface ListenOptions extends TcpSocketOptions {
  /** 0: any free port; see `listener.local.port`. */
  readonly port: number;
  /** Default, and `::`: every address of the stack, of both families; `0.0.0.0`: every one of IPv4. */
  readonly address?: string;
  /** Connections in the handshake or waiting for `accept`; beyond it SYNs are answered with cookies. Default 512. */
  readonly backlog?: number;
  /** Closes the listener. */
  readonly signal?: AbortSignal;
}

export interface ConnectOptions extends TcpSocketOptions {
  readonly address: string;
  readonly port: number;
  /** Gives up: the connection is dropped and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds; default: until the SYN's retransmissions are used up, about two minutes. */
  readonly timeout?: number;
}

/** TCP connections (RFC 9293). */
export interface Tcp {
  /** The host's helpers, for clients above. */
  readonly bytes: ByteHelpers;
  /** @throws {AddressError} `EADDRINUSE`, `EADDRNOTAVAIL` */
  listen(options: ListenOptions): TcpListenerApi;
  /** @throws {SoloistError} `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH`, `ENETUNREACH` */
  connect(options: ConnectOptions): Promise<TcpFlowApi>;
}

const DEFAULT_BACKLOG = 512;
const MIN_BUFFER = 2048;
const MAX_BUFFER = 1 << 26;

export function createTcp(layer: TcpLayer, addresses: SocketAddresses, monotonic: () => number): Tcp {
  return {
    bytes: layer.bytes,

    listen(options) {
      assertPort(options.port, 0);
      const localAddress = assertLocal(addresses, options.address);
      const backlog = options.backlog ?? DEFAULT_BACKLOG;
      const listener = new TcpListener(
        layer,
        options.port,
        localText(addresses, localAddress),
        backlog,
        userOptions(options),
        localAddress,
      );
      closeOnAbort(options.signal, () => listener.close());
      return listener;
    },

    connect(options) {
      return new Promise((resolve, reject) => {
        assertPort(options.port, 1);
        const address = assertAddress(addresses, options.address);
        const { signal } = options;
        assertTimeout(options.timeout);
        if (signal?.aborted) throw signal.reason;
        const now = monotonic();
        let flow: TcpFlow | undefined;
        const onAbort = (): void => {
          if (flow !== undefined) return;
          layer.abort(c);
          reject(signal!.reason);
        };
        const owner: TcpOwner = {
          onEvents(connection, events) {
            if ((events & EVENT_CONNECTED) !== 0) {
              flow = new TcpFlow(layer, connection);
              connection.owner = flow;
              resolve(flow);
            } else if ((events & EVENT_CLOSED) !== 0) {
              reject(failureError(connection.error ?? "ECONNRESET", `${options.address}:${options.port}`));
            } else {
              return;
            }
            layer.woken = true;
            signal?.removeEventListener("abort", onAbort);
          },
        };
        const connectBy = options.timeout === undefined ? Number.POSITIVE_INFINITY : now + options.timeout;
        const c: TcpConnection = layer.connect(address, options.port, userOptions(options), now, connectBy, owner);
        signal?.addEventListener("abort", onAbort);
      });
    },
  };
}

function userOptions(options: TcpSocketOptions): TcpOptionsOfUser {
  return {
    receiveLimit: bufferSize("receiveBuffer", options.receiveBuffer, RECEIVE_LIMIT),
    receiveLimitMax: options.receiveBuffer ?? AUTO_LIMIT,
    sendLimit: bufferSize("sendBuffer", options.sendBuffer, SEND_LIMIT),
    sendLimitMax: options.sendBuffer ?? AUTO_LIMIT,
    userTimeout: options.userTimeout ?? 0,
    noDelay: options.noDelay ?? true,
    keepAlive: options.keepAlive ?? 0,
    congestion: options.congestion ?? "westwood",
    timestamps: options.timestamps ?? false,
    ecn: options.ecn === undefined ? ECN_ACCEPT : options.ecn ? ECN_REQUEST : ECN_OFF,
  };
}

function bufferSize(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < MIN_BUFFER || value > MAX_BUFFER) {
    throw new InvalidArgumentError(`${name} must be ${MIN_BUFFER} to ${MAX_BUFFER} bytes, not ${value}`);
  }
  return value;
}

export function assertPort(port: number, least: number): void {
  if (!Number.isInteger(port) || port < least || port > 65_535) {
    throw new InvalidArgumentError(`a port is ${least} to 65535, not ${port}`);
  }
}
