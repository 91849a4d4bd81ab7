// A peer that is played segment by segment against a booted image: the cases that an ordinary client never makes.
import { ADDRESS, build, GUEST, Guest, HOST, Namespace, namespacesMissing } from "@soloist/tool-e2e";
import { frames, ScriptedPeer } from "@soloist/tool-wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const { ACK, PSH, RST, SYN } = frames;
const missing = namespacesMissing();
const HELLO = Buffer.from("hello, booted machine");

interface Status {
  readonly dropped: Record<string, number>;
  readonly failures: Record<string, number>;
}

const suffix = missing ? ` (skipped: ${missing})` : "";

describe.skipIf(missing !== undefined)(`a scripted peer${suffix}`, () => {
  let net: Namespace;
  let guest: Guest;
  let peer: ScriptedPeer;
  beforeAll(async () => {
    const image = build("tools/e2e/apps/peer.ts", "spt");
    net = new Namespace();
    // No address: Linux stays silent, and the script is the only host.
    net.tap("tap0");
    const args = [...ADDRESS, "--ipv6=off"];
    guest = Guest.boot({ target: "spt", image, namespace: net, nets: { service: "tap0" }, args, offloads: false });
    await guest.says(/listening/);
    peer = await ScriptedPeer.open(`packet:tap0@${net.name}`, HOST, GUEST);
  });
  afterAll(async () => {
    await peer?.[Symbol.asyncDispose]();
    await guest?.[Symbol.asyncDispose]();
    net?.remove();
  });

  const status = async () => JSON.parse(await peer.ask(1, "status")) as Status;
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

  it("the SYN-ACK is lost: it is sent again, the same", async () => {
    const connection = await peer.halfOpen(7);
    const again = await peer.next(connection);
    expect(again).toMatchObject({
      flags: SYN | ACK,
      seq: (connection.ack - 1) >>> 0,
      ack: connection.seq,
      intact: true,
    });
    peer.segment(connection, ACK);
    peer.write(connection, HELLO);
    expect(text(await peer.collect(connection, HELLO.length))).toBe(HELLO.toString());
  });

  it("the SYN comes again: the answer is the same", async () => {
    const connection = await peer.halfOpen(7);
    peer.segment(connection, SYN, { seq: (connection.seq - 1) >>> 0 });
    expect(await peer.next(connection)).toMatchObject({ flags: SYN | ACK, seq: (connection.ack - 1) >>> 0 });
  });

  it("the handshake's ACK is lost, and data follow", async () => {
    const connection = await peer.halfOpen(7);
    peer.write(connection, HELLO);
    expect(text(await peer.collect(connection, HELLO.length))).toBe(HELLO.toString());
  });

  it("the handshake's ACK and the first segment are lost: the second waits for the first", async () => {
    const connection = await peer.halfOpen(7);
    const first = connection.seq;
    peer.segment(connection, ACK | PSH, { data: HELLO.subarray(5), seq: first + 5 });
    peer.segment(connection, ACK | PSH, { data: HELLO.subarray(0, 5), seq: first });
    connection.seq = first + HELLO.length;
    expect(text(await peer.collect(connection, HELLO.length))).toBe(HELLO.toString());
  });

  it("data and the end are on the handshake's ACK", async () => {
    expect(await peer.ask(7, "all at once")).toBe("all at once");
    const connection = await peer.halfOpen(7);
    peer.segment(connection, ACK | PSH | frames.FIN, { data: HELLO });
    expect(text(await peer.collect(connection, Number.POSITIVE_INFINITY))).toBe(HELLO.toString());
  });

  it("a first response after 2.5 s of thought: the request is acknowledged meanwhile, the response comes once", async () => {
    const connection = await peer.connect(12);
    const before = connection.ack;
    peer.write(connection, HELLO);
    const acknowledged = await peer.next(connection);
    expect(acknowledged).toMatchObject({ flags: ACK, ack: connection.seq, data: new Uint8Array(0) });
    const response = await peer.next(connection);
    expect(response).toMatchObject({ seq: before, ack: connection.seq });
    expect(text(response.data)).toBe(HELLO.toString());
    connection.ack = (before + HELLO.length) >>> 0;
    peer.segment(connection, ACK);
  });

  it("sequence numbers go around zero", async () => {
    const sent = Uint8Array.from({ length: 4000 }, (_, index) => index * 7);
    const connection = await peer.connect(7, 0xffff_f800);
    peer.write(connection, sent);
    expect(await peer.collect(connection, sent.length)).toEqual(sent);
    expect(connection.seq).toBeLessThan(4000);
  });

  it("the window closes and opens: it is probed, and what waits comes", async () => {
    const connection = await peer.connect(11);
    const first = await peer.next(connection);
    connection.ack = (first.seq + first.data.length) >>> 0;
    // What was on its way arrives, too, and the window is closed behind it.
    peer.segment(connection, ACK, { window: 0 });
    for (let probes = 0; probes < 2; ) {
      const segment = await peer.next(connection);
      expect(segment.flags & RST).toBe(0);
      if (segment.data.length <= 1) probes++;
      else if (segment.seq === connection.ack) connection.ack = (segment.seq + segment.data.length) >>> 0;
      peer.segment(connection, ACK, { window: 0 });
    }
    peer.segment(connection, ACK, { window: 65_535 });
    const more = await peer.next(connection);
    expect(more.data.length).toBeGreaterThan(0);
    peer.segment(connection, RST, { seq: connection.seq });
  });

  it("a peer in a black hole: what it had is sent again ever more slowly, then given up", async () => {
    const before = (await status()).failures.ETIMEDOUT ?? 0;
    const connection = await peer.connect(11);
    const first = await peer.next(connection);
    // Sent again at least once; nobody answers.
    await peer.receive((frame) => {
      const segment = frames.readSegment(frame);
      return segment?.to === connection.local && segment.seq === first.seq ? segment : undefined;
    });
    for (let tries = 0; ; tries++) {
      const found = (await status()).failures.ETIMEDOUT ?? 0;
      if (found === before + 1) break;
      if (tries === 400) throw new Error("it never gave up");
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    // And it is gone: an ACK of it is answered as that of a stranger.
    peer.segment(connection, ACK);
    const reset = await peer.next(connection);
    expect(reset.flags & RST).toBe(RST);
  });

  it("a datagram in three fragments, in all six orders", async () => {
    const data = Uint8Array.from({ length: 1192 }, (_, index) => index * 11);
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const [number, order] of orders.entries()) {
      const datagram = frames.udp(peer.ends, 4000 + number, 7, data);
      for (const index of order) {
        const more = index < 2 ? 0x2000 : 0;
        const part = datagram.subarray(index * 400, index * 400 + 400);
        const fragment = more | (index * 50);
        peer.packet(frames.ipv4(peer.ends, 17, part, { identification: 100 + number, fragment }));
      }
      const answer = await peer.receive((frame) =>
        frame[23] === 17 && frame[36]! * 256 + frame[37]! === 4000 + number
          ? frame.slice(42, 42 + data.length)
          : undefined,
      );
      expect(answer, `order ${order}`).toEqual(data);
    }
  });

  it("checksum errors in every layer: dropped without a word and counted", async () => {
    const before = await status();
    const wrong = (packet: Uint8Array, at: number) => {
      const copy = packet.slice();
      copy[at] = copy[at]! ^ 0x10;
      return copy;
    };
    const datagram = (port: number) => frames.ipv4(peer.ends, 17, frames.udp(peer.ends, port, 7, HELLO));
    const echo = (id: number) => frames.ipv4(peer.ends, 1, frames.icmp(8, 0, id << 16, HELLO));
    const closed = peer.closed(7);
    const syn = frames.ipv4(
      peer.ends,
      6,
      frames.tcp(peer.ends, { from: closed.local, to: 7, flags: SYN, seq: closed.seq }),
    );
    // Byte 10 is the IPv4 header's checksum; behind 20 bytes of it come those of the others.
    peer.packet(wrong(datagram(5001), 10));
    peer.packet(wrong(datagram(5002), 26));
    peer.packet(wrong(datagram(5003), 30));
    peer.packet(wrong(echo(5004), 22));
    peer.packet(wrong(syn, 36));
    peer.packet(datagram(5005));
    const port = await peer.receive((frame) => (frame[23] === 17 ? frame[36]! * 256 + frame[37]! : undefined));
    expect(port).toBe(5005);
    const after = await status();
    const counted = (name: string) => after.dropped[name]! - before.dropped[name]!;
    expect({
      ipv4: counted("ipv4Checksum"),
      udp: counted("udpChecksum"),
      icmp: counted("icmpChecksum"),
      tcp: counted("tcpChecksum"),
    }).toEqual({ ipv4: 1, udp: 2, icmp: 1, tcp: 1 });
  });
});
