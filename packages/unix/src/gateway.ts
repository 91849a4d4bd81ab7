import { getRandomValues } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { setTimeout } from "node:timers";
import type { Flow, Host, Pollable } from "@soloist/interface";
import { SoloistError } from "@soloist/interface";
import { type Stack, stack } from "@soloist/net";
import { byteHelpers } from "./bytes.ts";
import { GATEWAY_ADDRESS, openedLink, PREFIX } from "./link.ts";
import { drive, monotonic, onStop, wake } from "./machine.ts";
import { createHostSide } from "./outgoing/host.ts";
import { createTranslator } from "./outgoing/translate.ts";
import { bindPort } from "./sockets/ports.ts";

/**
 * The host's part of a simulated network: a second stack at the other end of the link, and sockets of the host that it
 * connects with the app's, either way. As QEMU's user network does, without QEMU.
 */
let opened: Promise<Stack> | undefined;
const sockets = new Set<Socket>();
/** {@link GATEWAY_ADDRESS} as a number. */
const GATEWAY = GATEWAY_ADDRESS.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);

/** Opens the way out, and the gateway with it. */
export function openWayOut(device: string): void {
  const link = openedLink();
  // Other devices' links lead nowhere.
  if (link?.name !== device) return;
  opened ??= openGateway();
  link.setTranslator(
    createTranslator({
      gateway: GATEWAY,
      deliver(frame) {
        link.gateway.deliver(frame);
        wake();
      },
      answer: (frame) => link.toGuest(frame),
      ...createHostSide({ gateway: GATEWAY, stack: opened, bridge }),
    }),
  );
}

function openGateway(): Promise<Stack> {
  const link = openedLink();
  if (link === undefined) throw new Error("there is no link yet");
  onStop(async () => {
    for (const socket of sockets) socket.destroy();
  });
  const host: Host = {
    clock: { monotonic, wall: () => Date.now() },
    rng: {
      fill: (into) => getRandomValues(into as Uint8Array<ArrayBuffer>),
      uint32: () => getRandomValues(new Uint32Array(1))[0]!,
    },
    bytes: byteHelpers,
    netDevice: () => link.gateway,
    blockDevice: () => {
      throw new SoloistError("ENODEV", "a gateway has no disk");
    },
    parameter: (parameter) =>
      parameter.name === "ipv4" ? parameter.parse(`${GATEWAY_ADDRESS}/${PREFIX}`) : parameter.default,
    drive(machine: Pollable) {
      drive(machine);
      return { wake };
    },
    onShutdown() {},
    log: () => ({ level: 4, debug() {}, info() {}, warn() {}, error() {} }),
  };
  return Promise.resolve(stack().open(host));
}

/** Opens a port of the host for one that the app listens to. Returns how to close it. */
export function forward(device: string, protocol: "tcp" | "udp", address: string, port: number): () => void {
  // Other devices' links lead nowhere.
  if (openedLink()?.name !== device) return () => {};
  opened ??= openGateway();
  const gateway = opened;
  return protocol === "tcp" ? forwardTcp(gateway, address, port) : forwardUdp(gateway, address, port);
}

function forwardTcp(gateway: Promise<Stack>, address: string, port: number): () => void {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    void gateway
      .then(({ tcp }) => tcp.connect({ address, port }))
      .then((flow) => bridge(socket, flow))
      .catch(() => socket.resetAndDestroy());
  });
  const binding = bindPort(
    "tcp",
    port,
    true,
    (hostAddress, hostPort) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(hostPort, hostAddress, () => {
          server.removeListener("error", reject);
          resolve((server.address() as { port: number }).port);
        });
      }),
  );
  return () => {
    binding.release();
    server.close();
  };
}

/** Carries bytes both ways, and the end of each. */
async function bridge(socket: Socket, flow: Flow): Promise<void> {
  const up = async (): Promise<void> => {
    for await (const chunk of socket) {
      await flow.write(chunk as Uint8Array);
      wake();
    }
    flow.shutdown();
    wake();
  };
  const down = async (): Promise<void> => {
    for (let chunk = await flow.read(); chunk !== undefined; chunk = await flow.read()) {
      wake();
      if (!socket.write(chunk)) await new Promise<void>((resolve) => socket.once("drain", resolve));
    }
    socket.end();
  };
  try {
    await Promise.all([up(), down()]);
    await flow.close();
  } catch {
    // One side reset: so does the other.
    flow.abort();
    socket.resetAndDestroy();
  } finally {
    wake();
  }
}

/** How long answers to a client of the host find their way, milliseconds. */
const UDP_IDLE_MS = 60_000;

function forwardUdp(gateway: Promise<Stack>, address: string, port: number): () => void {
  const native = createSocket("udp4");
  const clients = new Map<string, { send(data: Uint8Array): void; touch(): void }>();
  const binding = bindPort(
    "udp",
    port,
    true,
    (hostAddress, hostPort) =>
      new Promise((resolve, reject) => {
        native.once("error", reject);
        native.bind({ port: hostPort, address: hostAddress }, () => {
          native.removeListener("error", reject);
          resolve(native.address().port);
        });
      }),
  );
  native.on("message", async (message, from) => {
    const key = `${from.address}:${from.port}`;
    let client = clients.get(key);
    if (client === undefined) {
      const { udp } = await gateway;
      const socket = udp.connect({ remote: { address, port } });
      const forget = (): void => {
        clients.delete(key);
        socket.close();
      };
      const timer = setTimeout(forget, UDP_IDLE_MS);
      client = { send: (data) => socket.send(data), touch: () => timer.refresh() };
      clients.set(key, client);
      void (async () => {
        for await (const { data } of socket) native.send(data, from.port, from.address);
      })().catch(forget);
    }
    client.touch();
    client.send(new Uint8Array(message));
    wake();
  });
  return () => {
    binding.release();
    native.close();
  };
}
