import type { Flow, Listener } from "@soloist/interface";
import { type Case, check, checkBytes, checkCode, checkEqual, pattern } from "./suite.ts";

/** Two connected flows, and the listener that one of them came from. */
export interface FlowPair {
  readonly listener: Listener;
  readonly client: Flow;
  readonly server: Flow;
  /** Opens one more connection to the listener. */
  connect(): Promise<Flow>;
}

/** Makes a pair, has `use` work with it while time passes, and takes it down. */
export type WithFlowPair = (use: (pair: FlowPair) => Promise<void>) => Promise<void>;

/** Reads to the end of the stream. */
export async function readAll(flow: Pick<Flow, "read">): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await flow.read(); chunk !== undefined; chunk = await flow.read()) {
    chunks.push(chunk);
    length += chunk.length;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

async function sendFast(flow: Flow, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length; ) {
    const taken = flow.writeFrom(data, at, data.length - at);
    check(taken >= 0 && taken <= data.length - at, "writeFrom takes between nothing and everything");
    if (taken === 0) await flow.whenWritable();
    at += taken;
  }
}

async function receiveFast(flow: Flow, length: number): Promise<Uint8Array> {
  const data = new Uint8Array(length);
  let at = 0;
  for (;;) {
    const taken = flow.readInto(data, at);
    if (taken < 0) break;
    at += taken;
    if (at === length) break;
    if (taken === 0) await flow.whenReadable();
  }
  checkEqual(at, length, "number of bytes received");
  return data;
}

async function readStream(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader();
  return readAll({ read: async () => (await reader.read()).value });
}

/** The contract of Flow and Listener. */
export function flowSuite(withPair: WithFlowPair): Case[] {
  const test = (name: string, use: (pair: FlowPair) => Promise<void>): Case => ({ name, run: () => withPair(use) });
  const big = pattern(600_000, 3);
  return [
    test("what one end writes the other reads", async ({ client, server }) => {
      await client.write("hello");
      const chunk = await server.read();
      checkEqual(new TextDecoder().decode(chunk), "hello", "text read");
    }),
    test("ends know each other's names", async ({ client, server, listener }) => {
      checkEqual(client.remote.port, listener.local.port, "remote port of the client");
      checkEqual(server.remote.port, client.local.port, "remote port of the server");
      checkEqual(server.remote.address, client.local.address, "remote address of the server");
    }),
    test("strings travel as UTF-8", async ({ client, server }) => {
      await client.write("ß€𝄞");
      client.shutdown();
      checkEqual(new TextDecoder().decode(await readAll(server)), "ß€𝄞", "text");
    }),
    test("write resolves once all is taken, and order is kept", async ({ client, server }) => {
      const half = big.length >> 1;
      const written = Promise.all([client.write(big.subarray(0, half)), client.write(big.subarray(half))]).then(() =>
        client.shutdown(),
      );
      checkBytes(await readAll(server), big, "the stream");
      await written;
    }),
    test("a reader that does not read holds the writer back", async ({ client, server }) => {
      const huge = pattern(2_000_000, 5);
      let taken = false;
      const written = client.write(huge).then(() => {
        taken = true;
      });
      let length = (await server.read())!.length;
      check(!taken, "2,000,000 bytes do not fit into buffers");
      while (length < huge.length) length += (await server.read())!.length;
      checkEqual(length, huge.length, "bytes received");
      await written;
    }),
    test("writeFrom and readInto carry the same bytes both ways at once", async ({ client, server }) => {
      const other = pattern(400_000, 9);
      const [up, down] = await Promise.all([
        receiveFast(server, big.length),
        receiveFast(client, other.length),
        sendFast(client, big),
        sendFast(server, other),
      ]);
      checkBytes(up, big, "client to server");
      checkBytes(down, other, "server to client");
    }),
    test("readInto says 0 before anything arrives", async ({ client }) => {
      checkEqual(client.readInto(new Uint8Array(10), 0), 0, "readInto");
    }),
    test("wakeWhenReadable calls once and later: for bytes, for the end, for a reset", async ({ client, server }) => {
      if (server.wakeWhenReadable === undefined) return;
      let calls = 0;
      const waiter = { wake: () => void calls++ };
      server.wakeWhenReadable(waiter);
      await client.write("abc");
      await server.whenReadable();
      await Promise.resolve();
      checkEqual(calls, 1, "calls when bytes arrive");
      server.wakeWhenReadable(waiter);
      checkEqual(calls, 1, "calls before it returns");
      await Promise.resolve();
      checkEqual(calls, 2, "calls while there are bytes");
      server.readInto(new Uint8Array(8), 0);
      await client.write("d");
      await server.read();
      checkEqual(calls, 2, "calls without waiting");
      server.wakeWhenReadable(waiter);
      const end = server.whenReadable();
      client.abort();
      await end;
      await Promise.resolve();
      checkEqual(calls, 3, "calls when the peer resets");
    }),
    test("readInto writes behind the offset only", async ({ client, server }) => {
      await client.write("abc");
      await server.whenReadable();
      const into = new Uint8Array(8).fill(0xa5);
      checkEqual(server.readInto(into, 4), 3, "bytes read");
      checkBytes(into, new Uint8Array([0xa5, 0xa5, 0xa5, 0xa5, 97, 98, 99, 0xa5]), "buffer");
    }),
    test("after shutdown the other direction goes on", async ({ client, server }) => {
      await client.write("question");
      client.shutdown();
      checkEqual(new TextDecoder().decode(await readAll(server)), "question", "question");
      const written = server.write(big).then(() => server.shutdown());
      checkBytes(await readAll(client), big, "answer");
      await written;
    }),
    test("the end of the stream stays the end", async ({ client, server }) => {
      client.shutdown();
      checkEqual(await server.read(), undefined, "first read");
      checkEqual(await server.read(), undefined, "second read");
      checkEqual(server.readInto(new Uint8Array(1), 0), -1, "readInto");
      await server.whenReadable();
    }),
    test("writing after shutdown fails with EPIPE", async ({ client }) => {
      client.shutdown();
      client.shutdown();
      await checkCode("EPIPE", () => client.write("x"));
      await checkCode("EPIPE", () => client.writeFrom(new Uint8Array(1), 0, 1));
      await client.whenWritable();
    }),
    test("close resolves when the peer has everything", async ({ client, server }) => {
      const received = readAll(server);
      await client.write(big);
      await client.close();
      checkBytes(await received, big, "the stream");
      await server.close();
    }),
    test("close throws away what still arrives, and the peer's writes do not fail for it", async ({
      client,
      server,
    }) => {
      const closed = client.close();
      await server.write(big.subarray(0, 100_000));
      await server.close();
      await closed;
      checkEqual(await client.read(), undefined, "read after close");
    }),
    test("abort shows the peer ECONNRESET and ourselves ECONNABORTED", async ({ client, server }) => {
      await client.write("x");
      await server.read();
      const pending = server.read();
      client.abort();
      await checkCode("ECONNRESET", () => pending);
      await checkCode("ECONNRESET", () => server.write("y"));
      await checkCode("ECONNABORTED", () => client.read());
      await checkCode("ECONNABORTED", () => client.write("z"));
      await server.whenReadable();
      await server.whenWritable();
    }),
    test("readable gives the stream to its end, and is one object", async ({ client, server }) => {
      const { readable } = server;
      check(readable === server.readable, "the same stream each time");
      check(!readable.locked, "nobody reads yet");
      const written = client.write(big).then(() => client.shutdown());
      checkBytes(await readStream(server.readable), big, "the stream");
      await written;
    }),
    test("a reader of readable that does not read holds the writer back", async ({ client, server }) => {
      const huge = pattern(2_000_000, 5);
      let taken = false;
      const written = client.write(huge).then(() => {
        taken = true;
        client.shutdown();
      });
      const reader = server.readable.getReader();
      const first = await reader.read();
      check(!taken, "2,000,000 bytes do not fit into buffers");
      reader.releaseLock();
      const rest = await readStream(server.readable);
      checkEqual(first.value!.length + rest.length, huge.length, "bytes received");
      await written;
    }),
    test("writable carries bytes and text, and its end is ours alone", async ({ client, server }) => {
      const { writable } = client;
      check(writable === client.writable, "the same stream each time");
      const writer = writable.getWriter();
      const received = readAll(server);
      await Promise.all([writer.write(big), writer.write("ß€"), writer.close()]);
      const text = new TextEncoder().encode("ß€");
      const all = new Uint8Array(big.length + text.length);
      all.set(big);
      all.set(text, big.length);
      checkBytes(await received, all, "the stream");
      await server.write("answer");
      server.shutdown();
      checkEqual(new TextDecoder().decode(await readStream(client.readable)), "answer", "answer");
    }),
    test("a writer of writable waits while the peer does not read", async ({ client, server }) => {
      const huge = pattern(2_000_000, 5);
      const writer = client.writable.getWriter();
      let ready = false;
      const written = writer.write(huge);
      const waited = writer.ready.then(() => {
        ready = true;
      });
      let length = (await server.read())!.length;
      check(!ready, "a writer is not ready while its piece waits");
      while (length < huge.length) length += (await server.read())!.length;
      await Promise.all([written, waited]);
    }),
    test("readable pipes into writable", async ({ client, server }) => {
      const echoed = server.readable.pipeTo(server.writable as WritableStream<Uint8Array>);
      const written = client.write(big).then(() => client.shutdown());
      checkBytes(await readStream(client.readable), big, "the echo");
      await Promise.all([echoed, written]);
    }),
    test("readable that is cancelled throws away what arrives, and the peer's writes do not fail for it", async ({
      client,
      server,
    }) => {
      const cancelled = server.readable.cancel();
      await client.write(big);
      client.shutdown();
      await server.write("still writable");
      checkEqual((await client.read())?.length, 14, "bytes of the other direction");
      await cancelled;
    }),
    test("aborting writable resets, which readable of the peer says", async ({ client, server }) => {
      const reader = server.readable.getReader();
      const read = reader.read();
      await client.writable.abort();
      await checkCode("ECONNRESET", () => read);
      await checkCode("ECONNABORTED", () => client.read());
    }),
    test("read gives up at its timeout or by its signal, and loses nothing", async ({ client, server }) => {
      await checkCode("ETIMEDOUT", () => server.read({ timeout: 5 }));
      const controller = new AbortController();
      const reason = { code: "the reason" };
      const given = server.read({ signal: controller.signal, timeout: 60_000 });
      controller.abort(reason);
      await checkCode(reason.code, () => given);
      await checkCode(reason.code, () => server.read({ signal: controller.signal }));
      await client.write("still there");
      checkEqual(new TextDecoder().decode(await server.read({ timeout: 60_000 })), "still there", "text read");
      client.shutdown();
      checkEqual(await server.read({ timeout: 60_000 }), undefined, "end of the stream");
      await checkCode("EINVAL", () => server.read({ timeout: -1 }));
    }),
    test("accept gives up at its timeout or by its signal, and loses no connection", async ({ listener, connect }) => {
      await checkCode("ETIMEDOUT", () => listener.accept({ timeout: 5 }));
      const controller = new AbortController();
      const given = listener.accept({ signal: controller.signal });
      controller.abort({ code: "the reason" });
      await checkCode("the reason", () => given);
      const [client, server] = await Promise.all([connect(), listener.accept({ timeout: 60_000 })]);
      checkEqual(server?.remote.port, client.local.port, "port of the client");
      client.abort();
    }),
    test("a listener hands out every connection", async ({ listener, connect }) => {
      const clients = await Promise.all([connect(), connect(), connect()]);
      const ports = new Set<number>();
      for (let index = 0; index < clients.length; index++) {
        const flow = await listener.accept();
        check(flow !== undefined, "accept gives a flow");
        ports.add(flow.remote.port);
        await flow.write("hi");
      }
      checkEqual(ports.size, clients.length, "number of different peers");
      for (const client of clients) {
        checkEqual((await client.read())?.length, 2, "bytes of greeting");
        client.abort();
      }
    }),
    test("a closed listener ends iteration, and its flows go on", async ({ listener, client, server }) => {
      let count = 0;
      const iteration = (async () => {
        for await (const flow of listener) {
          count++;
          flow.abort();
        }
      })();
      listener.close();
      await iteration;
      checkEqual(count, 0, "connections after closing");
      checkEqual(await listener.accept(), undefined, "accept after close");
      await client.write("still here");
      checkEqual((await server.read())?.length, 10, "bytes");
    }),
    test("disposing closes", async ({ client, server }) => {
      const received = readAll(server).then(() => server.close());
      {
        await using flow = client;
        await flow.write("bye");
      }
      await received;
      await checkCode("EPIPE", () => client.write("x"));
    }),
  ];
}
