import { ok } from "node:assert/strict";
import { type Flow, SoloistError } from "@soloist/interface";
import {
  FakeClock,
  FakeHost,
  type FuzzTarget,
  joinRecords,
  pattern,
  QueueDevice,
  splitRecords,
} from "@soloist/testing";
import { type Stack, stack } from "../../src/index.ts";
import { repairIpv4, repairIpv6 } from "../repair.ts";
import { ARP, CALL, conversations, ERROR, IPV4, IPV4_AS_IS, IPV6, IPV6_AS_IS, RAW, STEPS } from "./packets.ts";

const ETHERNET = Uint8Array.of(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2);
const MOST_RECORDS = 40;
const SYN = 2;
const FIN = 1;
const ACK = 16;

/** Where a conversation is, as the peer sees it: the next number of its own, and the next that it expects. */
interface Place {
  seq: number;
  ack: number;
}

/** A stack on a cable, with an application that echoes, and a peer that knows where its conversations are. */
class Bench {
  readonly clock = new FakeClock();
  readonly device = new QueueDevice();
  readonly host: FakeHost;
  stack!: Stack;
  failure: unknown;
  readonly #flows: Flow[] = [];
  readonly #places = new Map<number, Place>();
  /** Ports of the connection that the stack began last, the peer's first. */
  #opened = 0;
  #last: Uint8Array = new Uint8Array(0);

  constructor() {
    const parameters = { ipv4: "10.0.0.1/24", ipv6: "2001:db8::1/64", "ipv4-gateway": "10.0.0.2" };
    this.host = new FakeHost({ clock: this.clock, netDevices: [this.device], parameters });
    this.device.onSend = (frame) => this.#sees(frame);
  }

  async open(): Promise<void> {
    this.stack = (await stack().open(this.host)) as Stack;
    for (let step = 0; step < 3; step++) await this.pass(1000);
    const listener = this.stack.tcp.listen({ port: 80, backlog: 4 });
    this.#task(async () => {
      for await (const flow of listener) this.#task(() => this.#echo(flow as Flow));
    });
    const socket = this.stack.udp.bind({ port: 7, queue: 4 });
    this.#task(async () => {
      for await (const { data, remote } of socket) {
        try {
          socket.send(data, remote);
        } catch (error) {
          if (!(error instanceof SoloistError)) throw error;
        }
      }
    });
  }

  async pass(milliseconds: number): Promise<void> {
    this.clock.now += milliseconds;
    for (let again = 0; again < 3; again++) {
      for (const machine of this.host.machines) machine.poll(this.clock.now);
      for (let jobs = 0; jobs < 4; jobs++) await undefined;
    }
    if (this.failure !== undefined) throw this.failure;
  }

  play(record: Uint8Array): void {
    const rest = record.subarray(1);
    switch (record[0]! & 7) {
      case IPV4:
      case IPV6:
        this.#packet(rest, true);
        break;
      case IPV4_AS_IS:
      case IPV6_AS_IS:
        this.#packet(rest, false);
        break;
      case ARP:
        this.device.deliver(Uint8Array.from([...ETHERNET, 8, 6, ...rest]));
        break;
      case RAW:
        this.device.deliver(rest.slice(0, 1514));
        break;
      case CALL:
        this.#call(rest[0] ?? 0, rest[1] ?? 0);
        break;
      case ERROR:
        this.#error(rest);
        break;
    }
  }

  /** What was counted and held, as numbers that tell runs apart. */
  outcome(): number[] {
    const { dropped, tcp } = this.stack.counters;
    const counted = [...Object.values(dropped), ...Object.values(tcp as unknown as Record<string, number>)];
    return counted.flatMap((count, index) => (count > 0 ? [index * 8 + Math.min(7, 32 - Math.clz32(count))] : []));
  }

  /** Who is silent is given up, and what was kept for a while is gone. */
  async end(): Promise<void> {
    for (const flow of this.#flows) flow.abort();
    for (const step of [100, 1000, 10_000, 130_000, 130_000]) await this.pass(step);
    const { fragmentBytes, neighbours, bufferBytes } = this.stack.usage;
    ok(fragmentBytes === 0, `${fragmentBytes} bytes of fragments are left`);
    ok(neighbours <= 1024, `${neighbours} neighbours`);
    ok(bufferBytes < 1 << 20, `${bufferBytes} bytes of buffers`);
  }

  #task(work: () => Promise<void>): void {
    work().catch((error) => {
      if (!(error instanceof SoloistError)) this.failure ??= error;
    });
  }

  async #echo(flow: Flow): Promise<void> {
    this.#flows.push(flow);
    for (let data = await flow.read(); data; data = await flow.read()) await flow.write(data);
    await flow.close();
  }

  #packet(packet: Uint8Array, repaired: boolean): void {
    if (packet.length === 0 || packet.length > 1500) return;
    const isIpv6 = packet[0]! >> 4 === 6;
    const frame = Uint8Array.from([...ETHERNET, ...(isIpv6 ? [0x86, 0xdd] : [8, 0]), ...packet]);
    if (repaired) {
      this.#place(frame, isIpv6);
      if (isIpv6) repairIpv6(frame);
      else repairIpv4(frame);
    }
    this.device.deliver(frame);
  }

  /** Where TCP's header is in a frame; -1: nowhere. */
  #tcpAt(frame: Uint8Array, isIpv6: boolean): number {
    const at = isIpv6 ? 54 : 14 + ((frame[14]! & 15) << 2);
    return (isIpv6 ? frame[20] : frame[23]) === 6 && frame.length >= at + 20 ? at : -1;
  }

  /** Makes the numbers of a segment, which are relative, absolute. */
  #place(frame: Uint8Array, isIpv6: boolean): void {
    const at = this.#tcpAt(frame, isIpv6);
    if (at < 0) return;
    const view = new DataView(frame.buffer, at);
    const flags = frame[at + 13]!;
    // To port 0: to the connection that the stack began last.
    if (view.getUint16(2) === 0) view.setUint32(0, this.#opened);
    const place = this.#placeOf(view.getUint32(0));
    const shift = view.getUint32(4);
    view.setUint32(4, place.seq + shift);
    view.setUint32(8, place.ack + view.getUint32(8));
    if (shift !== 0) return;
    const data = Math.max(0, frame.length - at - ((frame[at + 12]! >> 4) << 2));
    place.seq = (place.seq + data + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)) >>> 0;
  }

  /** @param ports the peer's and ours, as in a header */
  #placeOf(ports: number): Place {
    const place = this.#places.get(ports) ?? { seq: 1000, ack: 0 };
    this.#places.set(ports, place);
    return place;
  }

  #sees(frame: Uint8Array): void {
    const isIpv6 = frame[12] === 0x86;
    if (!isIpv6 && frame[13] !== 0) return;
    this.#last = frame;
    const at = this.#tcpAt(frame, isIpv6);
    if (at < 0) return;
    const view = new DataView(frame.buffer, frame.byteOffset + at);
    const ports = view.getUint16(2) * 65_536 + view.getUint16(0);
    const place = this.#placeOf(ports);
    const length = frame.length - at - ((frame[at + 12]! >> 4) << 2);
    const flags = frame[at + 13]!;
    if ((flags & (SYN | ACK)) === SYN) this.#opened = ports;
    const next = (view.getUint32(4) + length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)) >>> 0;
    if ((flags & SYN) !== 0 || ((next - place.ack) | 0) > 0) place.ack = next;
  }

  #error(rest: Uint8Array): void {
    const quoted = this.#last.subarray(14, 14 + 48 + 20);
    if (quoted.length === 0 || rest.length < 2) return;
    const isIpv6 = this.#last[12] === 0x86;
    const message = [rest[0]!, rest[1]!, 0, 0, rest[2] ?? 0, rest[3] ?? 0, rest[4] ?? 0, rest[5] ?? 0, ...quoted];
    const source = isIpv6 ? this.#last.subarray(38, 54) : this.#last.subarray(30, 34);
    const target = isIpv6 ? this.#last.subarray(22, 38) : this.#last.subarray(26, 30);
    const header = isIpv6
      ? [0x60, 0, 0, 0, 0, message.length, 58, 64]
      : [0x45, 0, 0, 20 + message.length, 0, 1, 0, 0, 64, 1, 0, 0];
    this.#packet(Uint8Array.from([...header, ...source, ...target, ...message]), true);
  }

  #call(what: number, argument: number): void {
    const flow = this.#flows[argument % (this.#flows.length || 1)];
    const address = what & 8 ? "2001:db8::2" : "10.0.0.2";
    this.#task(() => this.#do(what & 7, argument, address, flow));
  }

  async #do(what: number, argument: number, address: string, flow: Flow | undefined): Promise<void> {
    const { tcp, udp, icmp } = this.stack;
    if (what === 0) {
      const opened = await tcp.connect({ address, port: argument, timeout: 60_000 });
      this.#flows.push(opened as Flow);
    } else if (what === 1) await flow?.write(pattern(argument * 64));
    else if (what === 2) flow?.shutdown();
    else if (what === 3) await flow?.read();
    else if (what === 4) await flow?.close();
    else if (what === 5) udp.bind({}).send(pattern(argument * 32), { address, port: 7 });
    else if (what === 6) await icmp.ping(address, { size: argument * 16, timeout: 1000 });
    else flow?.abort();
  }
}

/** The whole stack: each record is a packet, or something that its application does. */
export const wholeStack: FuzzTarget = {
  seeds: conversations.map((records) => joinRecords(records)),
  limit: 4096,
  records: true,
  async run(input) {
    const bench = new Bench();
    await bench.open();
    for (const record of splitRecords(input).slice(0, MOST_RECORDS)) {
      if (record.length === 0) continue;
      await bench.pass(STEPS[record[0]! >> 5]!);
      bench.play(record);
      await bench.pass(0);
    }
    const outcome = bench.outcome();
    await bench.end();
    return outcome;
  },
};
