// Servers for c/net-load.c: 7 echoes, 9 throws away, 13 never reads, 19 sends without end. node/net-load.ts does the same.
import { type Flow, SoloistError } from "@soloist/interface";
import { stack } from "@soloist/net";
import { run, spawn } from "@soloist/runtime";

const buffer = new Uint8Array(64 * 1024);

async function echo(flow: Flow): Promise<void> {
  for (;;) {
    await flow.whenReadable();
    for (;;) {
      const length = flow.readInto(buffer, 0);
      if (length < 0) return flow.close();
      if (length === 0) break;
      const taken = flow.writeFrom(buffer, 0, length);
      // The buffer is everybody's: what must wait is copied.
      if (taken < length) await flow.write(buffer.slice(taken, length));
    }
  }
}

async function discard(flow: Flow): Promise<void> {
  for (;;) {
    await flow.whenReadable();
    if (flow.readInto(buffer, 0) < 0) return flow.close();
  }
}

async function source(flow: Flow): Promise<void> {
  for (;;) {
    await flow.whenWritable();
    flow.writeFrom(buffer, 0, buffer.length);
  }
}

run([stack()], async ({ tcp }) => {
  const serve = async (port: number, handle: (flow: Flow) => Promise<void>) => {
    for await (const flow of tcp.listen({ port, backlog: 4096 })) {
      spawn(async () => {
        try {
          await handle(flow);
        } catch (error) {
          if (!(error instanceof SoloistError)) throw error;
        }
      });
    }
  };
  const unread: Flow[] = [];
  const keep = async (flow: Flow) => void unread.push(flow);
  console.log("listening");
  await Promise.all([serve(7, echo), serve(9, discard), serve(13, keep), serve(19, source)]);
});
