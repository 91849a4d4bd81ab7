import { type ResolverSink, STREAM_TIMEOUT } from "../dns/asker.ts";
import type { Attempt } from "../dns/question.ts";
import type { Resolver } from "../dns/resolver.ts";
import { SERVER_PORT } from "../wire/dns.ts";
import type { Tcp } from "./tcp.ts";

/** Two bytes of length stand before a message (RFC 1035 4.2.2). */
const LENGTH = 2;

/** Questions over TCP: a connection each. */
export function streamSink(
  resolver: Resolver,
  tcp: Pick<Tcp, "connect">,
  format: (address: number) => string,
  monotonic: () => number,
  wake: () => void,
): Pick<ResolverSink, "stream" | "endStream"> {
  const running = new Map<Attempt, AbortController>();

  async function ask(attempt: Attempt, question: Uint8Array, signal: AbortSignal): Promise<void> {
    try {
      const address = format(attempt.server.address);
      const flow = await tcp.connect({ address, port: SERVER_PORT, signal, timeout: STREAM_TIMEOUT });
      const onAbort = (): void => flow.abort();
      signal.addEventListener("abort", onAbort);
      try {
        await flow.write(question);
        let into = new Uint8Array(LENGTH);
        let at = 0;
        for (;;) {
          if (at === into.length) {
            if (into.length > LENGTH) break;
            const whole = new Uint8Array(LENGTH + ((into[0]! << 8) | into[1]!));
            if (whole.length === LENGTH) break;
            into = whole;
          }
          await flow.whenReadable();
          const taken = flow.readInto(into, at);
          if (taken < 0) break;
          at += taken;
        }
        if (into.length > LENGTH && at === into.length) {
          resolver.processStream(attempt, into, LENGTH, at - LENGTH, monotonic());
        } else {
          resolver.streamFailed(attempt, monotonic());
        }
      } finally {
        signal.removeEventListener("abort", onAbort);
        // The answer is there: whether the server takes notice of the end changes nothing.
        flow.close().catch(() => {});
      }
    } catch {
      resolver.streamFailed(attempt, monotonic());
    } finally {
      running.delete(attempt);
      wake();
    }
  }

  return {
    stream(attempt, message, length) {
      const question = new Uint8Array(LENGTH + length);
      question[0] = length >> 8;
      question[1] = length;
      question.set(message.subarray(0, length), LENGTH);
      const controller = new AbortController();
      running.set(attempt, controller);
      void ask(attempt, question, controller.signal);
    },
    endStream(attempt) {
      running.get(attempt)?.abort();
      running.delete(attempt);
    },
  };
}
