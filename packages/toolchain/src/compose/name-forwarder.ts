import { createSocket } from "node:dgram";
import { getServers } from "node:dns";

/** Asks the host's name server what guests ask. */
export interface NameForwarder {
  ask(question: Uint8Array, answer: (message: Uint8Array | undefined) => void): void;
  close(): void;
}

const DNS_PORT = 53;
const TIMEOUT_MS = 5000;
/** Questions that may wait for an answer at once; the next ones fail. */
const MAX_WAITING = 256;

/** One socket a question: each has a port that nobody can guess, and the question's own identifier. */
export function createForwarder(servers: readonly string[] = getServers()): NameForwarder {
  const waiting = new Set<() => void>();
  return {
    ask(question, answer) {
      const server = servers.map(parseServer).find((candidate) => candidate !== undefined);
      if (!server || waiting.size >= MAX_WAITING) return answer(undefined);
      const socket = createSocket(server.family);
      const end = (message?: Uint8Array): void => {
        if (!waiting.delete(abandon)) return;
        clearTimeout(timer);
        socket.close();
        answer(message);
      };
      const abandon = (): void => end();
      waiting.add(abandon);
      const timer = setTimeout(abandon, TIMEOUT_MS);
      socket.on("error", abandon);
      socket.on("message", (message) => {
        if (message[0] === question[0] && message[1] === question[1]) end(message);
      });
      socket.connect(server.port, server.address, () => socket.send(question));
    },
    close() {
      for (const abandon of waiting) abandon();
    },
  };
}

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`, as Node.js writes them. */
export function parseServer(text: string): { address: string; port: number; family: "udp4" | "udp6" } | undefined {
  const match =
    /^\[(?<six>[^\]]+)\](?::(?<port6>\d+))?$|^(?<four>[\d.]+)(?::(?<port4>\d+))?$|^(?<bare>[\da-f:%.\w]+)$/i.exec(text);
  const { six, port6, four, port4, bare } = match?.groups ?? {};
  if (four !== undefined) return { address: four, port: Number(port4 ?? DNS_PORT), family: "udp4" };
  const address = six ?? bare;
  return address === undefined ? undefined : { address, port: Number(port6 ?? DNS_PORT), family: "udp6" };
}
