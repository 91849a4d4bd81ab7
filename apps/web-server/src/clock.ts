import { sleep } from "@soloist/runtime";
import type { ServeCounters, ServerEvent } from "@soloist/web";

/** Once a second: the time, how long the machine has been up, and what it did. */
export async function* ticks(counters: ServeCounters): AsyncGenerator<ServerEvent, undefined> {
  for (;;) {
    const { requests, connections } = counters;
    const time = new Date().toISOString();
    yield { data: JSON.stringify({ time, uptime: performance.now(), requests, connections }) };
    await sleep(1000 - (Date.now() % 1000));
  }
}
