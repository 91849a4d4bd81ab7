import type { Flow } from "@soloist/interface";
import { NoStreamsError } from "../errors.ts";

interface ByteController {
  /** Where a reader that brought its own buffer wants the bytes. */
  readonly byobRequest: { readonly view: Uint8Array; respond(length: number): void } | null;
  enqueue(chunk: Uint8Array): void;
  close(): void;
}

interface ByteSource {
  readonly type: "bytes";
  pull(controller: ByteController): Promise<void>;
  cancel(): void;
}

interface Sink {
  write(chunk: Uint8Array | string): Promise<void>;
  close(): void;
  abort(): void;
}

/** The two classes of the Streams standard that a flow needs. */
export interface StreamClasses {
  readonly ReadableStream: new (
    source: ByteSource,
    strategy: { readonly highWaterMark: number },
  ) => ReadableStream<Uint8Array>;
  readonly WritableStream: new (
    sink: Sink,
    strategy: { readonly highWaterMark: number },
  ) => WritableStream<Uint8Array | string>;
}

let classes: StreamClasses | undefined;

export function useStreamClasses(given: StreamClasses | undefined): void {
  classes = given;
}

function streamClasses(): StreamClasses {
  // Node.js has them. Not `globalThis.ReadableStream`: the toolchain would put the library into every app that has web, too.
  const scope: Partial<StreamClasses> = globalThis as never;
  if (classes === undefined && scope.ReadableStream !== undefined) classes = scope as StreamClasses;
  if (classes === undefined) throw new NoStreamsError();
  return classes;
}

// Beside the flows: most of them never need one, and pay nothing.
const readables = new WeakMap<Flow, ReadableStream<Uint8Array>>();
const writables = new WeakMap<Flow, WritableStream<Uint8Array | string>>();

/** `flow.readable` of any flow, by its `read`, `readInto` and `whenReadable`. @throws {NoStreamsError} `ENOSYS` */
export function readableOf(flow: Flow): ReadableStream<Uint8Array> {
  let stream = readables.get(flow);
  if (stream === undefined) {
    const source: ByteSource = {
      type: "bytes",
      pull: (controller) => pull(flow, controller),
      cancel: () => void drain(flow),
    };
    // 0: nothing is read before somebody asks, and the receive window closes.
    stream = new (streamClasses().ReadableStream)(source, { highWaterMark: 0 });
    readables.set(flow, stream);
  }
  return stream;
}

/** `flow.writable` of any flow, by its `write`, `shutdown` and `abort`. @throws {NoStreamsError} `ENOSYS` */
export function writableOf(flow: Flow): WritableStream<Uint8Array | string> {
  let stream = writables.get(flow);
  if (stream === undefined) {
    const sink: Sink = {
      write: (chunk) => flow.write(chunk),
      close: () => flow.shutdown(),
      abort: () => flow.abort(),
    };
    stream = new (streamClasses().WritableStream)(sink, { highWaterMark: 1 });
    writables.set(flow, stream);
  }
  return stream;
}

async function pull(flow: Flow, controller: ByteController): Promise<void> {
  const request = controller.byobRequest;
  if (request === null) {
    const data = await flow.read();
    if (data === undefined) controller.close();
    else controller.enqueue(data);
    return;
  }
  const { buffer, byteOffset, byteLength } = request.view;
  const into = new Uint8Array(buffer, byteOffset, byteLength);
  let taken = flow.readInto(into, 0);
  while (taken === 0) {
    await flow.whenReadable();
    taken = flow.readInto(into, 0);
  }
  if (taken < 0) controller.close();
  request.respond(Math.max(taken, 0));
}

/** Nobody wants the rest; the peer may go on sending it. */
async function drain(flow: Flow): Promise<void> {
  try {
    while ((await flow.read()) !== undefined);
  } catch {
    // It has ended, which is as good.
  }
}
