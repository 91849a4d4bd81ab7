import { afterEach, describe, expect, test, vi } from "vitest";
import { createApp, serve, upgrade } from "../src/index.ts";
import { MemoryListener, readUntil } from "./memory-flow.ts";

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

const HEAD = "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

function start() {
  const listener = new MemoryListener();
  const stop = new AbortController();
  stops.push(stop);
  let ends = 0;
  const app = createApp()
    .get("/echo", () =>
      upgrade(
        "echo",
        async (flow) => {
          for (let data = await flow.read(); data; data = await flow.read()) await flow.write(data);
          ends++;
        },
        { "x-more": "yes", "content-length": "7" },
      ),
    )
    .get("/broken", () =>
      upgrade("echo", async () => {
        throw new Error("as asked");
      }),
    )
    .post("/echo", () => upgrade("echo", async () => {}));
  const served = serve(listener, app, { signal: stop.signal, stopTimeout: 1 });
  return { listener, stop, served, ends: () => ends };
}

describe("upgrade", () => {
  test("the connection speaks the other protocol from the first byte behind the head, and ends with it", async () => {
    const { listener, ends } = start();
    const client = listener.connect();
    await client.write(`${HEAD}first`);
    const text = await readUntil(client, (text) => text.endsWith("first"));
    expect(text).toBe(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nx-more: yes\r\nupgrade: echo\r\n\r\nfirst",
    );
    await client.write("GET /echo HTTP/1.1\r\n\r\n");
    expect(await readUntil(client, (text) => text.endsWith("\r\n\r\n"))).toBe("GET /echo HTTP/1.1\r\n\r\n");
    client.shutdown();
    expect(await client.read()).toBeUndefined();
    expect(ends()).toBe(1);
  });

  test("requests before it are answered first", async () => {
    const { listener } = start();
    const client = listener.connect();
    await client.write(`GET /missing HTTP/1.1\r\nHost: a\r\n\r\n${HEAD}more`);
    expect(await readUntil(client, (text) => text.endsWith("more"))).toMatch(
      /^HTTP\/1.1 404 .*Not Found\nHTTP\/1.1 101 /s,
    );
  });

  test.each([
    ["that is not asked for", HEAD.replace("Connection: Upgrade\r\n", "")],
    ["of HTTP/1.0", HEAD.replace("HTTP/1.1", "HTTP/1.0")],
    ["with content", HEAD.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nab")],
  ])("one %s is refused with 400", async (_name, head) => {
    const { listener } = start();
    const client = listener.connect();
    await client.write(head);
    expect(await readUntil(client, (text) => text.includes("\r\n\r\n"))).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("one whose speaker fails ends the connection, and is logged", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const { listener } = start();
    const client = listener.connect();
    await client.write(HEAD.replace("/echo", "/broken"));
    await expect(readUntil(client, () => false)).rejects.toThrow("reset");
    expect(log).toHaveBeenCalledTimes(1);
    log.mockRestore();
  });

  test("one that does not end by itself is cut off by stopTimeout", async () => {
    const { listener, stop, served } = start();
    const client = listener.connect();
    await client.write(HEAD);
    await readUntil(client, (text) => text.includes("101"));
    stop.abort();
    await served;
    await expect(readUntil(client, () => false)).rejects.toThrow("reset");
  });
});
