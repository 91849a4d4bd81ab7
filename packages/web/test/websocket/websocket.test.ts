import { once } from "node:events";
import { afterEach, describe, expect, expectTypeOf, type MockInstance, test, vi } from "vitest";
import { WebSocket as WsClient } from "ws";
import { z } from "zod";
import {
  bodyLimit,
  cacheControl,
  compress,
  cors,
  createApp,
  createRoom,
  csrf,
  etag,
  logger,
  methodOverride,
  type Room,
  rateLimit,
  requestId,
  secureHeaders,
  serve,
  timeout,
  type WebSocketOptions,
  webSocket,
} from "../../src/index.ts";
import type { WebSocket } from "../../src/websocket/socket.ts";
import { acceptKey } from "../../src/websocket/websocket.ts";
import { MemoryListener, readUntil } from "../memory-flow.ts";
import { listenOnLoopback } from "../node-listener.ts";
import { close, frame, join } from "./frames.ts";

const stops: AbortController[] = [];
let log: MockInstance<typeof console.error> | undefined;
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
  log?.mockRestore();
  vi.useRealTimers();
});

async function echo(socket: WebSocket) {
  for await (const message of socket) await socket.send(message);
}

async function start(speak: (socket: WebSocket) => unknown = echo, options: WebSocketOptions = {}) {
  const listener = await listenOnLoopback();
  const stop = new AbortController();
  stops.push(stop);
  const app = createApp().get(
    "/ws",
    webSocket((socket) => speak(socket), options),
  );
  const served = serve(listener, app, { signal: stop.signal });
  const url = `ws://127.0.0.1:${listener.port}/ws`;
  return { url, stop, served, port: listener.port };
}

const HANDSHAKE = [
  "GET /ws HTTP/1.1",
  "Host: a",
  "Upgrade: websocket",
  "Connection: keep-alive, Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];

function inMemory(speak: (socket: WebSocket) => unknown, options: WebSocketOptions = {}) {
  const listener = new MemoryListener();
  const stop = new AbortController();
  stops.push(stop);
  const app = createApp()
    .get(
      "/ws",
      webSocket((socket) => speak(socket), options),
    )
    .get("/plain", () => "plain");
  const served = serve(listener, app, { signal: stop.signal, stallTimeout: 3 });
  const connect = async (
    lines: readonly string[] = HANDSHAKE,
    capacity?: number,
    more: Uint8Array = new Uint8Array(0),
  ) => {
    const client = listener.connect(capacity);
    await client.write(join([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), more]));
    const head = await readUntil(client, (text) => text.includes("\r\n\r\n"));
    return { client, head, behind: head.slice(head.indexOf("\r\n\r\n") + 4) };
  };
  return { listener, stop, served, connect };
}

const later = () => new Promise<void>((resolve) => setTimeout(resolve, 2));
const closeFrame = (code: number, reason = "") =>
  `\x88${String.fromCharCode(2 + reason.length)}${String.fromCharCode(code >> 8, code & 255)}${reason}`;

describe("webSocket: handshake", () => {
  test("RFC 6455 1.3: the example's key gives the example's answer", async () => {
    expect(acceptKey("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const { connect } = inMemory(echo);
    const { head } = await connect();
    expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\nconnection: upgrade\r\n/);
    expect(head).toContain("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    expect(head).not.toMatch(/content-length|transfer-encoding/i);
  });

  test.each([
    ["no Upgrade", "Upgrade: websocket", "X: y", 426],
    ["another Upgrade", "Upgrade: websocket", "Upgrade: h2c", 426],
    ["another version", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 426],
    ["no Connection", "Connection: keep-alive, Upgrade", "X: y", 400],
    ["a short key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: dGhl", 400],
    ["a page of another site", "Host: a", "Host: a\r\nOrigin: http://b", 403],
    ["an origin of null", "Host: a", "Host: a\r\nOrigin: null", 403],
    ["a page of the same site", "Host: a", "Host: a\r\nOrigin: http://a", 101],
    ["content", "Host: a", "Host: a\r\nContent-Length: 1", 400],
    ["HTTP/1.0", "GET /ws HTTP/1.1", "GET /ws HTTP/1.0", 400],
  ])("%s", async (_name, line, instead, status) => {
    const { connect } = inMemory(echo);
    const { head } = await connect(HANDSHAKE.map((own) => (own === line ? instead : own)));
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("other origins may be allowed, by name and by function", async () => {
    const from = (origin: string) => [...HANDSHAKE, `Origin: ${origin}`];
    const byName = inMemory(echo, { origins: ["https://b"] });
    expect((await byName.connect(from("https://b"))).head).toContain(" 101 ");
    expect((await byName.connect(from("https://c"))).head).toContain(" 403 ");
    const byFunction = inMemory(echo, { origins: (origin) => origin.endsWith("c") });
    expect((await byFunction.connect(from("https://c"))).head).toContain(" 101 ");
    expect((await byFunction.connect(from("http://a"))).head).toContain(" 403 ");
  });

  test("frames that come with the handshake are not lost", async () => {
    const { connect } = inMemory(echo);
    const { client, behind } = await connect(HANDSHAKE, undefined, frame("early"));
    const text = behind.length > 0 ? behind : await readUntil(client, (text) => text.includes("early"));
    expect(text).toBe("\x81\x05early");
  });

  test("middleware wraps the handshake, and the path types the parameters", async () => {
    const listener = await listenOnLoopback();
    const stop = new AbortController();
    stops.push(stop);
    const rooms = createApp()
      .use(secureHeaders())
      .get(
        "/:room/:id{int}",
        webSocket(async (socket, { params, query }) => {
          expectTypeOf(params).toEqualTypeOf<{ readonly room: string; readonly id: number }>();
          await socket.send(JSON.stringify([params, query.get("q")]));
        }),
      );
    void serve(listener, createApp().use(secureHeaders()).route("/chat", rooms), { signal: stop.signal });
    const client = new WebSocket(`ws://127.0.0.1:${listener.port}/chat/tea/7?q=x`);
    const [{ data }] = (await once(client, "message")) as [MessageEvent];
    expect(JSON.parse(data)).toEqual([{ room: "tea", id: 7 }, "x"]);
    const [event] = (await once(client, "close")) as [CloseEvent];
    expect([event.code, event.wasClean]).toEqual([1000, true]);
  });

  test("no middleware of this package is in its way", async () => {
    const listener = await listenOnLoopback();
    const stop = new AbortController();
    stops.push(stop);
    const app = createApp()
      .use(logger({ print: () => {} }), requestId(), cors({ origin: "*" }), secureHeaders(), cacheControl("no-store"))
      .use(
        rateLimit({ limit: 10, seconds: 60, key: () => "" }),
        bodyLimit(10),
        timeout(5),
        compress(),
        etag(),
        csrf(),
        methodOverride(),
      )
      .get("/", webSocket(echo));
    void serve(listener, app, { signal: stop.signal });
    const client = new WebSocket(`ws://127.0.0.1:${listener.port}/`);
    await once(client, "open");
    client.send("through");
    const [{ data }] = (await once(client, "message")) as [MessageEvent];
    expect(data).toBe("through");
    client.close();
  });

  test("in process the answer is a 101, as middleware sees it", async () => {
    const app = createApp().get("/", webSocket(echo));
    const headers = Object.fromEntries(HANDSHAKE.slice(1).map((line) => line.split(": ") as [string, string]));
    expect((await app.request("/", { headers })).status).toBe(101);
    expect((await app.request("/")).status).toBe(426);
  });
});

describe("webSocket: with Node's own client", () => {
  test("a thousand messages come back in order, texts of every length form and binary", async () => {
    const { url } = await start();
    const client = new WebSocket(url);
    client.binaryType = "arraybuffer";
    await once(client, "open");
    const got: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      client.onmessage = ({ data }) => {
        got.push(typeof data === "string" ? data : Buffer.from(data).toString("hex"));
        if (got.length === 1003) resolve();
      };
    });
    const sent: string[] = [];
    for (let index = 0; index < 1000; index++) sent.push(`message ${index} ${"€".repeat(index % 50)}`);
    sent.push("x".repeat(70_000));
    for (const text of sent) client.send(text);
    client.send(new Uint8Array([0, 255, 7]));
    client.send(new Uint8Array(0));
    await all;
    expect(got).toEqual([...sent, "00ff07", ""]);
    client.close(3001, "enough");
    const [event] = (await once(client, "close")) as [CloseEvent];
    expect([event.code, event.wasClean]).toEqual([3001, true]);
  });

  test("subprotocols: the server's order decides", async () => {
    const { url } = await start((socket) => socket.send(socket.protocol), { protocols: ["best", "good"] });
    const client = new WebSocket(url, ["good", "best", "bad"]);
    const [{ data }] = (await once(client, "message")) as [MessageEvent];
    expect([data, client.protocol]).toEqual(["best", "best"]);
  });

  test("a handler's own close code and reason reach the client; one that throws gives 1011", async () => {
    log = vi.spyOn(console, "error").mockImplementation(() => {});
    const { url } = await start(async (socket) => {
      if ((await socket.receive()) === "throw") throw new Error("handler");
      expect(await socket.close(4000, "bye")).toEqual({ code: 4000, reason: "", clean: true });
    });
    for (const [said, code, reason] of [
      ["close", 4000, "bye"],
      ["throw", 1011, ""],
    ] as const) {
      const client = new WebSocket(url);
      await once(client, "open");
      client.send(said);
      const [event] = (await once(client, "close")) as [CloseEvent];
      expect([event.code, event.reason]).toEqual([code, reason]);
    }
    expect(log).toHaveBeenCalledTimes(1);
  });

  test("a server that stops says 1001, and ends", async () => {
    const { url, stop, served } = await start();
    const client = new WebSocket(url);
    await once(client, "open");
    stop.abort();
    const [event] = (await once(client, "close")) as [CloseEvent];
    expect([event.code, event.wasClean]).toEqual([1001, true]);
    await served;
  });
});

describe("webSocket: with ws", () => {
  const open = async (url: string, options = {}) => {
    const client = new WsClient(url, { perMessageDeflate: true, ...options });
    await once(client, "open");
    return client;
  };

  test("fragments, a ping between them, and a megabyte", async () => {
    const { url } = await start();
    const client = await open(url);
    client.send("one ", { fin: false });
    client.ping("are you there");
    client.send("two ", { fin: false });
    client.send("three", { fin: true });
    const [[pong], [message]] = await Promise.all([once(client, "pong"), once(client, "message")]);
    expect([`${pong}`, `${message}`]).toEqual(["are you there", "one two three"]);
    const large = Buffer.alloc(1024 * 1024);
    for (let at = 0; at < large.length; at++) large[at] = at % 251;
    client.send(large);
    const [back] = await once(client, "message");
    expect(large.equals(back)).toBe(true);
    client.send("x".repeat(1024 * 1024 + 1));
    const [code] = await once(client, "close");
    expect(code).toBe(1009);
  });

  test("two hundred sockets in a room hear each other, but not themselves", async () => {
    const room = createRoom();
    const { url } = await start(async (socket) => {
      room.join(socket);
      for await (const message of socket) room.send(message, socket);
    });
    const clients = await Promise.all(Array.from({ length: 200 }, () => open(url)));
    await vi.waitFor(() => expect(room.size).toBe(200), 60_000);
    const heard = clients.slice(1).map((client) => once(client, "message"));
    clients[0]!.on("message", () => expect.unreachable());
    clients[0]!.send("hello");
    for (const [message] of await Promise.all(heard)) expect(`${message}`).toBe("hello");
    for (const client of clients) client.terminate();
    await vi.waitFor(() => expect(room.size).toBe(0), 60_000);
  });
});

describe("webSocket: typed messages", () => {
  test("a schema makes messages of JSON; what does not fit ends the connection with 1007", async () => {
    const Move = z.object({ x: z.number(), y: z.coerce.number() });
    const listener = new MemoryListener();
    const stop = new AbortController();
    stops.push(stop);
    const room = createRoom();
    const app = createApp().get(
      "/ws/:game",
      webSocket(
        async (socket, { params }) => {
          expectTypeOf(params).toEqualTypeOf<{ readonly game: string }>();
          room.join(socket);
          for await (const move of socket) {
            expectTypeOf(move).toEqualTypeOf<{ x: number; y: number }>();
            await socket.send(`${params.game} ${move.x + move.y}`);
          }
        },
        { messages: Move },
      ),
    );
    void serve(listener, app, { signal: stop.signal });
    for (const [said, answer] of [
      ['{"x":"1","y":2}', /^The message is not as it should be: x: .*/],
      ["{", /^.*is not JSON$/],
      ["[".repeat(1000), /nested deeper/],
    ] as const) {
      const client = listener.connect();
      await client.write([HANDSHAKE[0]!.replace("/ws", "/ws/go"), ...HANDSHAKE.slice(1), "\r\n"].join("\r\n"));
      await readUntil(client, (text) => text.includes("\r\n\r\n"));
      await client.write(frame('{"x":1,"y":"2"}'));
      expect(await readUntil(client, (text) => text.includes("3"))).toBe("\x81\x04go 3");
      await client.write(frame(said));
      const text = await readUntil(client, (text) => text.length > 4);
      expect(text.slice(2, 4)).toBe("\x03\xef");
      expect(text.slice(4)).toMatch(answer);
      await client.write(close(1007));
      expect(await client.read()).toBeUndefined();
    }
  });
});

describe("webSocket: back-pressure", () => {
  test("a handler that does not receive slows its client down, and pings are answered meanwhile", async () => {
    let socket: WebSocket | undefined;
    const { connect } = inMemory(
      async (own) => {
        socket = own;
        await own.signal.aborted;
        await new Promise((resolve) => own.signal.addEventListener("abort", resolve));
      },
      { maxQueued: 10_000 },
    );
    const { client } = await connect(HANDSHAKE, 20_000);
    await client.write(frame("hi", { opcode: 9 }));
    expect(await readUntil(client, (text) => text.includes("hi"))).toBe("\x8a\x02hi");
    let written = 0;
    const flooding = (async () => {
      for (let index = 0; index < 20; index++) {
        await client.write(frame("m".repeat(8000)));
        written++;
      }
    })();
    await later();
    await later();
    expect(written).toBeLessThan(10);
    for (let index = 0; index < 20; index++) expect(await socket!.receive()).toHaveLength(8000);
    await flooding;
  });

  test("send waits for a slow client; who does not wait is cut off with 1013", async () => {
    const results: boolean[] = [];
    const { connect } = inMemory(
      async (socket) => {
        results.push(await socket.send("x".repeat(3000)));
        for (let index = 0; index < 50; index++) void socket.send("y".repeat(1000)).then((sent) => results.push(sent));
        expect(socket.state).not.toBe("open");
        await socket.receive();
      },
      { maxBuffered: 10_000 },
    );
    const { client } = await connect(HANDSHAKE, 1000);
    await later();
    expect(results).toEqual([]);
    const text = await readUntil(client, (text) => text.includes("too slow"));
    expect(results[0]).toBe(true);
    expect(text.match(/y{1000}/g)!.length).toBeGreaterThan(9);
    expect(text.endsWith(closeFrame(1013, "too slow"))).toBe(true);
    await client.write(close(1013));
    expect(await client.read()).toBeUndefined();
    expect(results).toContain(false);
  });

  test.each(["close", "miss"] as const)("a slow member of a room does not hold up the others: %s", async (slow) => {
    const room: Room = createRoom({ maxBuffered: 5000, slow });
    const { connect } = inMemory(async (socket) => {
      room.join(socket);
      await socket.receive();
    });
    const stuck = await connect(HANDSHAKE, 300);
    const quick = await connect();
    await later();
    const said: number[] = [];
    let text = quick.behind;
    for (let index = 0; index < 20; index++) {
      said.push(room.send(`${index} `.padEnd(1000, ".")));
      text += await readUntil(quick.client, (text) => text.length >= 1004);
    }
    expect(text.match(/\d+ \./g)).toHaveLength(20);
    expect(said[0]).toBe(2);
    expect(said[19]).toBe(1);
    expect(said.filter((members) => members === 2).length).toBeLessThan(8);
    // Whatever the slow one was sent, it was sent whole.
    const reading = readUntil(stuck.client, (text) =>
      slow === "close"
        ? text.endsWith("too slow")
        : text.length === said.filter((members) => members === 2).length * 1004,
    );
    expect((await reading).match(/\d+ \.{990,}/g)).toHaveLength(said.filter((members) => members === 2).length);
    expect(room.size).toBe(2);
    if (slow === "close") {
      await stuck.client.write(close(1013));
      await vi.waitFor(() => expect(room.size).toBe(1), 60_000);
    }
  });
});

describe("webSocket: its end", () => {
  test("a peer's close is echoed, and the connection ended by the server", async () => {
    let status: unknown;
    const { connect } = inMemory(async (socket) => {
      for await (const _ of socket);
      status = socket.status;
      expect(socket.signal.aborted).toBe(true);
      expect(await socket.send("late")).toBe(false);
    });
    const { client } = await connect();
    await client.write(close(4321, "why"));
    expect(await readUntil(client, () => false)).toBe(closeFrame(4321));
    expect(status).toEqual({ code: 4321, reason: "why", clean: true });
  });

  test("a client that breaks the protocol is told why", async () => {
    let status: unknown;
    const { connect } = inMemory(async (socket) => {
      await socket.receive();
      status = socket.status;
    });
    const { client } = await connect();
    await client.write(frame(Uint8Array.of(0xff)));
    expect(await readUntil(client, () => false)).toBe(closeFrame(1007, "text that is not UTF-8"));
    expect(status).toEqual({ code: 1007, reason: "text that is not UTF-8", clean: false });
  });

  test("a client that vanishes ends the loop with 1006; others go on", async () => {
    const ends: unknown[] = [];
    const { connect } = inMemory(async (socket) => {
      for await (const message of socket) await socket.send(message);
      ends.push(socket.status?.code);
    });
    const [gone, half, stays] = [await connect(), await connect(), await connect()];
    gone.client.abort();
    half.client.shutdown();
    await vi.waitFor(() => expect(ends).toEqual([1006, 1006]), 60_000);
    await stays.client.write(frame("still"));
    expect(await readUntil(stays.client, (text) => text.includes("still"))).toBe("\x81\x05still");
  });

  test("codes that may not be sent are the caller's mistake", async () => {
    const errors: unknown[] = [];
    const { connect } = inMemory(async (socket) => {
      for (const code of [999, 1005, 1006, 1015, 5000]) {
        try {
          await socket.close(code);
        } catch (error) {
          errors.push(error);
        }
      }
      await socket.close(1000, "€".repeat(50));
    });
    const { client, behind } = await connect();
    const text = behind + (behind.length > 100 ? "" : await readUntil(client, (text) => text.length > 100));
    expect(errors).toHaveLength(5);
    // Cut to 123 bytes, at a character's end.
    expect(text.slice(4)).toBe(Buffer.from("€".repeat(41)).toString("latin1"));
  });

  test("a silent client is pinged, and lost when it does not answer; one that answers stays", async () => {
    vi.useFakeTimers();
    const ends: unknown[] = [];
    const { connect } = inMemory(
      async (socket) => {
        await socket.receive();
        ends.push(socket.status?.code);
      },
      { pingInterval: 10 },
    );
    const [dead, alive] = [await connect(), await connect()];
    for (let round = 0; round < 5; round++) {
      await vi.advanceTimersByTimeAsync(11_000);
      const text = await readUntil(alive.client, (text) => text.includes("\x89\x00"));
      expect(text).toBe("\x89\x00");
      await alive.client.write(frame("", { opcode: 10 }));
    }
    expect(ends).toEqual([1006]);
    await expect(readUntil(dead.client, () => false)).rejects.toThrow("reset");
  });

  test("a client that does not answer a close is cut off", async () => {
    vi.useFakeTimers();
    const { connect } = inMemory((socket) => void socket.send("bye"), { closeTimeout: 2 });
    const { client, behind } = await connect();
    if (!behind.includes("\x88")) await readUntil(client, (text) => text.includes("\x88"));
    await vi.advanceTimersByTimeAsync(5000);
    await expect(client.read()).rejects.toThrow("reset");
  });

  test("a client that takes not even the close frame is cut off by the stall timeout", async () => {
    vi.useFakeTimers();
    const { connect } = inMemory(
      async (socket) => {
        await socket.send("x".repeat(496));
        await socket.receive();
      },
      { pingInterval: 100 },
    );
    const { client } = await connect(HANDSHAKE, 500);
    await client.write(frame("x", { opcode: 3 }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(() => client.readInto(new Uint8Array(10), 0)).toThrow("reset");
  });

  test("a client that takes nothing is cut off by the stall timeout", async () => {
    vi.useFakeTimers();
    const sent: boolean[] = [];
    const { connect } = inMemory(async (socket) => sent.push(await socket.send("x".repeat(10_000))), {
      pingInterval: 100,
    });
    const { client } = await connect(HANDSHAKE, 300);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toEqual([false]);
    expect(() => client.readInto(new Uint8Array(10), 0)).toThrow("reset");
  });
});
