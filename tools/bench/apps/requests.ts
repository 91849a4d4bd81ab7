// Where the time of a request goes: microseconds of JavaScript in each layer, over a stack with a device in memory. Batches
// of 32 connections with a request each, as under load; of each figure the least of many rounds. Prints one line of JSON.
import type { Flow, Listener } from "@soloist/interface";
import { run } from "@soloist/runtime";
import { type FetchApp, serve } from "@soloist/web";
import { ACK, bench, type Peer, PSH, SYN } from "./peer.ts";
import { createRoutes, hono } from "./routes.ts";

const CONNECTIONS = 32;
const ROUNDS = 150;
const HEAD = "Host: 10.0.0.1\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n";
const BODY = '{"name":"Ada","links":[1,2,3],"open":true}';
const get = (path: string) => `GET ${path} HTTP/1.1\r\n${HEAD}\r\n`;
const post = (path: string) =>
  `POST ${path} HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

const app = createRoutes();

/** `turns`: of the queue of microtasks, after which all are answered. */
const REQUESTS: readonly (readonly [name: string, served: typeof app | typeof hono, request: string, turns: number])[] =
  [
    ["text", app, get("/hello/Ada"), 4],
    ["JSON", app, get("/json/12"), 4],
    ["10 KB file", app, get("/ten-kilobytes.txt"), 4],
    ["POST of JSON", app, post("/echo"), 32],
    ["Hono, text", hono, get("/hello/Ada"), 4],
  ];

/** Where a request is, of which the time is being counted. */
const READ = 0;
const PARSED = 1;
const HANDLER = 2;
const BUILT = 3;
const WRITE = 4;
const LAYERS = ["read", "parse and route", "handler", "response", "write"] as const;
const spent = new Float64Array(LAYERS.length);
let clock: () => number;
let last = 0;
/** What looking at the clock costs itself, milliseconds. */
let looking = 0;

function note(layer: number): void {
  const now = clock();
  spent[layer]! += now - last - looking;
  last = clock();
}

/** A flow that notes when it is read from and written to. */
function timed(flow: Flow): Flow {
  return {
    remote: flow.remote,
    local: flow.local,
    readInto(into, offset) {
      last = clock();
      const length = flow.readInto(into, offset);
      note(READ);
      return length;
    },
    writeFrom(from, offset, length) {
      note(BUILT);
      const taken = flow.writeFrom(from, offset, length);
      note(WRITE);
      return taken;
    },
    whenReadable: () => flow.whenReadable(),
    whenWritable: () => flow.whenWritable(),
    close: () => flow.close(),
    abort: () => flow.abort(),
  } as Flow;
}

/** Notes the beginning and the end of a handler. */
function around<Given, Result>(handler: (given: Given) => Result): (given: Given) => Result {
  return (given) => {
    note(PARSED);
    const result = handler(given);
    if (result instanceof Promise) return result.finally(() => note(HANDLER)) as Result;
    note(HANDLER);
    return result;
  };
}

const timedApp = createRoutes(around);
const timedHono = { fetch: around((request: never) => hono.fetch(request)) };

class Client {
  readonly port: number;
  readonly #peer: Peer;
  #seq = 101;
  #ack = 0;

  constructor(peer: Peer, port: number) {
    this.#peer = peer;
    this.port = port;
  }

  open(poll: () => void): void {
    const peer = this.#peer;
    peer.clear();
    peer.segment(this.port, SYN, 100, 0, 0);
    poll();
    this.#ack = (peer.sequence + 1) | 0;
    peer.clear();
    peer.segment(this.port, ACK, this.#seq, this.#ack, 0);
    poll();
    peer.clear();
  }

  ask(request: Uint8Array): void {
    this.#peer.segment(this.port, ACK | PSH, this.#seq, this.#ack, request);
    this.#seq = (this.#seq + request.length) | 0;
  }

  acknowledge(bytes: number): void {
    this.#ack = (this.#ack + bytes) | 0;
    this.#peer.segment(this.port, ACK, this.#seq, this.#ack, 0);
  }
}

run([bench], async ({ clock: clocks, peer, listener, poll }) => {
  clock = () => clocks.monotonic();
  let now = 1000;
  peer.introduce();
  poll(now);
  for (let n = 0; n < 1000; n++) {
    const started = clock();
    looking = Math.min(looking || 1, clock() - started);
  }

  /** Connections of a server of their own: the listener's next ones are its. */
  async function connect(served: unknown, wrap: (flow: Flow) => Flow, first: number): Promise<Client[]> {
    const flows: Flow[] = [];
    const clients = Array.from({ length: CONNECTIONS }, (_, n) => new Client(peer, first + n));
    for (const client of clients) {
      client.open(() => poll(now));
      flows.push(wrap((await listener.accept())!));
    }
    const own = {
      bytes: listener.bytes,
      local: listener.local,
      accept: () => (flows.length > 0 ? Promise.resolve(flows.shift()) : new Promise(() => {})),
      close() {},
    };
    void serve(own as unknown as Listener, served as FetchApp);
    await pass(4 * CONNECTIONS);
    return clients;
  }

  const pass = async (turns: number) => {
    for (let n = 0; n < turns; n++) await undefined;
  };

  const figures: Record<string, Record<string, number>> = {};
  let port = 10_000;
  for (const [name, served, text, turns] of REQUESTS) {
    const request = new TextEncoder().encode(text);
    const best: Record<string, number> = {};
    const least = (layer: string, milliseconds: number) => {
      const each = (milliseconds * 1000) / CONNECTIONS;
      best[layer] = Math.min(best[layer] ?? each, each);
    };
    for (const inside of [false, true]) {
      port += CONNECTIONS;
      const clients = await connect(
        inside ? (served === app ? timedApp : timedHono) : served,
        inside ? timed : (flow) => flow,
        port,
      );
      for (let round = 0; round < ROUNDS; round++) {
        now += 0.05;
        peer.clear();
        for (const client of clients) client.ask(request);
        spent.fill(0);
        const sent = peer.sentBytes;
        const started = clock();
        poll(now);
        const arrived = clock();
        await pass(turns);
        const answered = clock();
        poll(now);
        const left = clock();
        if (inside) {
          spent.forEach((milliseconds, layer) => {
            least(LAYERS[layer]!, milliseconds);
          });
        } else {
          least("device, IP, TCP in", arrived - started);
          least("web", answered - arrived);
          least("TCP, IP, device out", left - answered);
          least("all", left - started);
        }
        const answer = (peer.sentBytes - sent) / CONNECTIONS;
        if (!Number.isInteger(answer) || answer < 60) throw new Error(`${name}: ${answer} bytes answer a request`);
        peer.clear();
        for (const client of clients) client.acknowledge(answer);
        poll(now);
      }
    }
    figures[name] = best;
  }

  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20; round++) {
    const started = clock();
    for (let n = 0; n < 500; n++) await app.request("/hello/Ada");
    best = Math.min(best, (clock() - started) / 500);
  }
  figures["app.request, text"] = { all: best * 1000 };
  console.log(JSON.stringify(figures));
});
