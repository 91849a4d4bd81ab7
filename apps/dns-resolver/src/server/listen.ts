import { type Flow, SoloistError } from "@soloist/interface";
import type { Stack } from "@soloist/net";
import { spawn } from "@soloist/runtime";
import type { Server } from "./server.ts";

/** Connections at a time; more wait to be accepted. */
const MAX_CONNECTIONS = 256;
/** Milliseconds: "idle … on the order of a few seconds" (RFC 7766 6.2.3). */
const IDLE = 10_000;
/** Questions of one connection that are open at a time; more wait to be read. */
const MAX_PIPELINED = 32;
/** Datagrams that wait; each is a few hundred bytes. */
const QUEUE = 2048;

/** Answers datagrams for ever. */
export async function serveUdp({ udp }: Stack, server: Server, now: () => number): Promise<void> {
  const socket = udp.bind({ port: 53, queue: QUEUE });
  const send = (bytes: Uint8Array, to: { address: string; port: number }): void => {
    try {
      socket.send(bytes, to);
    } catch (error) {
      // No way back to whoever asked: they will ask again.
      if (!(error instanceof SoloistError)) throw error;
    }
  };
  for await (const { data, remote } of socket) {
    const reply = server.process(data, remote.address, false, now());
    if (reply === undefined) continue;
    if (reply instanceof Uint8Array) send(reply, remote);
    else void reply.then((bytes) => send(bytes, remote));
  }
}

/** Answers over connections for ever (RFC 7766). */
export async function serveTcp({ tcp }: Stack, server: Server, now: () => number): Promise<void> {
  const listener = tcp.listen({ port: 53, backlog: MAX_CONNECTIONS });
  let open = 0;
  let onRoom = (): void => {};
  for await (const flow of listener) {
    open++;
    spawn(async () => {
      try {
        await serveFlow(flow, server, now);
      } catch (error) {
        flow.abort();
        if (!(error instanceof SoloistError)) throw error;
      } finally {
        open--;
        onRoom();
      }
    });
    while (open >= MAX_CONNECTIONS) {
      await new Promise<void>((resolve) => {
        onRoom = resolve;
      });
    }
  }
}

async function serveFlow(flow: Flow, server: Server, now: () => number): Promise<void> {
  const { address } = flow.remote;
  const pending = new Set<Promise<void>>();
  const reader = createReader(flow);
  for (;;) {
    const head = await reader(2);
    const asked = head && (await reader((head[0]! << 8) | head[1]!));
    if (asked === undefined) break;
    const reply = server.process(asked, address, true, now());
    // Nobody who means well sends what is no query over a connection.
    if (reply === undefined) return flow.abort();
    if (reply instanceof Uint8Array) {
      await flow.write(framed(reply));
      continue;
    }
    // Answers go out as they come, in any order (RFC 7766 7).
    const sending = reply.then((bytes) => flow.write(framed(bytes))).catch(() => {});
    pending.add(sending);
    void sending.then(() => pending.delete(sending));
    if (pending.size >= MAX_PIPELINED) await Promise.race(pending);
  }
  await Promise.all(pending);
  await flow.close();
}

/** Reads exactly so many bytes; `undefined` at the end. */
function createReader(flow: Flow): (length: number) => Promise<Uint8Array | undefined> {
  let rest = new Uint8Array(0);
  return async (length) => {
    while (rest.length < length) {
      const more = await flow.read({ timeout: IDLE });
      if (more === undefined) return undefined;
      const joined = new Uint8Array(rest.length + more.length);
      joined.set(rest);
      joined.set(more, rest.length);
      rest = joined;
    }
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };
}

function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(message.length + 2);
  bytes[0] = message.length >> 8;
  bytes[1] = message.length;
  bytes.set(message, 2);
  return bytes;
}
