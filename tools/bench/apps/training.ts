// What the engine's dispatch is learnt from (src/learn.ts): HTTP between two stacks of one image, bulk data, plain JavaScript.
import type { Host, NetDevice, Wakeup } from "@soloist/interface";
import { stack } from "@soloist/net";
import { run, sleep } from "@soloist/runtime";
import { createApp, Response, serve } from "@soloist/web";

const SLOT = 2048;
const SLOTS = 64;

/** One end of a cable in memory. */
class End implements NetDevice {
  readonly name = "service";
  readonly mac: Uint8Array;
  readonly host: Host;
  readonly mtu = 1500;
  readonly counters = { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0, dropped: 0 };
  readonly rxBuffer = new Uint8Array(SLOT * SLOTS);
  readonly txBuffer = new Uint8Array(SLOT);
  rxOffset = 0;
  other: End | undefined;
  readonly wakeups: Wakeup[] = [];
  readonly #lengths = new Int32Array(SLOTS);
  #read = 0;
  #written = 0;

  constructor(mac: Uint8Array, host: Host) {
    this.mac = mac;
    this.host = host;
  }

  read(): number {
    if (this.#read === this.#written) return 0;
    const slot = this.#read++ % SLOTS;
    this.rxOffset = slot * SLOT;
    return this.#lengths[slot]!;
  }

  reserve(): number {
    return this.other!.#written - this.other!.#read < SLOTS - 1 ? 0 : -1;
  }

  send(length: number): void {
    const { other } = this;
    const slot = other!.#written++ % SLOTS;
    this.host.bytes.copy(other!.rxBuffer, slot * SLOT, this.txBuffer, 0, length);
    other!.#lengths[slot] = length;
    for (const wakeup of other!.wakeups) wakeup.wake();
  }

  open(address: string) {
    const { host } = this;
    return stack().open({
      clock: host.clock,
      rng: host.rng,
      bytes: host.bytes,
      log: (source) => host.log(source),
      netDevice: () => this,
      blockDevice: (name) => host.blockDevice(name),
      parameter: (parameter) => (parameter.name === "ipv4" ? parameter.parse(address) : parameter.default),
      onShutdown: (cleanup) => host.onShutdown(cleanup),
      drive: (machine) => {
        const wakeup = host.drive(machine);
        this.wakeups.push(wakeup);
        return wakeup;
      },
    });
  }
}

const stacks = {
  manifest: [],
  parameters: [],
  async open(host: Host) {
    const [a, b] = [1, 2].map((n) => new End(new Uint8Array([2, 0, 0, 0, 0, n]), host)) as [End, End];
    a.other = b;
    b.other = a;
    return { server: await a.open("10.0.0.1/24"), client: await b.open("10.0.0.2/24") };
  },
};

const app = createApp()
  .get("/", () => new Response("<h1>Hello</h1>", { headers: { "content-type": "text/html" } }))
  .get("/hello/:name", ({ params }) => `Hello ${params.name}!\n`)
  .get("/json/:n", ({ params }) => ({ n: Number(params.n), square: Number(params.n) ** 2 }))
  .get("/large", () => "x".repeat(200_000))
  .post("/echo", async ({ request }) => Response.json(await request.json()));

const HEAD = "Host: 10.0.0.1\r\nUser-Agent: curl/8.1\r\nAccept: */*\r\n";
const BODY = `{"a":1,"b":[1,2,3],"c":"x"}`;
const REQUESTS = [
  ...["/hello/Ada", "/json/12", "/"].map((path) => `GET ${path} HTTP/1.1\r\n${HEAD}\r\n`),
  `POST /echo HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
].map((text) => new TextEncoder().encode(text));

/** Loops, calls, properties, arrays, strings and collections. */
function plain(rounds: number): number {
  const fibonacci = (n: number): number => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));
  const bytes = new Uint8Array(256);
  const words = new Map<string, number>();
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < bytes.length; i++) bytes[i] = i ^ round;
    for (let i = 0; i < bytes.length; i++) sum = (sum + bytes[i]! * 31) | 0;
    const list = Array.from(bytes.subarray(0, 16), (byte, index) => ({ byte, index }));
    list.sort((a, b) => b.byte - a.byte);
    for (const { index } of list) words.set(`w${index}`, (words.get(`w${index}`) ?? 0) + 1);
    sum += fibonacci(8) + JSON.stringify(JSON.parse(BODY)).length;
  }
  return sum;
}

run([stacks], async ({ server, client }) => {
  void serve(server.tcp.listen({ port: 80 }), app);
  const connection = async (rounds: number) => {
    await using flow = await client.tcp.connect({ address: "10.0.0.1", port: 80 });
    for (let n = 0; n < rounds; n++) {
      await flow.write(REQUESTS[n % REQUESTS.length]!);
      await flow.read();
    }
  };
  for (let round = 0; round < 12; round++) await Promise.all(Array.from({ length: 8 }, () => connection(80)));
  await using flow = await client.tcp.connect({ address: "10.0.0.1", port: 80 });
  for (let round = 0; round < 5; round++) {
    await flow.write(new TextEncoder().encode(`GET /large HTTP/1.1\r\n${HEAD}\r\n`));
    for (let left = 200_000; left > 0; ) left -= (await flow.read())?.length ?? left;
  }
  plain(300);
  console.log("LEARNT");
  await sleep(60_000);
});
