import { nameChanges } from "../dev/explain.ts";
import { watchFiles } from "../dev/watch-files.ts";
import { BuildError } from "../errors.ts";

/** An image, and what it was made from. */
export interface WatchedImage {
  readonly path: string;
  readonly inputs: readonly string[];
}

export interface WatchOptions<Image extends WatchedImage> {
  build(): Promise<Image>;
  /** Boots it until its end, or the signal; `booted` is called when it has. */
  run(image: Image, signal: AbortSignal, booted: () => void): Promise<number>;
  say(text: string): void;
  /** Ends it all. */
  readonly signal: AbortSignal;
}

/** Builds and boots an image, and again whenever a file of it changes. What cannot be built leaves the old guest running. */
export async function watchImage<Image extends WatchedImage>(options: WatchOptions<Image>): Promise<void> {
  const { signal, say } = options;
  let guest: { readonly controller: AbortController; readonly ended: Promise<void> } | undefined;

  const start = (image: Image, describe: (bootTime: number) => string): void => {
    const controller = new AbortController();
    const since = performance.now();
    const ended = options
      .run(image, controller.signal, () => say(`${describe(performance.now() - since)}\n`))
      .then((code) => {
        if (!controller.signal.aborted) say(`it ended with exit code ${code}; it boots again when a file changes\n`);
      })
      .catch((error: unknown) => say(`soloist: ${error instanceof Error ? error.message : String(error)}\n`));
    guest = { controller, ended };
  };
  const stop = async (): Promise<void> => {
    guest?.controller.abort();
    await guest?.ended;
    guest = undefined;
  };
  const rebuild = async (paths: readonly string[]): Promise<void> => {
    const since = performance.now();
    try {
      const image = await options.build();
      const built = performance.now() - since;
      watcher.set(image.inputs);
      await stop();
      if (signal.aborted) return;
      start(image, (booted) => `${nameChanges(paths)} changed: built in ${format(built)}, booted in ${format(booted)}`);
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      say(`${error.message}\n`);
    }
  };
  let queue: Promise<void> = Promise.resolve();
  using watcher = watchFiles((paths) => {
    queue = queue
      .then(() => rebuild(paths))
      .catch((error: unknown) => {
        if (!signal.aborted) say(`soloist: ${String(error)}\n`);
      });
  });

  const image = await options.build();
  watcher.set(image.inputs);
  if (!signal.aborted) start(image, (booted) => `booted in ${format(booted)}; it boots again when a file changes`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await queue;
  await stop();
}

const format = (milliseconds: number) => `${Math.round(milliseconds)} ms`;
