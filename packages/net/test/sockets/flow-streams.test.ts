import { flowSuite, pattern, Simulation } from "@soloist/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ReadableStream, WritableStream } from "web-streams-polyfill";
import { NoStreamsError, stack } from "../../src/index.ts";
import { type StreamClasses, useStreamClasses } from "../../src/sockets/flow-streams.ts";
import "../../src/streams.ts";

const scope = globalThis as unknown as StreamClasses;
const native: StreamClasses = { ReadableStream: scope.ReadableStream, WritableStream: scope.WritableStream };

async function pair(simulation: Simulation) {
  const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24", ipv6: "off" } }));
  const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24", ipv6: "off" } }));
  const listener = a.tcp.listen({ port: 7 });
  const connect = () => b.tcp.connect({ address: "10.0.0.1", port: 7 });
  const [client, server] = await Promise.all([connect(), listener.accept()]);
  return { listener, client, server: server!, connect };
}

describe("the streams that images have", () => {
  beforeAll(() => useStreamClasses({ ReadableStream, WritableStream } as never));
  afterAll(() => useStreamClasses(native));

  it("are those of the library that @soloist/web gives apps", async () => {
    const simulation = new Simulation({ seed: 2 });
    const { client } = await simulation.run(pair(simulation));
    expect(client.readable).toBeInstanceOf(ReadableStream);
    expect(client.writable).toBeInstanceOf(WritableStream);
  });

  const suite = flowSuite(async (use) => {
    const simulation = new Simulation({ seed: 1 });
    await simulation.run(pair(simulation).then(use));
  });
  for (const { name, run } of suite) if (/readable|writable/.test(name)) it(name, run);
});

describe("readers with buffers of their own", () => {
  it("get the bytes in them, and 0 at the end", async () => {
    const simulation = new Simulation({ seed: 6 });
    const data = pattern(5000, 3);
    const work = async () => {
      const { client, server } = await pair(simulation);
      await client.write(data);
      client.shutdown();
      type Reader = { read(into: Uint8Array): Promise<{ done: boolean; value: Uint8Array }> };
      const modes = server.readable as unknown as { getReader(options: { mode: "byob" }): Reader };
      const reader = modes.getReader({ mode: "byob" });
      const all: number[] = [];
      let buffer = new ArrayBuffer(1000);
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(buffer, 10, 700));
        if (done) return all;
        expect(value.byteOffset).toBe(10);
        all.push(...value);
        buffer = value.buffer as ArrayBuffer;
      }
    };
    expect(await simulation.run(work())).toEqual([...data]);
  });
});

describe("without stream classes", () => {
  afterAll(() => useStreamClasses(native));

  it("readable and writable throw ENOSYS and say what to import", async () => {
    const simulation = new Simulation({ seed: 7 });
    const { client } = await simulation.run(pair(simulation));
    const kept = Object.getOwnPropertyDescriptors(globalThis);
    try {
      useStreamClasses(undefined);
      Object.assign(globalThis, { ReadableStream: undefined });
      expect(() => client.readable).toThrow(NoStreamsError);
      expect(() => client.writable).toThrow(/import "@soloist\/net\/streams"/);
    } finally {
      Object.defineProperty(globalThis, "ReadableStream", kept.ReadableStream);
    }
  });
});
