import { describe, expect, it } from "vitest";
import { byteHelpers } from "../../src/bytes.ts";
import { emitAnswer, PROTOCOL, parseSegment, payloadOf, redirect } from "../../src/outgoing/segment.ts";
import { createTranslator, type Remote } from "../../src/outgoing/translate.ts";

const GUEST = 0x0a00020f;
const GATEWAY = 0x0a000202;
const REMOTE = 0xc6336407; // 198.51.100.7
const SYN = 0x02;
const ACK = 0x10;

/** A frame with right checksums. */
function frame(fields: {
  protocol?: number;
  from?: [number, number];
  to: [number, number];
  flags?: number;
  data?: string;
}) {
  const { protocol = PROTOCOL.tcp, from = [GUEST, 50_000], to, flags = SYN, data = "" } = fields;
  const header = protocol === PROTOCOL.tcp ? 20 : 8;
  const bytes = Buffer.alloc(34 + header + data.length);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 15, 8, 0, 0x45], 0);
  bytes.writeUInt16BE(bytes.length - 14, 16);
  bytes.set([64, protocol], 22);
  bytes.writeUInt32BE(from[0], 26);
  bytes.writeUInt32BE(to[0], 30);
  bytes.writeUInt16BE(~byteHelpers.checksum(bytes, 14, 20, 0) & 0xffff, 24);
  bytes.writeUInt16BE(from[1], 34);
  bytes.writeUInt16BE(to[1], 36);
  if (protocol === PROTOCOL.tcp) bytes.set([0x50, flags], 46);
  else bytes.writeUInt16BE(header + data.length, 38);
  bytes.write(data, 34 + header);
  let sum = protocol + header + data.length;
  for (let at = 26; at < 34; at += 2) sum += bytes.readUInt16BE(at);
  const place = protocol === PROTOCOL.tcp ? 50 : 40;
  bytes.writeUInt16BE(~byteHelpers.checksum(bytes, 34, header + data.length, sum) & 0xffff, place);
  return new Uint8Array(bytes);
}

function create(connect: (remote: Remote, port: number, closed: () => void) => Promise<void> = async () => {}) {
  const delivered: Uint8Array[] = [];
  const answered: Uint8Array[] = [];
  const asked: { remote: Remote; received: (data: Uint8Array) => void; sent: string[]; closed: () => void }[] = [];
  const translator = createTranslator({
    gateway: GATEWAY,
    deliver: (bytes) => void delivered.push(bytes),
    answer: (bytes) => void answered.push(bytes),
    connect,
    exchange(remote, received, closed) {
      const sent: string[] = [];
      asked.push({ remote, received, sent, closed });
      return { send: (data) => void sent.push(Buffer.from(data).toString()) };
    },
  });
  return { translator, delivered, answered, asked };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a connection that leads out", () => {
  it("reaches the gateway's stack at a port of its own, and its answers come from where they were asked", async () => {
    const opened: (Remote & { at: number })[] = [];
    const { translator, delivered } = create(async (remote, at) => void opened.push({ ...remote, at }));
    expect(translator.outward(frame({ to: [REMOTE, 80] }))).toBe(true);
    await settled();
    const { at } = opened[0]!;
    expect(opened).toEqual([{ address: REMOTE, port: 80, at }]);
    expect(parseSegment(delivered[0]!)).toMatchObject({ source: GUEST, destination: GATEWAY, destinationPort: at });

    const answer = frame({ from: [GATEWAY, at], to: [GUEST, 50_000], flags: SYN | ACK });
    translator.inward(answer);
    expect(parseSegment(answer)).toMatchObject({ source: REMOTE, sourcePort: 80, destination: GUEST });
    translator.outward(frame({ to: [REMOTE, 80], flags: ACK, data: "GET" }));
    expect(parseSegment(delivered[1]!)).toMatchObject({ destinationPort: at, isFirst: false });
  });

  it("waits for the host: a SYN that is sent again asks for no second one, and where nobody answers it stays lost", async () => {
    let fail!: (error: Error) => void;
    let count = 0;
    const { translator, delivered } = create(() => {
      count++;
      return new Promise((_, reject) => {
        fail = reject;
      });
    });
    for (let times = 0; times < 3; times++) translator.outward(frame({ to: [REMOTE, 80] }));
    expect(count).toBe(1);
    fail(new Error("no route"));
    await settled();
    expect(delivered).toEqual([]);
    translator.outward(frame({ to: [REMOTE, 80] }));
    expect(count).toBe(2);
  });

  it("has a port that no other has, and forgets those that are over", async () => {
    const ports = new Set<number>();
    const { translator } = create(async (_remote, port, closed) => {
      ports.add(port);
      closed();
    });
    for (let port = 1; port <= 3000; port++) translator.outward(frame({ from: [GUEST, port], to: [REMOTE, 80] }));
    expect(ports.size).toBe(3000);
  });

  it("to the gateway itself is one, too, but not what answers the gateway's own", () => {
    const { translator } = create();
    expect(translator.outward(frame({ to: [GATEWAY, 8080] }))).toBe(true);
    expect(translator.outward(frame({ from: [GUEST, 80], to: [GATEWAY, 50_001], flags: SYN | ACK }))).toBe(false);
  });
});

describe("datagrams that lead out", () => {
  const question = frame({ protocol: PROTOCOL.udp, to: [GATEWAY, 53], data: "who?" });

  it("are the host's to send; answers come from where they went", () => {
    const { translator, answered, asked } = create();
    translator.outward(question.slice());
    translator.outward(question.slice());
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ remote: { address: GATEWAY, port: 53 }, sent: ["who?", "who?"] });
    asked[0]!.received(Buffer.from("me"));
    const answer = parseSegment(answered[0]!)!;
    expect(answer).toMatchObject({ source: GATEWAY, sourcePort: 53, destination: GUEST, destinationPort: 50_000 });
    expect(Buffer.from(payloadOf(answered[0]!, answer)).toString()).toBe("me");
    asked[0]!.closed();
    translator.outward(question.slice());
    expect(asked).toHaveLength(2);
  });

  it("that are longer than a frame do not come back", () => {
    const { translator, answered, asked } = create();
    translator.outward(question);
    asked[0]!.received(new Uint8Array(1473));
    expect(answered).toEqual([]);
  });

  it("to many at once are the gateway's", () => {
    const { translator } = create();
    expect(translator.outward(frame({ protocol: PROTOCOL.udp, to: [0xe00000fb, 5353] }))).toBe(false);
    expect(translator.outward(frame({ protocol: PROTOCOL.udp, to: [0xffffffff, 67] }))).toBe(false);
  });
});

describe("frames", () => {
  it("with a flipped bit are translated by nobody", () => {
    const whole = frame({ protocol: PROTOCOL.udp, to: [REMOTE, 53], data: "who?" });
    for (let bit = 14 * 8; bit < whole.length * 8; bit++) {
      const damaged = whole.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(parseSegment(damaged), `bit ${bit}`).toBeUndefined();
    }
  });

  it("that are cut short are not, either", () => {
    const whole = frame({ to: [REMOTE, 80], data: "data" });
    for (let length = 0; length < whole.length; length++)
      expect(parseSegment(whole.subarray(0, length))).toBeUndefined();
  });

  it("that were redirected, or made, have right checksums", () => {
    const segment = frame({ to: [REMOTE, 80], data: "odd" });
    redirect(segment, parseSegment(segment)!, "source", GATEWAY, 1);
    expect(parseSegment(segment)).toMatchObject({ source: GATEWAY, sourcePort: 1, destination: REMOTE });
    const asked = frame({ protocol: PROTOCOL.udp, to: [REMOTE, 53] });
    const answer = emitAnswer(asked, parseSegment(asked)!, new Uint8Array(0));
    expect(parseSegment(answer)).toMatchObject({ source: REMOTE, destination: GUEST, length: 8 });
  });
});
