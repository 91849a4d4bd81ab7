import type { Endpoint, Wakeup } from "@soloist/interface";
import { BrokenPipeError, MessageSizeError } from "../errors.ts";
import type { Ipv4Egress } from "../ipv4/egress.ts";
import type { UdpLayer } from "../udp/layer.ts";
import { formatAddress } from "../wire/ipv4-address.ts";
import { assertAddress, assertPort } from "./tcp.ts";

/** One datagram that arrived. */
export interface Datagram {
  readonly data: Uint8Array;
  readonly remote: Endpoint;
}

export interface BindOptions {
  /** 0 (the default): any free port. */
  readonly port?: number;
  /** Datagrams that wait to be received; more are dropped and counted. Default 256. */
  readonly queue?: number;
}

/**
 * Datagrams of one port.
 *
 * @example
 * for await (const { data, remote } of udp.bind({ port: 7 })) …
 */
export interface UdpSocket extends AsyncIterable<Datagram>, AsyncDisposable {
  readonly local: Endpoint;
  /** The next datagram, `undefined` once the socket is closed. */
  receive(): Promise<Datagram | undefined>;
  /** Sends one datagram, best effort. @throws `EMSGSIZE` (more than one packet carries), `ENETUNREACH`, `EPIPE` (closed) */
  send(data: Uint8Array, to: Endpoint): void;
  close(): void;
}

export interface Udp {
  /** @throws {AddressError} `EADDRINUSE` */
  bind(options?: BindOptions): UdpSocket;
}

const DEFAULT_QUEUE = 256;

export function createUdp(layer: UdpLayer, egress: Ipv4Egress, wakeup: Wakeup, onWoken: () => void): Udp {
  return {
    bind({ port = 0, queue: limit = DEFAULT_QUEUE } = {}) {
      assertPort(port, 0);
      const queue: Datagram[] = [];
      const waiters: ((datagram: Datagram | undefined) => void)[] = [];
      let closed = false;
      const bound = layer.bind(port, (bytes, at, length, sourceAddress, sourcePort) => {
        const waiter = waiters.shift();
        if (waiter === undefined && queue.length >= limit) return false;
        const remote = { address: formatAddress(sourceAddress), port: sourcePort };
        const datagram = { data: bytes.slice(at, at + length), remote };
        if (waiter !== undefined) {
          waiter(datagram);
          onWoken();
        } else {
          queue.push(datagram);
        }
        return true;
      });
      const socket: UdpSocket = {
        get local() {
          return { address: formatAddress(egress.config.address), port: bound };
        },
        receive() {
          const datagram = queue.shift();
          if (datagram !== undefined || closed) return Promise.resolve(datagram);
          return new Promise((resolve) => waiters.push(resolve));
        },
        send(data, to) {
          if (closed) throw new BrokenPipeError("the socket is closed");
          assertPort(to.port, 1);
          if (data.length > layer.maxLength) {
            throw new MessageSizeError(`a datagram carries at most ${layer.maxLength} bytes here, not ${data.length}`);
          }
          layer.send(bound, assertAddress(to.address), to.port, data, 0, data.length);
          // An ARP request may be due.
          wakeup.wake();
        },
        close() {
          if (closed) return;
          closed = true;
          layer.unbind(bound);
          for (const waiter of waiters.splice(0)) waiter(undefined);
        },
        async [Symbol.asyncDispose]() {
          socket.close();
        },
        [Symbol.asyncIterator]() {
          return {
            next: async () => {
              const value = await socket.receive();
              return value === undefined ? { done: true, value } : { done: false, value };
            },
            return: async () => {
              socket.close();
              return { done: true, value: undefined };
            },
          };
        },
      };
      return socket;
    },
  };
}
