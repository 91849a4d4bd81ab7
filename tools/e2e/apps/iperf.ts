// Speaks with iperf: version 2 at TCP port 5001 (whatever comes is counted and dropped; `--to ADDRESS` makes it the client, for
// `--seconds`), version 3 as the server at port 5201, both directions.
import type { Flow } from "@soloist/interface";
import { SoloistError } from "@soloist/interface";
import { stack } from "@soloist/net";
import { integer, parameter, run, spawn, text } from "@soloist/runtime";

const to = parameter("to", { help: "iperf 2 server to send to", placeholder: "ADDRESS", default: "", parse: text() });
const seconds = parameter("seconds", { help: "how long to send", default: 1, parse: integer({ min: 1, max: 3600 }) });

const CHUNK = 128 * 1024;
const COOKIE = 37;
/** States of iperf 3's control connection: iperf_api.h of its source. */
const TEST_START = 1;
const TEST_RUNNING = 2;
const TEST_END = 4;
const PARAM_EXCHANGE = 9;
const CREATE_STREAMS = 10;
const EXCHANGE_RESULTS = 13;
const DISPLAY_RESULTS = 14;
const IPERF_DONE = 16;

interface Parameters {
  readonly tcp?: boolean;
  readonly parallel?: number;
  readonly reverse?: boolean;
}

interface Stream {
  readonly id: number;
  bytes: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Reads so many bytes, and no more. */
class Reader {
  readonly #flow: Flow;
  #held: Uint8Array = new Uint8Array(0);

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  async take(length: number): Promise<Uint8Array> {
    while (this.#held.length < length) {
      const more = await this.#flow.read();
      if (more === undefined) throw new SoloistError("ECONNRESET", "the client left");
      const joined = new Uint8Array(this.#held.length + more.length);
      joined.set(this.#held);
      joined.set(more, this.#held.length);
      this.#held = joined;
    }
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  async json(): Promise<unknown> {
    const [a, b, c, d] = await this.take(4);
    return JSON.parse(decoder.decode(await this.take((a! << 24) | (b! << 16) | (c! << 8) | d!)));
  }
}

function framed(value: object): Uint8Array {
  const body = encoder.encode(JSON.stringify(value));
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, 4);
  return bytes;
}

const state = (value: number): Uint8Array => Uint8Array.of(value);
const rate = (bytes: number, ms: number): string => `${(bytes / 1000 / ms).toFixed(1)} MB/s`;

run([stack(), to, seconds], async ({ tcp }, address, duration) => {
  const scratch = new Uint8Array(CHUNK);

  /** Counts what comes until the end; hands no chunk out, which would be a copy. */
  async function sink(flow: Flow, counted: (length: number) => void): Promise<void> {
    for (;;) {
      const length = flow.readInto(scratch, 0);
      if (length < 0) return;
      if (length === 0) await flow.whenReadable();
      else counted(length);
    }
  }

  async function source(flow: Flow, running: () => boolean, counted: (length: number) => void): Promise<void> {
    while (running()) {
      const length = flow.writeFrom(scratch, 0, CHUNK);
      if (length === 0) await flow.whenWritable();
      else counted(length);
    }
  }

  async function quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof SoloistError)) throw error;
    }
  }

  // Version 2. Its client sends a header of its own and then anything at all: to a sink both are bytes.
  const plain = tcp.listen({ port: 5001 });
  spawn(async () => {
    for await (const flow of plain) {
      spawn(() =>
        quietly(async () => {
          let total = 0;
          const started = performance.now();
          await sink(flow, (length) => {
            total += length;
          });
          await flow.close();
          console.log(`iperf2 received ${total} bytes, ${rate(total, performance.now() - started)}`);
        }),
      );
    }
  });

  if (address !== "") {
    await using flow = await tcp.connect({ address, port: 5001, timeout: 10_000 });
    let total = 0;
    const started = performance.now();
    await source(
      flow,
      () => performance.now() - started < duration * 1000,
      (length) => {
        total += length;
      },
    );
    await flow.close();
    console.log(`iperf2 sent ${total} bytes, ${rate(total, performance.now() - started)}`);
  }

  // Version 3: one control connection, then as many streams as it asks for, all known by a cookie. One test at a time.
  const listener = tcp.listen({ port: 5201 });
  console.log("listening");
  for await (const control of listener) {
    await quietly(async () => {
      const reader = new Reader(control);
      const cookie = decoder.decode(await reader.take(COOKIE));
      await control.write(state(PARAM_EXCHANGE));
      const { parallel = 1, reverse = false } = (await reader.json()) as Parameters;
      await control.write(state(CREATE_STREAMS));
      const streams: Stream[] = [];
      const work: Promise<void>[] = [];
      const flows: Flow[] = [];
      let running = true;
      while (streams.length < parallel) {
        const flow = await listener.accept();
        if (flow === undefined) return;
        const first = new Uint8Array(COOKIE);
        let length = 0;
        // Not a byte more than the cookie is read: what is behind it is the test.
        while (length < COOKIE) {
          const count = flow.readInto(first.subarray(length), 0);
          if (count < 0) break;
          if (count === 0) await flow.whenReadable();
          length += count;
        }
        if (decoder.decode(first) !== cookie) {
          flow.abort();
          continue;
        }
        // iperf 3 numbers its streams 1, 3, 4, 5…
        streams.push({ id: streams.length === 0 ? 1 : streams.length + 2, bytes: 0 });
        flows.push(flow);
      }
      await control.write(state(TEST_START));
      await control.write(state(TEST_RUNNING));
      const started = performance.now();
      flows.forEach((flow, index) => {
        const stream = streams[index]!;
        const counted = (length: number): void => {
          stream.bytes += length;
        };
        work.push(
          quietly(() => (reverse ? source(flow, () => running, counted) : sink(flow, counted))).then(() =>
            quietly(() => flow.close()),
          ),
        );
      });
      if ((await reader.take(1))[0] !== TEST_END) throw new SoloistError("EPROTO", "TEST_END was expected");
      running = false;
      const ms = performance.now() - started;
      await control.write(state(EXCHANGE_RESULTS));
      await reader.json();
      await control.write(
        framed({
          cpu_util_total: 0,
          cpu_util_user: 0,
          cpu_util_system: 0,
          sender_has_retransmits: reverse ? 0 : -1,
          streams: streams.map(({ id, bytes }) => ({
            id,
            bytes,
            retransmits: reverse ? 0 : -1,
            jitter: 0,
            errors: 0,
            packets: 0,
            start_time: 0,
            end_time: ms / 1000,
          })),
        }),
      );
      await control.write(state(DISPLAY_RESULTS));
      const last = (await reader.take(1))[0];
      for (const flow of flows) if (last !== IPERF_DONE) flow.abort();
      const total = streams.reduce((sum, { bytes }) => sum + bytes, 0);
      console.log(`iperf3 ${reverse ? "sent" : "received"} ${total} bytes, ${rate(total, ms)}`);
      await control.close();
      await Promise.all(work);
    });
  }
});
