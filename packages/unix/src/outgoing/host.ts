import { createSocket } from "node:dgram";
import { getServers } from "node:dns";
import { connect, isIPv4, type Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import type { Flow } from "@soloist/interface";
import type { Stack } from "@soloist/net";
import { wake } from "../machine.ts";
import type { Exchange, Remote } from "./translate.ts";

const DNS_PORT = 53;
const LOOPBACK = "127.0.0.1";
/** How long the app may take for its half of a connection that the host has opened, milliseconds. */
const ACCEPT_MS = 30_000;
/** How long answers to a datagram find their way, milliseconds. */
const IDLE_MS = 60_000;

export interface HostOptions {
  /** The gateway's address, as a number: on it are this host's loopback interface, and its name server. */
  readonly gateway: number;
  readonly stack: Promise<Stack>;
  /** Carries bytes between the two halves of a connection until both are over. */
  bridge(socket: Socket, flow: Flow): Promise<void>;
}

/** The host's half of what leaves a simulated network: its own sockets. */
export function createHostSide({ gateway, stack, bridge }: HostOptions) {
  const place = ({ address, port }: Remote): { host: string; port: number } | undefined => {
    if (address !== gateway) return { host: formatAddress(address), port };
    return port === DNS_PORT ? nameServer() : { host: LOOPBACK, port };
  };
  return {
    async connect(remote: Remote, port: number, closed: () => void): Promise<void> {
      const to = place(remote);
      const { tcp } = await stack;
      if (to === undefined) return closed(); // no name server: the port of the stack refuses
      const socket = connect({ ...to, allowHalfOpen: true });
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", (error: NodeJS.ErrnoException) => {
          if (error.code !== "ECONNREFUSED") return reject(error);
          closed();
          resolve();
        });
      });
      socket.on("error", () => {});
      if (socket.destroyed || socket.readyState !== "open") return;
      const listener = tcp.listen({ port });
      wake();
      void listener
        .accept({ timeout: ACCEPT_MS })
        .then((flow) => {
          listener.close();
          if (flow === undefined) socket.destroy();
          else return bridge(socket, flow);
        })
        .catch(() => {
          listener.close();
          socket.destroy();
        })
        .finally(closed);
    },

    exchange(remote: Remote, received: (data: Uint8Array) => void, closed: () => void): Exchange {
      const to = place(remote);
      const socket = createSocket("udp4");
      const end = (): void => {
        clearTimeout(timer);
        closed();
        socket.close();
      };
      const timer = setTimeout(end, IDLE_MS).unref();
      socket.on("error", () => {}); // the host cannot reach it: as if it were lost
      socket.on("message", (message, from) => {
        if (to === undefined || from.address !== to.host || from.port !== to.port) return;
        timer.refresh();
        received(new Uint8Array(message));
        wake();
      });
      socket.unref();
      return {
        send(data) {
          timer.refresh();
          if (to !== undefined) socket.send(data, to.port, to.host);
        },
      };
    },
  };
}

/** The host's first name server that has an IPv4 address. */
function nameServer(): { host: string; port: number } | undefined {
  for (const server of getServers()) {
    const [host = "", port] = server.split(":");
    if (isIPv4(host)) return { host, port: port === undefined ? DNS_PORT : Number(port) };
  }
  return undefined;
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}
