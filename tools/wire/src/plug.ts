import { spawn } from "node:child_process";
import { once } from "node:events";
import { program } from "./build.ts";

/** Sends and receives raw frames at one end, as a peer that a test plays itself. */
export interface Plug extends AsyncDisposable {
  /** Waits for nothing: the frames are on their way when the end takes them. */
  send(...frames: readonly Uint8Array[]): void;
  /** The next frame that arrived and for which `take` returns something; frames before it are dropped. Rejects after `seconds`. */
  receive<T>(take: (frame: Uint8Array) => T | undefined, seconds?: number): Promise<T>;
}

/** Opens an end: `[tap:|packet:]INTERFACE[@NETNS]`. */
export async function plug(end: string): Promise<Plug> {
  const child = spawn(program("plug"), [end], { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(child, "close");
  child.stdin.on("error", () => {}); // it ended, as `closed` says
  let held: Buffer = Buffer.alloc(0);
  const arrived: Uint8Array[] = [];
  let wake: () => void = () => {};
  let opened: () => void = () => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  child.stdout.on("data", (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    for (;;) {
      if (held.length - at < 2) break;
      const length = held.readUInt16BE(at);
      if (held.length - at < 2 + length) break;
      if (length === 0) opened();
      else arrived.push(Uint8Array.from(held.subarray(at + 2, at + 2 + length)));
      at += 2 + length;
    }
    held = held.subarray(at);
    wake();
  });
  await Promise.race([open, closed]);
  if (child.exitCode !== null) throw new Error(`${end} did not open (exit ${child.exitCode})`);
  return {
    send(...frames) {
      for (const frame of frames)
        child.stdin.write(Buffer.concat([Uint8Array.of(frame.length >> 8, frame.length & 255), frame]));
    },
    async receive(take, seconds = 120) {
      const until = performance.now() + seconds * 1000;
      for (;;) {
        for (let frame = arrived.shift(); frame !== undefined; frame = arrived.shift()) {
          const taken = take(frame);
          if (taken !== undefined) return taken;
        }
        const left = until - performance.now();
        if (left <= 0) throw new Error(`no such frame within ${seconds} s`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await closed;
    },
  };
}
