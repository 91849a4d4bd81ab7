import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BROADCAST_ADDRESS,
  BROADCAST_MAC,
  type Datagram,
  emitArpRequest,
  emitDatagram,
  formatAddress,
  formatMac,
  parseAddress,
  parseArpRequest,
  parseDatagram,
} from "../../src/switch/packet.ts";
import { createServices, isDhcp } from "../../src/switch/services.ts";

const address = (text: string) => parseAddress(text)!;
const SERVER = address("10.0.2.4");
const SERVER_MAC = 0x02_53_4c_00_00_04;
const WEB = { name: "web", mac: 0x02_53_4c_01_00_00, address: address("10.0.2.10") };
const DB = { name: "db", mac: 0x02_53_4c_01_00_01, address: address("10.0.2.11") };

const services = createServices({
  mac: SERVER_MAC,
  address: SERVER,
  prefix: 24,
  router: address("10.0.2.2"),
  domain: "internal",
  stations: [WEB, DB],
});

/** What a frame is answered with, and what is asked elsewhere. */
function answers(frame: Uint8Array, elsewhere?: Uint8Array) {
  const sent: Uint8Array[] = [];
  const asked: Uint8Array[] = [];
  services(frame, {
    send: (answer) => sent.push(answer),
    ask(question, answer) {
      asked.push(question);
      answer(elsewhere);
    },
  });
  return { sent, asked };
}

const from = (station: typeof WEB, datagram: Omit<Datagram, "sourceMac"> & { destinationMac?: number }) =>
  emitDatagram({ destinationMac: SERVER_MAC, sourceMac: station.mac, ...datagram });

describe("ARP", () => {
  const request = new Uint8Array(60);
  request.fill(0xff, 0, 6);
  request.set([2, 0x53, 0x4c, 1, 0, 0], 6);
  request.set([8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0x53, 0x4c, 1, 0, 0, 10, 0, 2, 10, 0, 0, 0, 0, 0, 0, 10, 0, 2, 4], 12);

  it("who asks for the server is told, as RFC 826 lays it out", () => {
    const { sent } = answers(request);
    expect(Buffer.from(sent[0]!.subarray(0, 42)).toString("hex")).toBe(
      "02534c010000" +
        "02534c000004" +
        "0806" +
        "0001080006040002" +
        "02534c000004" +
        "0a000204" +
        "02534c010000" +
        "0a00020a",
    );
  });

  it("is asked by a frame to everybody", () => {
    const asked = { senderMac: 0x02534c010000, sender: address("10.0.2.10"), target: address("10.0.2.4") };
    const frame = emitArpRequest(asked);
    expect(Buffer.from(frame.subarray(0, 6)).toString("hex")).toBe("ffffffffffff");
    expect(parseArpRequest(frame)).toEqual(asked);
    expect(answers(frame).sent).toHaveLength(1);
  });

  it("who asks for another is not", () => {
    const other = request.slice();
    other[41] = 9;
    expect(answers(other).sent).toEqual([]);
    expect(parseArpRequest(other)?.target).toBe(address("10.0.2.9"));
  });
});

describe("DHCP", () => {
  function message(type: number, options: number[] = [], client = WEB, ciaddr = 0): Uint8Array {
    const data = new Uint8Array(300);
    data.set([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
    new DataView(data.buffer).setUint32(12, ciaddr);
    data.set(Buffer.from(formatMac(client.mac).replaceAll(":", ""), "hex"), 28);
    data.set([0x63, 0x82, 0x53, 0x63, 53, 1, type, ...options, 255], 236);
    return emitDatagram({
      sourceMac: client.mac,
      destinationMac: BROADCAST_MAC,
      source: ciaddr,
      destination: ciaddr === 0 ? BROADCAST_ADDRESS : SERVER,
      sourcePort: 68,
      destinationPort: 67,
      data,
    });
  }

  const reply = (frame: Uint8Array) => {
    const { sent } = answers(frame);
    const datagram = sent[0] && parseDatagram(sent[0]);
    if (!datagram) return undefined;
    const view = new DataView(datagram.data.buffer, datagram.data.byteOffset);
    const options = new Map<number, string>();
    for (let at = 240; datagram.data[at] !== 255; at += 2 + datagram.data[at + 1]!) {
      options.set(
        datagram.data[at]!,
        Buffer.from(datagram.data.subarray(at + 2, at + 2 + datagram.data[at + 1]!)).toString("hex"),
      );
    }
    return { ...datagram, transaction: view.getUint32(4), yours: formatAddress(view.getUint32(16)), options };
  };

  it("DISCOVER is answered by an OFFER of the station's own address, with all that it needs", () => {
    const offer = reply(message(1))!;
    expect(offer).toMatchObject({ transaction: 0xdeadbeef, yours: "10.0.2.10", destination: BROADCAST_ADDRESS });
    expect(offer.options.get(53)).toBe("02");
    expect(offer.options.get(1)).toBe("ffffff00");
    expect(offer.options.get(3)).toBe("0a000202");
    expect(offer.options.get(6)).toBe("0a000204");
    expect(offer.options.get(12)).toBe(Buffer.from("web").toString("hex"));
    expect(offer.options.get(15)).toBe(Buffer.from("internal").toString("hex"));
    expect(reply(message(1, [], DB))?.yours).toBe("10.0.2.11");
  });

  it("REQUEST for that address: ACK; for another: NAK, as RFC 2131 4.3.2 wants", () => {
    expect(reply(message(3, [50, 4, 10, 0, 2, 10]))).toMatchObject({ yours: "10.0.2.10" });
    const refused = reply(message(3, [50, 4, 10, 0, 2, 99]))!;
    expect(refused.options.get(53)).toBe("06");
    expect(refused.yours).toBe("0.0.0.0");
  });

  it("a renewal is answered to the client alone", () => {
    const renewal = reply(message(3, [], WEB, WEB.address))!;
    expect(renewal.options.get(53)).toBe("05");
    expect(renewal.destination).toBe(WEB.address);
  });

  it("strangers and messages for another server are not answered", () => {
    expect(reply(message(1, [], { name: "x", mac: 0x02_00_00_00_00_99, address: 0 }))).toBeUndefined();
    expect(reply(message(3, [54, 4, 10, 0, 2, 2, 50, 4, 10, 0, 2, 10]))).toBeUndefined();
  });

  it("is known by its port, so that no gateway sees it", () => {
    expect(isDhcp(message(1))).toBe(true);
    expect(isDhcp(message(1).subarray(0, 40))).toBe(false);
  });
});

const question = (name: string, type = 1) => {
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  return new Uint8Array([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
};

describe("DNS", () => {
  const ask = (data: Uint8Array, elsewhere?: Uint8Array) => {
    const { sent, asked } = answers(
      from(WEB, { source: WEB.address, destination: SERVER, sourcePort: 40_000, destinationPort: 53, data }),
      elsewhere,
    );
    const datagram = sent[0] && parseDatagram(sent[0]);
    const bytes = datagram && Buffer.from(datagram.data);
    return { asked, datagram, bytes, code: bytes && bytes[3]! & 15, answers: bytes?.readUInt16BE(6) };
  };

  it.each(["db", "db.internal", "DB.Internal"])("%s is a station's address", (name) => {
    const { bytes, datagram, answers: count } = ask(question(name));
    expect(datagram).toMatchObject({ sourcePort: 53, destinationPort: 40_000, destination: WEB.address });
    expect(count).toBe(1);
    expect(bytes!.subarray(-4)).toEqual(Buffer.of(10, 0, 2, 11));
    // The question comes back letter by letter.
    expect(bytes!.subarray(12, 12 + name.length + 2)).toEqual(
      Buffer.from(question(name).subarray(12, 12 + name.length + 2)),
    );
  });

  it("a station has no IPv6 address, and strangers in .internal do not exist", () => {
    expect(ask(question("db", 28))).toMatchObject({ code: 0, answers: 0 });
    expect(ask(question("nobody.internal"))).toMatchObject({ code: 3, answers: 0 });
    expect(ask(question("nobody"))).toMatchObject({ code: 3, answers: 0 });
  });

  it("other names are asked elsewhere; no answer is a SERVFAIL", () => {
    const answer = new Uint8Array(12).fill(0xa5);
    const { asked, datagram } = ask(question("example.com"), answer);
    expect(asked).toEqual([question("example.com")]);
    expect(new Uint8Array(datagram!.data)).toEqual(answer);
    expect(ask(question("example.com"))).toMatchObject({ code: 2 });
  });
});

describe("mDNS", () => {
  const ask = (station: typeof WEB, name: string, port = 5353) =>
    answers(
      from(station, {
        destinationMac: 0x01_00_5e_00_00_fb,
        source: station.address,
        destination: address("224.0.0.251"),
        sourcePort: port,
        destinationPort: 5353,
        data: question(name),
      }),
    ).sent.map((frame) => parseDatagram(frame)!);

  it("NAME.local is answered to all, and to those that ask from another port alone", () => {
    expect(ask(WEB, "db.local")[0]).toMatchObject({ destination: address("224.0.0.251"), destinationPort: 5353 });
    expect(ask(WEB, "db.local", 40_000)[0]).toMatchObject({ destination: WEB.address, destinationPort: 40_000 });
  });

  it("a station that probes for its own name hears nothing, nor does anyone about strangers", () => {
    expect(ask(DB, "db.local")).toEqual([]);
    expect(ask(WEB, "nobody.local")).toEqual([]);
  });
});

it("no bytes bring the services down, and what they send can be read", () => {
  const start = from(WEB, {
    source: WEB.address,
    destination: SERVER,
    sourcePort: 1,
    destinationPort: 53,
    data: question("db"),
  });
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { maxLength: 8 }).map((changes) => {
      const bytes = start.slice();
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(noise, (bytes) => {
      for (const frame of answers(bytes).sent) expect(parseDatagram(frame)).toBeDefined();
    }),
  );
});

it("a datagram comes out as it went in", () => {
  const mac = fc.nat(0xffff_ffff).map((low) => 0x0200_0000_0000 + low);
  const ip = fc.nat(0xffff_ffff);
  const port = fc.nat(65_535);
  const datagram = fc.record({
    sourceMac: mac,
    destinationMac: mac,
    source: ip,
    destination: ip,
    sourcePort: port,
    destinationPort: port,
    data: fc.uint8Array({ maxLength: 1400 }),
  });
  fc.assert(
    fc.property(datagram, ({ destinationMac, ...rest }) => {
      const frame = emitDatagram({ destinationMac, ...rest });
      expect(parseDatagram(frame)).toEqual({ ...rest, data: frame.subarray(42) });
      expect(sumOf(frame, 14, 20, 0)).toBe(0xffff);
      expect(sumOf(frame, 26, frame.length - 26, 17 + frame.length - 34)).toBe(0xffff);
    }),
  );
});

/** The one's complement sum of RFC 1071: all ones for what has its checksum in it. */
function sumOf(bytes: Uint8Array, offset: number, length: number, initial: number): number {
  let sum = initial;
  for (let at = 0; at < length; at++) sum += bytes[offset + at]! << (at % 2 === 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
