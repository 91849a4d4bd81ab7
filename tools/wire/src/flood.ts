import { spawn } from "node:child_process";
import { once } from "node:events";
import { program } from "./build.ts";

/** Sends frames to an end as fast as it takes them, beside what the test does. */
export interface Flood {
  /** Frames handed over so far. */
  readonly sent: number;
  /** Stops, and says how many frames were sent. */
  stop(): Promise<number>;
}

/**
 * Floods an end with what `frame(index)` makes.
 *
 * @param pause milliseconds between bursts of 64 frames
 */
export function flood(end: string, frame: (index: number) => Uint8Array, pause = 2): Flood {
  const child = spawn(program("inject"), [end], { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const closed = once(child, "close");
  let stopped = false;
  let sent = 0;
  const running = (async () => {
    for (let index = 0; !stopped; ) {
      const parts: Uint8Array[] = [];
      for (const last = index + 64; index < last; index++) {
        const bytes = frame(index);
        parts.push(Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes);
      }
      sent = index;
      if (!child.stdin.write(Buffer.concat(parts))) await once(child.stdin, "drain");
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    child.stdin.end();
  })();
  return {
    get sent() {
      return sent;
    },
    async stop() {
      stopped = true;
      await running;
      await closed;
      return Number(/^sent (\d+)/.exec(text)?.[1]);
    },
  };
}
