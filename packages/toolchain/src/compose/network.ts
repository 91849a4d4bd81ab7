import { randomBytes } from "node:crypto";
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Target } from "../base.ts";
import { RunError } from "../errors.ts";
import { type GuestProcess, startGuest } from "../run/guest-process.ts";
import type { Network } from "../run/options.ts";
import { createFrameReader, emitFrame } from "../switch/frame-stream.ts";
import { emitArpRequest } from "../switch/packet.ts";
import { createServices, isDhcp } from "../switch/services.ts";
import { createSwitch } from "../switch/switch.ts";
import { gatewayCommand, type PublishedPort } from "./gateway.ts";
import { createForwarder } from "./name-forwarder.ts";
import { GATEWAY_HOST, type PlannedNetwork, type PlannedStation, PREFIX, SERVICES_HOST, SERVICES_MAC } from "./plan.ts";

export interface VirtualNetwork {
  /** A cable for a guest, to hand to `runImage`; it may be plugged in again after a restart. */
  plug(station: PlannedStation, target: Target): Promise<Network>;
  /** Resolves when the gateway, if there is one, has opened the published ports; rejects with `failed`. */
  readonly ready: Promise<void>;
  /** Rejects when the gateway dies. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

const SERVICES_PORT = 0;
const GATEWAY_PORT = 1;
const FIRST_GUEST_PORT = 2;
const DOMAIN = "internal";
/** Milliseconds between two questions to a gateway that is not there yet. */
const ASK_GATEWAY_MS = 20;
/** Bytes that wait for a guest that does not take them: then frames are dropped, as by a switch whose queue is full. */
const QUEUE_BYTES = 4 * 1024 * 1024;

/** A switch with its services in this process, and guests on cables. */
export async function openNetwork(plan: PlannedNetwork, published: readonly PublishedPort[]): Promise<VirtualNetwork> {
  const folder = mkdtempSync(join(tmpdir(), "soloist-net-"));
  const ethernet = createSwitch();
  const deliveries = new Map<number, (frame: Uint8Array) => void>();
  const closers: (() => void)[] = [];
  const forwarder = plan.gateway ? createForwarder() : undefined;
  const services = createServices({
    mac: SERVICES_MAC,
    address: plan.base + SERVICES_HOST,
    prefix: PREFIX,
    ...(plan.gateway ? { router: plan.base + GATEWAY_HOST } : {}),
    domain: DOMAIN,
    stations: plan.stations,
  });
  const deliver = (to: number, frame: Uint8Array): void => deliveries.get(to)?.(frame);
  const inject = (from: number, frame: Uint8Array): void => ethernet.process(performance.now(), from, frame, deliver);
  const attach = (port: number, take: (frame: Uint8Array) => void): void => {
    deliveries.set(port, take);
    ethernet.addPort(port);
  };
  attach(SERVICES_PORT, (frame) =>
    services(frame, {
      // Behind the frame that asked: the switch is still busy with it.
      send: (answer) => queueMicrotask(() => inject(SERVICES_PORT, answer)),
      ask: (question, answer) => (forwarder ? forwarder.ask(question, answer) : answer(undefined)),
    }),
  );

  let gateway: GuestProcess | undefined;
  let isClosing = false;
  const close = async (): Promise<void> => {
    isClosing = true;
    gateway?.stop();
    for (const end of closers) end();
    forwarder?.close();
    await gateway?.ended;
    rmSync(folder, { recursive: true, force: true });
  };
  let fail!: (error: RunError) => void;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});

  let answered!: () => void;
  const ready = Promise.race([
    failed,
    new Promise<void>((resolve) => {
      answered = resolve;
    }),
  ]);
  ready.catch(() => {});

  const openStream = async (port: number, accepts: (frame: Uint8Array) => boolean): Promise<string> => {
    const path = join(folder, `${port}`);
    const server = listenForFrames(
      (frame) => {
        if (port === GATEWAY_PORT) answered();
        inject(port, frame);
      },
      (send) => attach(port, (frame) => accepts(frame) && send(frame)),
      () => ethernet.removePort(port),
    );
    closers.push(server.close);
    server.server.listen(path);
    await once(server.server, "listening");
    return path;
  };

  if (!plan.gateway) answered();
  else {
    const path = await openStream(GATEWAY_PORT, (frame) => !isDhcp(frame));
    let words = "";
    gateway = startGuest(gatewayCommand(plan.base, path, published), {
      console() {},
      error: (chunk) => {
        words += Buffer.from(chunk).toString();
      },
    });
    // QEMU connects before it has opened the ports; who answers has.
    const question = emitArpRequest({
      senderMac: SERVICES_MAC,
      sender: plan.base + SERVICES_HOST,
      target: plan.base + GATEWAY_HOST,
    });
    const asking = setInterval(() => deliver(GATEWAY_PORT, question), ASK_GATEWAY_MS);
    const stopAsking = (): void => clearInterval(asking);
    ready.then(stopAsking, stopAsking);
    closers.push(stopAsking);
    void gateway.ended.then(() => {
      if (isClosing) return;
      fail(new RunError(`the gateway of the network ${plan.name} ended: ${words.trim().split("\n")[0]}`));
    }, fail);
  }

  const cables = new Map<PlannedStation, Promise<Network>>();
  const lay = async (station: PlannedStation, target: Target): Promise<Network> => {
    const port = FIRST_GUEST_PORT + plan.stations.indexOf(station);
    const { device } = station;
    if (target === "virtio") return { kind: "stream", device, path: await openStream(port, () => true) };
    const socket = await openDatagrams(
      (frame) => inject(port, frame),
      (send) => attach(port, send),
    );
    closers.push(() => socket.close());
    return { kind: "datagram", device, port: socket.port, token: socket.token };
  };
  return {
    ready,
    failed,
    close,
    plug(station, target) {
      let cable = cables.get(station);
      if (!cable) {
        cable = lay(station, target);
        cables.set(station, cable);
      }
      return cable;
    },
  };
}

/** A Unix socket for one machine: QEMU connects, and frames go both ways. */
function listenForFrames(
  receive: (frame: Uint8Array) => void,
  connected: (send: (frame: Uint8Array) => void) => void,
  gone: () => void,
): { readonly server: Server; close(): void } {
  let current: Socket | undefined;
  const server = createServer((socket) => {
    current?.destroy();
    current = socket;
    const read = createFrameReader(receive);
    socket.on("data", (chunk) => {
      try {
        read(chunk);
      } catch {
        socket.destroy();
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (current !== socket) return;
      current = undefined;
      gone();
    });
    connected((frame) => {
      if (!socket.destroyed && socket.writableLength < QUEUE_BYTES) socket.write(emitFrame(frame));
    });
  });
  return {
    server,
    close() {
      current?.destroy();
      server.close();
    },
  };
}

interface Datagrams {
  readonly port: number;
  /** What the peer sends first: who knows it is the guest. */
  readonly token: string;
  close(): void;
}

/** A UDP socket of the loopback interface for one tender: each datagram is a frame. */
async function openDatagrams(
  receive: (frame: Uint8Array) => void,
  connected: (send: (frame: Uint8Array) => void) => void,
): Promise<Datagrams> {
  const token = randomBytes(16).toString("hex");
  const socket: DatagramSocket = createSocket("udp4");
  let peer = 0;
  socket.on("error", () => {}); // a guest that has gone: its port is closed
  socket.on("message", (message, { port }) => {
    if (message.length === token.length && message.toString("latin1") === token) {
      peer = port;
      connected((frame) => {
        if (socket.getSendQueueSize() < QUEUE_BYTES) socket.send(frame, port, "127.0.0.1");
      });
    } else if (port === peer) receive(message);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, token, close: () => socket.close() };
}
