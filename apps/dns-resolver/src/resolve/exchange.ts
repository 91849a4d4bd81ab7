import { type Endpoint, SoloistError } from "@soloist/interface";
import type { Stack } from "@soloist/net";
import { type DnsMessage, FORMERR, NOTIMP } from "@soloist/net/dns";
import { createQuestion, readReply, type Sent } from "./messages.ts";
import type { Ask, Asked, AskFailure, AskOptions } from "./types.ts";

export interface ExchangeOptions {
  readonly udp: Stack["udp"];
  readonly tcp: Stack["tcp"];
  /** 32 random bits that nobody can guess. */
  readonly random: () => number;
  /** Milliseconds since boot. */
  readonly now: () => number;
}

/** Servers that cannot read EDNS are remembered, so many of them. */
const MAX_PLAIN = 1024;
/** Datagrams that are no answer to a question before it is given up: somebody is guessing. */
const MAX_STRANGE = 32;

const failed = (failure: AskFailure): Asked => ({ failure });

/**
 * Asks over UDP from a port and with an identifier and letter case of its own for each question (RFC 5452); over TCP what was
 * truncated, and what came back in another case.
 */
export function createAsk({ udp, tcp, random, now }: ExchangeOptions): Ask {
  const plain = new Set<string>();

  async function overUdp(server: Endpoint, sent: Sent, until: number): Promise<DnsMessage | "case" | AskFailure> {
    await using socket = udp.connect({ remote: server });
    socket.send(sent.bytes);
    for (let strange = 0; strange < MAX_STRANGE; strange++) {
      const datagram = await socket.receive({ timeout: Math.max(until - now(), 1) });
      const reply = datagram === undefined ? undefined : readReply(datagram.data, sent);
      if (reply !== undefined) return reply;
    }
    return "malformed";
  }

  async function overTcp(server: Endpoint, sent: Sent, until: number): Promise<DnsMessage | AskFailure> {
    const flow = await tcp.connect({ ...server, timeout: Math.max(until - now(), 1) });
    try {
      const framed = new Uint8Array(sent.bytes.length + 2);
      framed[0] = sent.bytes.length >> 8;
      framed[1] = sent.bytes.length;
      framed.set(sent.bytes, 2);
      await flow.write(framed);
      let received = new Uint8Array(0);
      for (;;) {
        const more = await flow.read({ timeout: Math.max(until - now(), 1) });
        if (more === undefined) return "malformed";
        const joined = new Uint8Array(received.length + more.length);
        joined.set(received);
        joined.set(more, received.length);
        received = joined;
        if (received.length < 2) continue;
        const length = (received[0]! << 8) | received[1]!;
        if (received.length < 2 + length) continue;
        const reply = readReply(received.subarray(2, 2 + length), sent);
        return reply === undefined || reply === "case" ? "malformed" : reply;
      }
    } finally {
      flow.abort();
    }
  }

  async function ask(server: Endpoint, name: string, type: number, options: AskOptions): Promise<Asked> {
    const until = now() + options.timeout;
    for (let edns = !plain.has(server.address); ; edns = false) {
      const sent = createQuestion(name, type, options.recursion, edns, random);
      if (sent === undefined) return failed("malformed");
      let reply = await overUdp(server, sent, until);
      if (reply === "case" || (typeof reply === "object" && reply.truncated))
        reply = await overTcp(server, sent, until);
      if (typeof reply === "string") return failed(reply);
      if (edns && reply.udpSize === 0 && (reply.rcode === FORMERR || reply.rcode === NOTIMP)) {
        // "A … server … that does not understand EDNS … return FORMERR" (RFC 6891 7).
        if (plain.size < MAX_PLAIN) plain.add(server.address);
        continue;
      }
      return { message: reply };
    }
  }

  return async (server, name, type, options) => {
    try {
      return await ask(server, name, type, options);
    } catch (error) {
      if (!(error instanceof SoloistError)) throw error;
      return failed(error.code === "ETIMEDOUT" ? "timeout" : "unreachable");
    }
  };
}
