import type { Endpoint, WaitOptions, Wakeup } from "@soloist/interface";
import { BrokenPipeError, failureError, InvalidArgumentError } from "../errors.ts";
import { isGroup, type UdpLayer, type UdpSendOptions } from "../udp/layer.ts";
import { assertAddress, assertLocal, localText, type SocketAddresses } from "./addresses.ts";
import { closeOnAbort, limited, timerOf } from "./limits.ts";
import { assertPort } from "./tcp.ts";

/** One datagram that arrived. */
export interface Datagram {
  readonly data: Uint8Array;
  readonly remote: Endpoint;
  /** What it was sent to: an address of ours, a broadcast, a group. */
  readonly destination: string;
}

export interface BindOptions {
  /** 0 (the default): any free port. */
  readonly port?: number;
  /** Take only what is sent to this address of ours, and send from it. Default, and `::`: all of them; `0.0.0.0`: all of IPv4. */
  readonly address?: string;
  /** Datagrams that wait to be received; more are dropped and counted. Default 256. */
  readonly queue?: number;
  /** Bytes that wait to be received; more are dropped and counted. Default 1 MiB. */
  readonly queueBytes?: number;
  /** 1 to 255; default 64, and 1 for groups (RFC 1112 6.1). */
  readonly ttl?: number;
  /** Refuse (`EMSGSIZE`) what the path does not carry in one packet, in place of sending fragments. */
  readonly dontFragment?: boolean;
  /** Closes the socket. */
  readonly signal?: AbortSignal;
}

/** @see Udp.connect */
export interface UdpConnectOptions extends BindOptions {
  readonly remote: Endpoint;
}

/**
 * Datagrams of one port.
 *
 * @example
 * for await (const { data, remote } of udp.bind({ port: 7 })) …
 */
export interface UdpSocket extends AsyncIterable<Datagram>, AsyncDisposable {
  readonly local: Endpoint;
  /** Datagrams that found the queue full. */
  readonly dropped: number;
  /** The next datagram, `undefined` once the socket is closed. A wait that was given up loses none. */
  receive(options?: WaitOptions): Promise<Datagram | undefined>;
  /**
   * Sends one datagram of up to 65,507 bytes (over IPv6 65,527), best effort; in fragments if need be.
   * @throws `EMSGSIZE`, `ENETUNREACH`, `EPIPE` (closed)
   */
  send(data: Uint8Array, to: Endpoint): void;
  /** Hears what is sent to a group, `ff02::fb` or `224.0.0.251` say. No IGMP: IPv4's beyond 224.0.0.0/24 need a link that floods. @throws `EINVAL` */
  join(group: string): void;
  leave(group: string): void;
  close(): void;
}

/** A socket with one peer: others are not heard, and ICMP errors reject `receive` with `ECONNREFUSED`, `EHOSTUNREACH`… once each. */
export interface ConnectedUdpSocket extends Omit<UdpSocket, "send"> {
  readonly remote: Endpoint;
  send(data: Uint8Array): void;
}

export interface Udp {
  /** @throws {AddressError} `EADDRINUSE`, `EADDRNOTAVAIL` */
  bind(options?: BindOptions): UdpSocket;
  /**
   * @example
   * const socket = udp.connect({ remote: { address: "10.0.0.1", port: 7 } });
   * socket.send(data);
   * @throws {AddressError} as `bind`
   */
  connect(options: UdpConnectOptions): ConnectedUdpSocket;
}

const DEFAULT_QUEUE = 256;
const DEFAULT_QUEUE_BYTES = 1 << 20;

interface Waiter {
  resolve(datagram: Datagram | undefined): void;
  reject(error: Error): void;
}

export function createUdp(layer: UdpLayer, addresses: SocketAddresses, wakeup: Wakeup, onWoken: () => void): Udp {
  const { table } = addresses;

  function bind(options: BindOptions): { port: number; socket: UdpSocket; fail: (error: Error) => void } {
    const { port = 0, queue: limit = DEFAULT_QUEUE, queueBytes = DEFAULT_QUEUE_BYTES, ttl } = options;
    assertPort(port, 0);
    if (ttl !== undefined && !(Number.isInteger(ttl) && ttl >= 1 && ttl <= 255)) {
      throw new InvalidArgumentError(`a TTL is 1 to 255, not ${ttl}`);
    }
    const address = assertLocal(addresses, options.address);
    const sendOptions: UdpSendOptions = {
      source: address,
      dontFragment: options.dontFragment ?? false,
      ...(ttl === undefined ? {} : { ttl }),
    };
    const queue: Datagram[] = [];
    const waiters: Waiter[] = [];
    let held = 0;
    let dropped = 0;
    let failure: Error | undefined;
    let closed = false;
    const bound = layer.bind(port, (bytes, at, length, sourceAddress, sourcePort, destination) => {
      const waiter = waiters.shift();
      if (waiter === undefined && (queue.length >= limit || held + length > queueBytes)) {
        dropped++;
        return false;
      }
      const remote = { address: table.format(sourceAddress), port: sourcePort };
      const datagram = { data: bytes.slice(at, at + length), remote, destination: table.format(destination) };
      if (waiter !== undefined) {
        waiter.resolve(datagram);
        onWoken();
      } else {
        queue.push(datagram);
        held += length;
      }
      return true;
    });
    layer.narrow(bound, address, 0, 0);
    const text = localText(addresses, address);
    const socket: UdpSocket = {
      get local() {
        return { address: text(), port: bound };
      },
      get dropped() {
        return dropped;
      },
      receive(wait) {
        if (wait?.signal?.aborted) return Promise.reject(wait.signal.reason);
        const datagram = queue.shift();
        if (datagram !== undefined) held -= datagram.data.length;
        if (datagram !== undefined || closed) return Promise.resolve(datagram);
        if (failure !== undefined) {
          const error = failure;
          failure = undefined;
          return Promise.reject(error);
        }
        if (wait === undefined) return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
        return limited(timerOf(layer), wait, "no datagram arrived", (resolve, reject) => {
          const waiter = { resolve, reject };
          waiters.push(waiter);
          return () => void waiters.splice(waiters.indexOf(waiter), 1);
        });
      },
      send(data, to) {
        if (closed) throw new BrokenPipeError("the socket is closed");
        assertPort(to.port, 1);
        layer.send(bound, assertAddress(addresses, to.address), to.port, data, 0, data.length, sendOptions);
        // An ARP request may be due, or it was for ourselves.
        wakeup.wake();
      },
      join(group) {
        const parsed = assertGroup(addresses, group);
        if (!closed && !layer.join(bound, parsed)) throw new InvalidArgumentError("this stack is in too many groups");
      },
      leave(group) {
        layer.leave(bound, assertGroup(addresses, group));
      },
      close() {
        if (closed) return;
        closed = true;
        layer.unbind(bound);
        for (const waiter of waiters.splice(0)) waiter.resolve(undefined);
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
    closeOnAbort(options.signal, () => socket.close());
    const fail = (error: Error): void => {
      const waiter = waiters.shift();
      if (waiter === undefined) {
        failure = error;
      } else {
        waiter.reject(error);
        onWoken();
      }
    };
    return { port: bound, socket, fail };
  }

  return {
    bind: (options = {}) => bind(options).socket,
    connect(options) {
      const { remote } = options;
      assertPort(remote.port, 1);
      assertAddress(addresses, remote.address);
      const { port, socket, fail } = bind(options);
      const binding = layer.binding(port)!;
      layer.narrow(port, binding.localAddress, assertAddress(addresses, remote.address), remote.port);
      binding.onError = (failure) => fail(failureError(failure, `${remote.address}:${remote.port}`));
      const peer = { address: remote.address, port: remote.port };
      const send = socket.send;
      return Object.defineProperties(socket as unknown as ConnectedUdpSocket, {
        remote: { value: peer, enumerable: true },
        send: { value: (data: Uint8Array) => send(data, peer), enumerable: true },
      });
    },
  };
}

function assertGroup(addresses: SocketAddresses, text: string): number {
  const group = assertAddress(addresses, text);
  if (!isGroup(group)) throw new InvalidArgumentError(`not a multicast group: ${text}`);
  return group;
}
