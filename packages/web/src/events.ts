import { Response } from "./fetch/response.ts";

/** One event of a stream. */
export interface ServerEvent {
  readonly data: string;
  readonly event?: string;
  /** What a client that comes back sends as Last-Event-ID. */
  readonly id?: string;
  /** Milliseconds that the client waits before it comes back. */
  readonly retry?: number;
}

export interface EventStreamOptions {
  /** Seconds without an event after which a comment is sent, which shows both ends that the other is there. Default 15. */
  readonly heartbeat?: number;
}

/**
 * A response of Server-Sent Events: taken from `events` as the client reads them.
 *
 * @example
 * app.get("/clock", ({ request }) => eventStream(ticks(request.headers.get("last-event-id"))));
 */
export function eventStream(events: AsyncIterable<ServerEvent>, options: EventStreamOptions = {}): Response {
  const headers = { "content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no" };
  return new Response(emitted(events, 1000 * (options.heartbeat ?? 15)), { headers });
}

async function* emitted(events: AsyncIterable<ServerEvent>, heartbeat: number): AsyncGenerator<string, undefined> {
  const iterator = events[Symbol.asyncIterator]();
  // Sent at once: the browser fires `open` on the first bytes.
  yield ":\n\n";
  let next = iterator.next();
  try {
    for (;;) {
      let timer: Parameters<typeof clearTimeout>[0];
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), heartbeat);
      });
      const result = await Promise.race([next, late]);
      clearTimeout(timer);
      if (result === undefined) {
        yield ":\n\n";
        continue;
      }
      if (result.done === true) return;
      yield emitEvent(result.value);
      next = iterator.next();
    }
  } finally {
    next.catch(() => {});
    // Not waited for: a generator that waits for its next event ends after it.
    iterator.return?.()?.catch(() => {});
  }
}

/** An event as it travels. Line breaks cannot smuggle fields in: data is split at them, elsewhere they are refused. */
export function emitEvent({ data, event, id, retry }: ServerEvent): string {
  let text = "";
  if (event !== undefined) text += `event: ${oneLine("event", event)}\n`;
  if (id !== undefined) text += `id: ${oneLine("id", id)}\n`;
  if (retry !== undefined) text += `retry: ${Math.trunc(retry)}\n`;
  for (const line of data.split(/\r\n|\r|\n/)) text += `data: ${line}\n`;
  return `${text}\n`;
}

function oneLine(field: string, text: string): string {
  if (/[\r\n\0]/.test(text)) throw new TypeError(`Server-Sent Events: a line break in ${field}`);
  return text;
}
