import * as frames from "./frames.ts";
import { type Plug, plug } from "./plug.ts";

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
/** No options are offered: every segment is a small one. */
const SEGMENT = 500;

/** One end of a connection, as far as a script needs it. */
export interface Connection {
  readonly local: number;
  readonly port: number;
  /** The next byte that we send, and that we expect. */
  seq: number;
  ack: number;
}

/**
 * A host without a TCP of its own: a script sends each segment, right or wrong, and sees each that comes. Answers ARP.
 *
 * @example
 * await using peer = await ScriptedPeer.open(`packet:tap0@${net.name}`, "10.0.0.1", "10.0.0.2");
 * const connection = await peer.connect(7);
 * peer.segment(connection, frames.ACK, { data: hello });
 * const echo = await peer.collect(connection, hello.length);
 */
export class ScriptedPeer implements AsyncDisposable {
  readonly #plug: Plug;
  readonly #address: string;
  readonly #guest: string;
  #guestMac: Uint8Array = MAC;
  #nextPort = 20_000;

  static async open(end: string, address: string, guest: string): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer(await plug(end), address, guest);
    peer.#plug.send(frames.arp(1, MAC, address, guest));
    peer.#guestMac = await peer.#plug.receive((frame) =>
      frame[12] === 8 && frame[13] === 6 && frame[21] === 2 ? frame.slice(22, 28) : undefined,
    );
    return peer;
  }

  private constructor(end: Plug, address: string, guest: string) {
    this.#plug = end;
    this.#address = address;
    this.#guest = guest;
  }

  get ends(): frames.Ipv4Ends {
    return { source: this.#address, destination: this.#guest };
  }

  /** Sends a frame with this IPv4 packet. */
  packet(bytes: Uint8Array): void {
    this.#plug.send(frames.ethernet({ from: MAC, to: this.#guestMac }, 0x0800, bytes));
  }

  /** Sends one segment of `connection`; `seq` goes on by what it occupies unless `options.seq` says where it lies. */
  segment(
    connection: Connection,
    flags: number,
    options: { data?: Uint8Array; seq?: number; ack?: number; window?: number } = {},
  ): void {
    const { data = new Uint8Array(0), seq = connection.seq, ack = connection.ack, window = 65_535 } = options;
    const fields = { from: connection.local, to: connection.port, flags, seq, ack, window, data };
    this.packet(frames.ipv4(this.ends, 6, frames.tcp(this.ends, fields)));
    if (options.seq === undefined) {
      connection.seq = (seq + data.length + (flags & frames.SYN ? 1 : 0) + (flags & frames.FIN ? 1 : 0)) >>> 0;
    }
  }

  /** The next frame for which `take` has something. */
  receive<T>(take: (frame: Uint8Array) => T | undefined, seconds?: number): Promise<T> {
    return this.#plug.receive((frame) => {
      const asksForUs = frame[12] === 8 && frame[13] === 6 && frame[21] === 1;
      if (asksForUs && frame.slice(38, 42).join(".") === this.#address)
        this.#plug.send(frames.arp(2, MAC, this.#address, this.#guest, this.#guestMac));
      return take(frame);
    }, seconds);
  }

  /** The next segment of `connection`. */
  next(connection: Connection, seconds?: number): Promise<frames.Segment> {
    return this.receive((frame) => {
      const segment = frames.readSegment(frame);
      return segment?.to === connection.local && segment.from === connection.port ? segment : undefined;
    }, seconds);
  }

  /** A connection that nobody has said anything of yet. */
  closed(port: number, iss = 1000): Connection {
    return { local: this.#nextPort++, port, seq: iss, ack: 0 };
  }

  /** SYN, and what answers it, without the ACK that completes the handshake. */
  async halfOpen(port: number, iss?: number): Promise<Connection> {
    const connection = this.closed(port, iss);
    this.segment(connection, frames.SYN);
    const answer = await this.next(connection);
    if ((answer.flags & (frames.SYN | frames.ACK)) !== (frames.SYN | frames.ACK) || answer.ack !== connection.seq)
      throw new Error(`no SYN-ACK: ${JSON.stringify({ ...answer, data: undefined })}`);
    connection.ack = (answer.seq + 1) >>> 0;
    return connection;
  }

  async connect(port: number, iss?: number): Promise<Connection> {
    const connection = await this.halfOpen(port, iss);
    this.segment(connection, frames.ACK);
    return connection;
  }

  /** Sends `data` in small segments. */
  write(connection: Connection, data: Uint8Array): void {
    for (let at = 0; at < data.length; at += SEGMENT)
      this.segment(connection, frames.ACK | frames.PSH, { data: data.subarray(at, at + SEGMENT) });
  }

  /** Takes and acknowledges data in order, until there are `length` bytes of it or the other end has ended. */
  async collect(connection: Connection, length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let held = 0;
    while (held < length) {
      const segment = await this.next(connection);
      if (segment.flags & frames.RST) throw new Error(`reset after ${held} bytes`);
      const ended = (segment.flags & frames.FIN) !== 0;
      if (segment.data.length === 0 && !ended) continue;
      if (segment.seq === connection.ack) {
        parts.push(segment.data);
        held += segment.data.length;
        connection.ack = (connection.ack + segment.data.length + (ended ? 1 : 0)) >>> 0;
      }
      this.segment(connection, frames.ACK);
      if (ended && segment.seq + segment.data.length + 1 === connection.ack) break;
    }
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  }

  /** What a connection to `port` says when it is told `text`, until its end. */
  async ask(port: number, text: string): Promise<string> {
    const connection = await this.connect(port);
    this.segment(connection, frames.ACK | frames.FIN, { data: Buffer.from(text) });
    return Buffer.from(await this.collect(connection, Number.POSITIVE_INFINITY)).toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#plug[Symbol.asyncDispose]();
  }
}
