/** Keeps two builds out of one folder: both write the same objects, of which either would link what the other has half written. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Waits until nobody else has the lock, and takes it.
 *
 * util-linux's `flock` holds it for as long as this process keeps its input open: a build that is killed leaves nothing behind.
 *
 * @param path A file, which is made where there is none.
 * @param waiting Called once when somebody else has it.
 * @returns What gives it back.
 */
export async function takeLock(path: string, waiting: () => void = () => {}): Promise<() => Promise<void>> {
  const holder = spawn("flock", [path, "sh", "-c", "echo locked; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const timer = setTimeout(waiting, 1000);
  try {
    const ended = once(holder, "close").then(([code]) => {
      throw new Error(`flock ${path} ended with ${code}`);
    });
    await Promise.race([once(holder.stdout, "data"), ended]);
    ended.catch(() => {});
  } finally {
    clearTimeout(timer);
  }
  return async () => {
    holder.stdin.end();
    if (holder.exitCode === null) await once(holder, "close");
  };
}
