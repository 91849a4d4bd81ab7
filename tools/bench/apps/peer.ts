// A stack over a device in memory, in whose place the program is the peer.
import type { ByteHelpers, Clock, Device, Host, Listener, NetDevice, Pollable } from "@soloist/interface";
import { stack } from "@soloist/net";

const SLOT = 2048;
const SLOTS = 64;
export const MSS = 1460;
const PEER = 0x0a000002;
const SELF = 0x0a000001;
export const SYN = 2;
export const ACK = 16;
export const PSH = 8;
const PORT = 80;

/** The device, and the peer behind it. */
export class Peer implements NetDevice {
  readonly name = "service";
  readonly mac = new Uint8Array([2, 0, 0, 0, 0, 1]);
  readonly mtu = 1500;
  readonly counters = { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0, dropped: 0 };
  readonly rxBuffer = new Uint8Array(SLOT * SLOTS);
  readonly txBuffer = new Uint8Array(SLOT);
  rxOffset = 0;
  sent = 0;
  sentBytes = 0;
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

  send(length: number): void {
    this.sent++;
    // Content of TCP without options.
    this.sentBytes += length - 54;
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

  /** The stack learns of us: an ARP request for it. */
  introduce(): void {
    const arp = [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1];
    this.put([...this.mac, 2, 0, 0, 0, 0, 2, 8, 6, ...arp]);
  }

  /** One more segment waits to be read: with this content, or whatever is in the slot. */
  segment(port: number, flags: number, seq: number, ack: number, content: number | Uint8Array): void {
    const at = this.#written * SLOT;
    const view = this.#view;
    const header = (flags & SYN) !== 0 ? 32 : 20;
    const length = typeof content === "number" ? content : content.length;
    if (typeof content !== "number") this.rxBuffer.set(content, at + 34 + header);
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

export interface Bench {
  readonly clock: Clock;
  readonly peer: Peer;
  readonly listener: Listener;
  poll(now: number): void;
}

/** Opens to the stack's listener and what drives it. */
export const bench: Device<Bench> = {
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
      log: (source) => host.log(source),
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
