import { createSocket, type Socket } from "node:dgram";
import type { Endpoint } from "@soloist/interface";
import {
  AddressError,
  type BindOptions,
  BrokenPipeError,
  type ConnectedUdpSocket,
  closeOnAbort,
  type Datagram,
  InvalidArgumentError,
  limited,
  MessageSizeError,
  type Udp,
  type UdpSocket,
} from "@soloist/net";
import { onStop, wake } from "../machine.ts";
import { after } from "./after.ts";
import { assertAddress, assertPort, socketError } from "./errors.ts";
import { bindPort, hostOf } from "./ports.ts";

const DEFAULT_QUEUE = 256;
const DEFAULT_QUEUE_BYTES = 1 << 20;
const MAX_DATAGRAM = 65_507;

interface Waiter {
  resolve(datagram: Datagram | undefined): void;
  reject(error: Error): void;
}

export interface UdpParts {
  readonly address: string;
  isOwn(address: string): boolean;
}

/** UDP by sockets of the host. */
export function createHostUdp({ address: own, isOwn }: UdpParts): Udp {
  const open = new Set<UdpSocket | ConnectedUdpSocket>();
  onStop(async () => {
    for (const socket of open) socket.close();
  });

  function bind(options: BindOptions, remote: Endpoint | undefined): UdpSocket {
    const { port = 0, queue: limit = DEFAULT_QUEUE, queueBytes = DEFAULT_QUEUE_BYTES, ttl } = options;
    assertPort(port, 0);
    if (ttl !== undefined && !(Number.isInteger(ttl) && ttl >= 1 && ttl <= 255)) {
      throw new InvalidArgumentError(`a TTL is 1 to 255, not ${ttl}`);
    }
    const address = options.address === undefined ? own : assertAddress(options.address);
    if (options.address !== undefined && !isOwn(address) && address !== "0.0.0.0") {
      throw new AddressError("EADDRNOTAVAIL", `${address} is not an address of this stack`);
    }
    const queue: Datagram[] = [];
    const waiters: Waiter[] = [];
    let held = 0;
    let dropped = 0;
    let failure: Error | undefined;
    let isClosed = false;
    let native!: Socket;
    const binding = bindPort("udp", port, port !== 0, async (hostAddress, hostPort) => {
      native = createSocket({ type: "udp4" });
      listen(native);
      // A client may talk to anybody; a server's port is opened where it was asked for.
      await bindNative(native, hostPort, port === 0 ? "0.0.0.0" : hostAddress);
      if (ttl !== undefined) native.setTTL(ttl);
      return native.address().port;
    });
    const target = async (to: Endpoint): Promise<Endpoint> => {
      const loop = isOwn(to.address) ? await hostOf("udp", to.port) : undefined;
      return loop === undefined
        ? to
        : { address: loop.address === "0.0.0.0" ? "127.0.0.1" : loop.address, port: loop.host };
    };
    const ready = binding.bound.then(async () => {
      if (remote === undefined || isClosed) return;
      const { address: host, port: number } = await target(remote);
      await new Promise<void>((resolve) => native.connect(number, host, resolve));
    });

    function listen(socket: Socket): void {
      socket.on("message", (message, { address: from, port: fromPort }) => {
        const data = new Uint8Array(message);
        const datagram = { data, remote: { address: from, port: remote?.port ?? fromPort }, destination: address };
        const waiter = waiters.shift();
        if (waiter !== undefined) waiter.resolve(datagram);
        else if (queue.length >= limit || held + data.length > queueBytes) dropped++;
        else {
          queue.push(datagram);
          held += data.length;
        }
        wake();
      });
    }

    const socket: UdpSocket = {
      local: { address, port: binding.guest },
      get dropped() {
        return dropped;
      },
      receive(wait) {
        if (wait?.signal?.aborted) return Promise.reject(wait.signal.reason);
        const datagram = queue.shift();
        if (datagram !== undefined) held -= datagram.data.length;
        if (datagram !== undefined || isClosed) return Promise.resolve(datagram);
        if (failure !== undefined) {
          const error = failure;
          failure = undefined;
          return Promise.reject(error);
        }
        if (wait === undefined) return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
        return limited(after, wait, "no datagram arrived", (resolve, reject) => {
          const waiter = { resolve, reject };
          waiters.push(waiter);
          return () => void waiters.splice(waiters.indexOf(waiter), 1);
        });
      },
      send(data, to) {
        if (isClosed) throw new BrokenPipeError("the socket is closed");
        assertPort(to.port, 1);
        assertAddress(to.address);
        if (data.length > MAX_DATAGRAM) throw new MessageSizeError(`a datagram has at most ${MAX_DATAGRAM} bytes`);
        const bytes = data.slice();
        void ready.then(async () => {
          const { address: host, port: number } = await target(to);
          if (isClosed) return;
          // Best effort, as UDP is: what the host cannot send is lost.
          if (remote === undefined) native.send(bytes, number, host, () => {});
          else native.send(bytes, (error) => error && fail(socketError(error, `${to.address}:${to.port}`)));
        });
      },
      join(group) {
        assertGroup(group);
        void ready.then(() => isClosed || native.addMembership(group));
      },
      leave(group) {
        assertGroup(group);
        void ready.then(() => isClosed || native.dropMembership(group));
      },
      close() {
        if (isClosed) return;
        isClosed = true;
        open.delete(socket);
        binding.release();
        void ready.then(() => native.close());
        for (const waiter of waiters.splice(0)) waiter.resolve(undefined);
        wake();
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
    const fail = (error: Error): void => {
      const waiter = waiters.shift();
      if (waiter === undefined) failure = error;
      else waiter.reject(error);
      wake();
    };
    void binding.bound.then(() => {
      native.on("error", (error) => fail(socketError(error, `${remote?.address}:${remote?.port}`)));
    });
    open.add(socket);
    closeOnAbort(options.signal, () => socket.close());
    return socket;
  }

  return {
    bind: (options = {}) => bind(options, undefined),
    connect(options) {
      const { remote } = options;
      assertPort(remote.port, 1);
      assertAddress(remote.address);
      const socket = bind(options, remote);
      const { send } = socket;
      return Object.defineProperties(socket as unknown as ConnectedUdpSocket, {
        remote: { value: { ...remote }, enumerable: true },
        send: { value: (data: Uint8Array) => send(data, remote), enumerable: true },
      });
    },
  };
}

function bindNative(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeListener("error", reject);
      resolve();
    });
  });
}

function assertGroup(text: string): void {
  const first = Number(assertAddress(text).split(".")[0]);
  if (first < 224 || first > 239) throw new InvalidArgumentError(`not a multicast group: ${text}`);
}
