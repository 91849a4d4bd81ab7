import type { Flow } from "@soloist/interface";

interface Controller {
  enqueue(chunk: Uint8Array): void;
  close(): void;
}

/** Node's own classes: images have none of their own. */
const classes = globalThis as unknown as {
  readonly ReadableStream: new (
    source: { pull(controller: Controller): Promise<void>; cancel(): Promise<void> },
    strategy: { readonly highWaterMark: number },
  ) => ReadableStream<Uint8Array>;
  readonly WritableStream: new (sink: {
    write(chunk: Uint8Array | string): Promise<void>;
    close(): void;
    abort(): void;
  }) => WritableStream<Uint8Array | string>;
};

/** The web streams of a flow in memory. Make them once a flow. */
export function flowStreams(flow: Flow): Pick<Flow, "readable" | "writable"> {
  const readable = new classes.ReadableStream(
    {
      async pull(controller) {
        const data = await flow.read();
        if (data === undefined) controller.close();
        else controller.enqueue(data);
      },
      async cancel() {
        while ((await flow.read()) !== undefined);
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new classes.WritableStream({
    write: (chunk) => flow.write(chunk),
    close: () => flow.shutdown(),
    abort: () => flow.abort(),
  });
  return { readable, writable };
}
