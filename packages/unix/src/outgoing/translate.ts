import { emitAnswer, PROTOCOL, parseSegment, payloadOf, redirect, type Segment } from "./segment.ts";

/** Where an app's connection or datagram goes. */
export interface Remote {
  /** As a number. */
  readonly address: number;
  readonly port: number;
}

export interface TranslatorOptions {
  /** The gateway's own address, as a number. */
  readonly gateway: number;
  /** Takes a frame for the gateway's stack. */
  deliver(frame: Uint8Array): void;
  /** Takes a frame for the app. */
  answer(frame: Uint8Array): void;
  /**
   * Opens a connection to `remote` and lets the gateway's stack listen to `port` for the app's half of it. Resolves when a SYN is
   * worth its answer: an open port accepts, a closed one refuses. Rejects when there shall be none. `closed`: both halves are over.
   */
  connect(remote: Remote, port: number, closed: () => void): Promise<void>;
  /** Sends datagrams to `remote`, and hands over those that come back; `closed` when there were none for a while. */
  exchange(remote: Remote, received: (data: Uint8Array) => void, closed: () => void): Exchange;
}

export interface Exchange {
  send(data: Uint8Array): void;
}

/** Translates addresses as a router does whose clients reach the world by its own address. */
export interface Translator {
  /** Takes a frame of the app that leads out, and returns whether it was one. */
  outward(frame: Uint8Array): boolean;
  /** Gives a frame of the gateway's stack the source that the app knows, in place. */
  inward(frame: Uint8Array): void;
}

interface Connection {
  readonly remote: Remote;
  readonly port: number;
  state: "opening" | "open" | "closed";
}

/** Ports of the gateway's stack below those that it chooses itself. */
const FIRST_PORT = 1024;
const LAST_PORT = 49_151;
/** Connections that are known at once: beyond it those that are over are forgotten, whose last segments may be under way. */
const MAX_CONNECTIONS = 1024;
const MAX_PAYLOAD = 1472;

export function createTranslator(options: TranslatorOptions): Translator {
  const { gateway } = options;
  const connections = new Map<string, Connection>();
  const byPort = new Map<number, Connection>();
  const exchanges = new Map<string, Exchange>();
  let lastPort = FIRST_PORT - 1;

  const forget = (): void => {
    for (const [key, connection] of connections) {
      if (connections.size < MAX_CONNECTIONS) return;
      if (connection.state !== "closed") continue;
      connections.delete(key);
      byPort.delete(connection.port);
    }
  };
  const freePort = (): number => {
    do lastPort = lastPort >= LAST_PORT ? FIRST_PORT : lastPort + 1;
    while (byPort.has(lastPort));
    return lastPort;
  };

  const open = (key: string, frame: Uint8Array, segment: Segment): void => {
    const old = connections.get(key);
    if (old?.state === "opening") return; // sent again: the first one is answered
    if (old !== undefined) byPort.delete(old.port);
    forget();
    const remote = { address: segment.destination, port: segment.destinationPort };
    const connection: Connection = { remote, port: freePort(), state: "opening" };
    connections.set(key, connection);
    byPort.set(connection.port, connection);
    const closed = (): void => {
      connection.state = "closed";
    };
    options.connect(remote, connection.port, closed).then(() => {
      if (connection.state === "opening") connection.state = "open";
      redirect(frame, segment, "destination", gateway, connection.port);
      options.deliver(frame);
    }, closed);
  };

  const send = (key: string, frame: Uint8Array, segment: Segment): void => {
    let exchange = exchanges.get(key);
    if (exchange === undefined) {
      const asked = frame.slice(0, segment.offset);
      const remote = { address: segment.destination, port: segment.destinationPort };
      const received = (data: Uint8Array): void => {
        if (data.length <= MAX_PAYLOAD) options.answer(emitAnswer(asked, segment, data));
      };
      exchange = options.exchange(remote, received, () => exchanges.delete(key));
      exchanges.set(key, exchange);
    }
    exchange.send(payloadOf(frame, segment));
  };

  return {
    outward(frame) {
      const segment = parseSegment(frame);
      if (segment === undefined || segment.destination >>> 28 >= 0xe) return false; // multicast and broadcast
      const key = `${segment.protocol} ${segment.source}:${segment.sourcePort} ${segment.destination}:${segment.destinationPort}`;
      const isOut = segment.destination !== gateway;
      if (segment.protocol === PROTOCOL.udp) {
        // The gateway's own sockets have high ports; what goes to others is for the host.
        if (!isOut && segment.destinationPort > LAST_PORT) return false;
        send(key, frame, segment);
        return true;
      }
      if (segment.isFirst) {
        open(key, frame, segment);
        return true;
      }
      const connection = connections.get(key);
      if (connection === undefined) return isOut;
      redirect(frame, segment, "destination", gateway, connection.port);
      options.deliver(frame);
      return true;
    },
    inward(frame) {
      const segment = parseSegment(frame);
      const connection = segment?.protocol === PROTOCOL.tcp ? byPort.get(segment.sourcePort) : undefined;
      if (connection !== undefined) {
        redirect(frame, segment!, "source", connection.remote.address, connection.remote.port);
      }
    },
  };
}
