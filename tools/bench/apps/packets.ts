// Microseconds of JavaScript per packet of each kind: one stack over a device in memory, in whose place this program is the
// peer. Prints one line of JSON. Each figure is the least of many rounds: what the code costs, without the machine's noise.
import type { ByteHelpers, Clock, Device, Flow, Host, Listener, NetDevice, Pollable } from "@soloist/interface";
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";

const SLOT = 2048;
const SLOTS = 64;
const MSS = 1460;
const PEER = 0x0a000002;
const SELF = 0x0a000001;
const SYN = 2;
const ACK = 16;
const PSH = 8;
const PORT = 80;

/** The device, and the peer behind it. */
class Peer implements NetDevice {
  readonly name = "service";
  readonly mac = new Uint8Array([2, 0, 0, 0, 0, 1]);
  readonly mtu = 1500;
  readonly counters = { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0, dropped: 0 };
  readonly rxBuffer = new Uint8Array(SLOT * SLOTS);
  readonly txBuffer = new Uint8Array(SLOT);
  rxOffset = 0;
  sent = 0;
  readonly #lengths = new Int32Array(SLOTS);
  readonly #view = new DataView(this.rxBuffer.buffer);
  readonly #bytes: ByteHelpers;
  #read = 0;
  #written = 0;

  constructor(bytes: ByteHelpers) {
    this.#bytes = bytes;
  }

  read(): number {
    if (this.#read === this.#written) return 0;
    this.rxOffset = this.#read * SLOT;
    return this.#lengths[this.#read++]!;
  }

  reserve(): number {
    return 0;
  }

  send(): void {
    this.sent++;
  }

  /** Sequence number of the segment that was sent last. */
  get sequence(): number {
    return new DataView(this.txBuffer.buffer).getInt32(38);
  }

  clear(): void {
    this.#read = 0;
    this.#written = 0;
  }

  put(frame: readonly number[]): void {
    this.rxBuffer.set(frame, this.#written * SLOT);
    this.#lengths[this.#written++] = frame.length;
  }

  /** One more segment waits to be read. */
  segment(port: number, flags: number, seq: number, ack: number, length: number): void {
    const at = this.#written * SLOT;
    const view = this.#view;
    const header = (flags & SYN) !== 0 ? 32 : 20;
    const tcp = header + length;
    this.rxBuffer.fill(0, at, at + 14 + 20 + header);
    this.rxBuffer.set([...this.mac, 2, 0, 0, 0, 0, 2, 8, 0, 0x45], at);
    view.setUint16(at + 16, 20 + tcp);
    view.setUint16(at + 20, 0x4000);
    view.setUint16(at + 22, 0x4006);
    view.setInt32(at + 26, PEER);
    view.setInt32(at + 30, SELF);
    view.setUint16(at + 24, ~this.#bytes.checksum(this.rxBuffer, at + 14, 20, 0));
    view.setUint16(at + 34, port);
    view.setUint16(at + 36, PORT);
    view.setInt32(at + 38, seq);
    view.setInt32(at + 42, ack);
    view.setInt32(at + 46, (header << 26) | (flags << 16) | 0xffff);
    // MSS 1460, SACK permitted, window scale 7.
    if (header === 32) this.rxBuffer.set([2, 4, MSS >> 8, MSS & 255, 4, 2, 3, 3, 7, 1, 1, 1], at + 54);
    view.setUint16(at + 50, ~this.#bytes.checksum(this.rxBuffer, at + 26, 8 + tcp, 6 + tcp));
    this.#lengths[this.#written++] = 34 + tcp;
  }
}

interface Bench {
  readonly clock: Clock;
  readonly peer: Peer;
  readonly listener: Listener;
  poll(now: number): void;
}

const bench: Device<Bench> = {
  manifest: [],
  parameters: [],
  async open(host: Host) {
    const peer = new Peer(host.bytes);
    const machines: Pollable[] = [];
    const { tcp } = await stack({ device: { manifest: [], parameters: [], open: () => peer } }).open({
      clock: host.clock,
      rng: host.rng,
      bytes: host.bytes,
      netDevice: () => peer,
      blockDevice: (name) => host.blockDevice(name),
      parameter: ({ name, parse }) =>
        (name === "ipv4" ? parse("10.0.0.1/24") : name === "ipv6" ? parse("off") : undefined) as never,
      onShutdown: (cleanup) => host.onShutdown(cleanup),
      drive(machine) {
        machines.push(machine);
        return { wake() {} };
      },
    });
    return {
      clock: host.clock,
      peer,
      listener: tcp.listen({ port: PORT, backlog: 1000 }),
      poll(now) {
        for (let index = 0; index < machines.length; index++) machines[index]!.poll(now);
      },
    };
  },
};

run([bench], async ({ clock, peer, listener, poll }) => {
  const figures: Record<string, number> = {};
  let now = 1000;
  /** Notes the least time that `timed` took, divided by `count`; `before` and `after` are not timed. */
  const measure = (
    name: string,
    count: number,
    before: () => void,
    timed: () => void,
    after: () => void,
    rounds = 300,
  ) => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      now += 0.05;
      peer.clear();
      before();
      const started = clock.monotonic();
      timed();
      const time = clock.monotonic() - started;
      if (time < best) best = time;
      peer.clear();
      after();
      poll(now);
    }
    figures[name] = (best * 1000) / count;
  };

  // Who we are: the stack has the peer's MAC from its ARP request.
  peer.put([
    ...peer.mac,
    2,
    0,
    0,
    0,
    0,
    2,
    8,
    6,
    0,
    1,
    8,
    0,
    6,
    4,
    0,
    1,
    2,
    0,
    0,
    0,
    0,
    2,
    10,
    0,
    0,
    2,
    0,
    0,
    0,
    0,
    0,
    0,
    10,
    0,
    0,
    1,
  ]);
  poll(now);
  peer.clear();
  peer.segment(5000, SYN, 100, 0, 0);
  poll(now);
  let seq = 101;
  let ack = (peer.sequence + 1) | 0;
  peer.clear();
  peer.segment(5000, ACK, seq, ack, 0);
  poll(now);
  const flow: Flow = (await listener.accept())!;
  const buffer = new Uint8Array(64 * 1024);
  const take = () => void flow.readInto(buffer, 0);
  const acknowledge = () => peer.segment(5000, ACK, seq, ack, 0);

  measure(
    "idle poll",
    20,
    () => {},
    () => {
      for (let n = 0; n < 20; n++) poll(now);
    },
    () => {},
  );
  measure(
    "pure ACK",
    8,
    () => {
      for (let n = 0; n < 8; n++) flow.writeFrom(buffer, 0, 1000);
      poll(now);
      for (let n = 0; n < 8; n++) {
        ack = (ack + 1000) | 0;
        acknowledge();
      }
    },
    () => poll(now),
    () => {},
  );
  measure(
    "data in order",
    32,
    () => {
      for (let n = 0; n < 32; n++) {
        peer.segment(5000, ACK, seq, ack, MSS);
        seq = (seq + MSS) | 0;
      }
    },
    () => {
      poll(now);
      take();
      poll(now);
    },
    () => {},
  );
  measure(
    "data out of order",
    16,
    () => {
      for (let n = 1; n <= 16; n++) peer.segment(5000, ACK, (seq + n * MSS) | 0, ack, MSS);
    },
    () => poll(now),
    () => {
      peer.segment(5000, ACK, seq, ack, MSS);
      seq = (seq + 17 * MSS) | 0;
      poll(now);
      take();
    },
  );
  measure(
    "data sent",
    10,
    () => {},
    () => {
      flow.writeFrom(buffer, 0, 10 * MSS);
      poll(now);
    },
    () => {
      ack = (ack + 10 * MSS) | 0;
      acknowledge();
    },
  );
  measure(
    "request and answer of 100 B",
    1,
    () => {
      peer.segment(5000, ACK | PSH, seq, ack, 100);
      seq = (seq + 100) | 0;
    },
    () => {
      poll(now);
      take();
      flow.writeFrom(buffer, 0, 100);
      poll(now);
    },
    () => {
      ack = (ack + 100) | 0;
      acknowledge();
    },
  );
  let port = 10_000;
  const opened: Flow[] = [];
  measure(
    "SYN",
    1,
    () => peer.segment(++port, SYN, 1000, 0, 0),
    () => poll(now),
    () => {
      peer.segment(port, ACK, 1001, (peer.sequence + 1) | 0, 0);
      poll(now);
      void listener.accept().then((accepted) => opened.push(accepted!));
    },
  );
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  for (const each of opened) each.abort();
  poll(now);
  opened.length = 0;
  measure(
    "new connection, to accept()",
    1,
    () => {},
    () => {
      peer.segment(++port, SYN, 1000, 0, 0);
      poll(now);
      const next = (peer.sequence + 1) | 0;
      peer.clear();
      peer.segment(port, ACK, 1001, next, 0);
      poll(now);
      void listener.accept().then((accepted) => accepted!.abort());
    },
    () => {},
  );
  console.log(JSON.stringify(figures));
});
