// authority: authoritative name servers on their own addresses of this namespace, over UDP and TCP, which share no code with what they
// test. Prints "ready", then a line for each question that it was asked: "SERVER NAME TYPE".

import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const A = 1;
const NS = 2;
const CNAME = 5;
const SOA = 6;
const OPT = 41;
const TYPES: Record<number, string> = { 1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 28: "AAAA" };

type Entry = readonly [name: string, type: number, value: string];
interface Zone {
  readonly zone: string;
  readonly entries: readonly Entry[];
  /** Records without authority, in referrals. */
  readonly glue?: readonly Entry[];
}

const ROOT = "10.0.0.11";
const TLD = "10.0.0.12";
const SITE = "10.0.0.13";
const OTHER = "10.0.0.14";

/** What each server knows. Delegations are NS records of a zone below its own. */
const SERVERS: Record<string, readonly Zone[]> = {
  [ROOT]: [
    {
      zone: "",
      entries: [
        ["test", NS, "ns.test"],
        ["net", NS, "ns.net"],
      ],
      // The first server of "test" is dead: the next one answers.
      glue: [
        ["ns.test", A, "10.0.0.99"],
        ["ns.test", A, TLD],
        ["ns.net", A, OTHER],
      ],
    },
  ],
  [TLD]: [
    {
      zone: "test",
      entries: [
        ["example.test", NS, "ns.example.test"],
        ["glueless.test", NS, "ns.elsewhere.net"],
        ["lame.test", NS, "ns.lame.test"],
        ["poison.test", NS, "ns.poison.test"],
      ],
      glue: [
        ["ns.example.test", A, SITE],
        ["ns.lame.test", A, ROOT],
        ["ns.poison.test", A, OTHER],
      ],
    },
  ],
  [SITE]: [
    {
      zone: "example.test",
      entries: [
        ["www.example.test", CNAME, "host.example.test"],
        ["host.example.test", A, "192.0.2.10"],
        ["deep.in.the.example.test", A, "192.0.2.11"],
        ["away.example.test", CNAME, "host.glueless.test"],
        ["circle.example.test", CNAME, "back.example.test"],
        ["back.example.test", CNAME, "circle.example.test"],
        ["cloaked.example.test", CNAME, "ads0.tracker0.example"],
        ...Array.from({ length: 100 }, (_, index): Entry => ["many.example.test", A, `198.51.100.${index}`]),
      ],
    },
    { zone: "glueless.test", entries: [["host.glueless.test", A, "192.0.2.12"]] },
  ],
  [OTHER]: [
    { zone: "net", entries: [["ns.elsewhere.net", A, SITE]] },
    {
      zone: "poison.test",
      // It answers for a name that is none of its own as well: nobody may believe that.
      entries: [
        ["www.poison.test", A, "192.0.2.13"],
        ["host.example.test", A, "6.6.6.6"],
      ],
    },
  ],
};

const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 255);

function encode(name: string): Buffer {
  const labels = name === "" ? [] : name.split(".");
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0),
  ]);
}

function record([name, type, value]: Entry): Buffer {
  let data = type === A ? Buffer.from(value.split(".").map(Number)) : encode(value);
  if (type === SOA)
    data = Buffer.concat([encode(""), encode(""), Buffer.from([1, 1, 1, 1, 60].flatMap((n) => [0, 0, 0, n]))]);
  return Buffer.concat([encode(name), u16(type), u16(1), Buffer.of(0, 0, 1, 44), u16(data.length), data]);
}

const within = (name: string, zone: string): boolean => zone === "" || name === zone || name.endsWith(`.${zone}`);

function answer(server: string, query: Buffer, limit: number): Buffer | undefined {
  let at = 12;
  const labels: string[] = [];
  for (; query[at]; at += query[at]! + 1) labels.push(query.toString("latin1", at + 1, at + 1 + query[at]!));
  const question = query.subarray(12, at + 5);
  const type = query.readUInt16BE(at + 1);
  const name = labels.join(".").toLowerCase();
  console.log(`${server} ${name} ${TYPES[type] ?? type}`);
  const edns = query.readUInt16BE(10) > 0 && query.readUInt16BE(at + 6) === OPT;
  const zone = SERVERS[server]!.filter((each) => within(name, each.zone)).sort(
    (a, b) => b.zone.length - a.zone.length,
  )[0];
  const answers: Entry[] = [];
  let authorities: Entry[] = [];
  let additionals: readonly Entry[] = [];
  let flags = 0x8400;
  if (zone === undefined) {
    flags = 0x8005;
  } else {
    const below = zone.entries.filter(([owner, kind]) => kind === NS && owner !== zone.zone && within(name, owner));
    let owner = name;
    for (let links = 0; links < 4; links++) {
      const own: Entry[] = zone.entries.filter(([each, kind]) => each === owner && (kind === type || kind === CNAME));
      answers.push(...own);
      const alias = own.find(([, kind]) => kind === CNAME);
      if (alias === undefined || type === CNAME) break;
      owner = alias[2];
    }
    // A server of a zone knows what it delegates, but does not answer for it.
    if (below.length > 0 && answers.length === 0) {
      flags = 0x8000;
      authorities = below;
      additionals = (zone.glue ?? []).filter(([each]) => below.some(([, , target]) => target === each));
    } else if (answers.length === 0) {
      const exists = zone.entries.some(([each]) => within(each, name));
      if (!exists) flags |= 3;
      authorities = [[zone.zone, SOA, ""]];
    }
    // What poison.test says beside its answer.
    if (zone.zone === "poison.test" && answers.length > 0) answers.push(...zone.entries.slice(1));
  }
  const counts = [1, answers.length, authorities.length, additionals.length + (edns ? 1 : 0)];
  const opt = edns ? Buffer.of(0, 0, OPT, 4, 208, 0, 0, 0, 0, 0, 0) : Buffer.alloc(0);
  const whole = Buffer.concat([
    query.subarray(0, 2),
    u16(flags),
    ...counts.map(u16),
    question,
    ...[...answers, ...authorities, ...additionals].map(record),
    opt,
  ]);
  if (whole.length <= limit) return whole;
  return Buffer.concat([query.subarray(0, 2), u16(flags | 0x200), u16(1), u16(0), u16(0), u16(0), question]);
}

let starting = Object.keys(SERVERS).length * 2;
const ready = (): void => {
  if (--starting === 0) console.log("ready");
};
for (const address of Object.keys(SERVERS)) {
  const socket = createSocket("udp4");
  socket.on("message", (query, { address: to, port }) => {
    const reply = answer(address, query, 1232);
    if (reply !== undefined) socket.send(reply, port, to);
  });
  socket.bind(53, address, ready);
  const streams = createServer((flow) => {
    let received = Buffer.alloc(0);
    flow.on("error", () => {});
    flow.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const reply = answer(address, received.subarray(2), 65_535)!;
      flow.end(Buffer.concat([u16(reply.length), reply]));
    });
  });
  streams.listen(53, address, ready);
}
