import { seededRng } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import {
  type Destination,
  HOST_TTL,
  type HostAddress,
  isHostLabel,
  MdnsResponder,
  PROBE_INTERVAL,
  PROBES,
} from "../../src/mdns/responder.ts";
import { createDnsMessage, type DnsMessage, emitDns, parseDns } from "../../src/wire/dns.ts";
import type { DnsRecord } from "../../src/wire/dns-records.ts";
import { parseIpv6 } from "../../src/wire/ipv6-address.ts";
import { a } from "../dns/network.ts";

const OURS = 0x0a000002;
const THEIRS = 0x0a000009;
const TOP = 0x8000;
const peer: Destination = { address: THEIRS, port: 5353 };

const ours = (address: number): HostAddress[] => (address === 0 ? [] : [{ type: "A", address }]);
const SIX: HostAddress = { type: "AAAA", address: parseIpv6("2001:db8::2")! };
const aaaa = (address: string, ttl = 120): DnsRecord => ({
  name: "printer.local",
  class: 1,
  ttl,
  type: "AAAA",
  address: parseIpv6(address)!,
});

class Network {
  now = 0;
  readonly sent: { at: number; message: DnsMessage; to: Destination | undefined }[] = [];
  readonly responder: MdnsResponder;

  constructor(address = OURS) {
    const rng = seededRng(1);
    this.responder = new MdnsResponder({
      name: "printer",
      addresses: ours(address),
      random: () => rng.uint32(),
      now: 0,
    });
  }

  /** Lets time pass; returns what was sent. */
  run(milliseconds: number) {
    const from = this.sent.length;
    const end = this.now + milliseconds;
    while (this.responder.pollAt() <= end) {
      this.now = Math.max(this.now, this.responder.pollAt());
      this.responder.dispatch(this.now, (message, to) => void this.sent.push({ at: this.now, message, to }));
    }
    this.now = end;
    return this.sent.slice(from);
  }

  hear(change: Partial<DnsMessage>, from = peer) {
    this.responder.process(Object.assign(createDnsMessage(), change), from, this.now);
    return this.run(0);
  }

  ask(type = 1, from = peer, change: Partial<DnsMessage> = {}, name = "Printer.local", recordClass = 1) {
    return this.hear({ questions: [{ name, type, class: recordClass }], ...change }, from);
  }

  established(): this {
    this.run(10_000);
    expect(this.responder.state).toBe("established");
    return this;
  }
}

const claim = (name: string, address = THEIRS): Partial<DnsMessage> => ({
  response: true,
  answers: [a(name, address)],
});

describe("mDNS responder", () => {
  it("probes three times 250 ms apart, then announces twice a second apart", () => {
    const network = new Network();
    const sent = network.run(60_000);
    expect(sent.map(({ message }) => message.response)).toEqual([false, false, false, true, true]);
    const first = sent[0]!.at;
    expect(first).toBeLessThan(PROBE_INTERVAL);
    expect(sent.map(({ at }) => Math.round(at - first))).toEqual([0, 250, 500, 750, 1750]);
    expect(sent[0]!.message).toMatchObject({
      questions: [{ name: "printer.local", type: 255, class: 1 | TOP }],
      authorities: [{ name: "printer.local", type: "A", class: 1, address: OURS }],
    });
    expect(sent[3]!.message).toMatchObject({
      authoritative: true,
      answers: [{ name: "printer.local", type: "A", class: 1 | TOP, ttl: HOST_TTL, address: OURS }],
    });
    expect(sent.every(({ to }) => to === undefined)).toBe(true);
    expect(network.responder.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("says nothing without an address, and starts over with a new one", () => {
    const network = new Network(0);
    expect(network.run(10_000)).toEqual([]);
    network.responder.setAddresses(ours(OURS), network.now);
    network.established();
    network.responder.setAddresses(ours(OURS + 1), network.now);
    expect(network.run(10_000).at(-1)!.message.answers).toMatchObject([{ address: OURS + 1 }]);
  });
  it("answers for its name, in any case, to the group; not for others, nor for other types", () => {
    const network = new Network().established();
    expect(network.ask()).toMatchObject([{ to: undefined, message: { answers: [{ address: OURS, ttl: HOST_TTL }] } }]);
    network.run(2000);
    expect(network.ask(255)).toHaveLength(1);
    network.run(2000);
    expect(network.ask(28)).toEqual([]);
    expect(network.ask(1, peer, {}, "other.local")).toEqual([]);
    expect(network.ask(1, peer, {}, "Printer.local", 3)).toEqual([]);
    expect(network.ask(1, peer, { opcode: 5 })).toEqual([]);
  });
  it("answers the group once a second at most, a probe each 250 ms", () => {
    const network = new Network().established();
    expect(network.ask()).toHaveLength(1);
    network.run(300);
    expect(network.ask()).toEqual([]);
    const probe = { authorities: [a("printer.local", THEIRS)] };
    expect(network.ask(255, peer, probe)).toHaveLength(1);
    expect(network.ask(255, peer, probe)).toEqual([]);
  });
  it("answers one host alone that asks for it, if the group has heard of the name lately", () => {
    const network = new Network().established();
    network.ask();
    expect(network.ask(1, peer, {}, "printer.local", 1 | TOP)).toMatchObject([{ to: peer }]);
    network.run(40_000);
    expect(network.ask(1, peer, {}, "printer.local", 1 | TOP)).toMatchObject([{ to: undefined }]);
  });
  it("does not repeat what the asker knows", () => {
    const network = new Network().established();
    expect(network.ask(1, peer, { answers: [a("printer.local", OURS, HOST_TTL / 2)] })).toEqual([]);
    expect(network.ask(1, peer, { answers: [a("printer.local", OURS, HOST_TTL / 2 - 1)] })).toHaveLength(1);
  });
  it("answers plain resolvers as a DNS server does", () => {
    const network = new Network().established();
    const from = { address: THEIRS, port: 40_000 };
    expect(network.ask(1, from, { id: 77 })).toMatchObject([
      {
        to: from,
        message: { id: 77, questions: [{ name: "Printer.local" }], answers: [{ class: 1, ttl: 10, address: OURS }] },
      },
    ]);
  });
  it("does not answer while it probes", () => {
    const network = new Network();
    network.run(300);
    expect(network.ask()).toEqual([]);
  });
  it("takes another name when somebody has it", () => {
    const network = new Network();
    network.run(300);
    network.hear(claim("printer.local"));
    expect(network.responder.hostname).toBe("printer-2.local");
    network.run(300);
    network.hear(claim("PRINTER-2.local"));
    network.established();
    expect(network.responder.hostname).toBe("printer-3.local");
    expect(network.sent.at(-1)!.message.answers[0]!.name).toBe("printer-3.local");
    expect(network.responder.conflicts).toBe(2);
  });
  it("does not take its own echo, a goodbye, other classes or a forged port for a conflict", () => {
    const network = new Network();
    network.run(300);
    network.hear(claim("printer.local", OURS));
    network.hear({ response: true, answers: [a("printer.local", THEIRS, 0)] });
    network.hear({ response: true, answers: [{ ...a("printer.local", THEIRS), class: 3 }] });
    network.hear(claim("printer.local"), { address: THEIRS, port: 5354 });
    expect(network.responder.conflicts).toBe(0);
  });
  it("probes again for a name that somebody claims later, keeps it if that was nothing, else gives it up", () => {
    const network = new Network().established();
    network.hear(claim("printer.local"));
    expect(network.responder.state).toBe("probing");
    network.established();
    expect(network.responder.hostname).toBe("printer.local");
    network.hear(claim("printer.local"));
    network.run(300);
    network.hear(claim("printer.local"));
    network.established();
    expect(network.responder.hostname).toBe("printer-2.local");
  });
  it("of two that probe at once the later address wins; the other waits a second", () => {
    const probe = (address: number) => ({
      questions: [{ name: "printer.local", type: 255, class: 1 }],
      authorities: [a("printer.local", address)],
    });
    const winner = new Network();
    winner.run(300);
    winner.hear(probe(OURS - 1));
    winner.hear(probe(OURS));
    expect(winner.run(1000).at(-1)!.message.response).toBe(true);
    const loser = new Network();
    loser.run(300);
    loser.hear(probe(OURS + 1));
    expect(loser.run(999)).toEqual([]);
    expect(loser.run(PROBE_INTERVAL).length).toBeGreaterThan(0);
    expect(loser.responder.hostname).toBe("printer.local");
  });
  it("pauses for five seconds after fifteen conflicts", () => {
    const network = new Network();
    for (let round = 0; round < 15; round++) {
      network.run(300);
      network.hear(claim(network.responder.hostname));
    }
    expect(network.run(4999)).toEqual([]);
    expect(network.run(PROBES * PROBE_INTERVAL).length).toBeGreaterThan(0);
  });
  it("says goodbye, once, and falls silent", () => {
    const network = new Network().established();
    network.responder.close();
    expect(network.run(0)).toMatchObject([{ to: undefined, message: { answers: [{ ttl: 0 }] } }]);
    expect(network.ask()).toEqual([]);
    expect(network.run(60_000)).toEqual([]);
    const early = new Network();
    early.responder.close();
    expect(early.run(1000)).toEqual([]);
  });
  it("answers for the addresses of both families, with the other family's beside those that were asked for", () => {
    const network = new Network();
    network.responder.setAddresses([...ours(OURS), SIX], 0);
    network.established();
    const types = (records: readonly DnsRecord[]) => records.map(({ type }) => type);
    for (const [type, answers, additionals] of [
      [1, ["A"], ["AAAA"]],
      [28, ["AAAA"], ["A"]],
      [255, ["A", "AAAA"], []],
    ] as const) {
      network.run(2000);
      const [sent] = network.ask(type);
      expect(types(sent!.message.answers)).toEqual(answers);
      expect(types(sent!.message.additionals)).toEqual(additionals);
    }
    network.run(2000);
    expect(network.ask(28, peer, { answers: [aaaa("2001:db8::2")] })).toEqual([]);
    network.hear({ response: true, answers: [aaaa("2001:db8::2")] });
    expect(network.responder.conflicts).toBe(0);
    network.hear({ response: true, answers: [aaaa("2001:db8::9")] });
    expect(network.responder.conflicts).toBe(1);
  });
  it("an address that comes or goes beside others is announced, without probing", () => {
    const network = new Network().established();
    network.responder.setAddresses([...ours(OURS), SIX], network.now);
    const sent = network.run(5000);
    expect(sent.map(({ message }) => [message.response, message.answers.length])).toEqual([
      [true, 2],
      [true, 2],
    ]);
    network.responder.setAddresses([SIX], network.now);
    expect(network.run(5000).map(({ message }) => message.answers.length)).toEqual([1, 1]);
    expect(network.ask(1)).toEqual([]);
  });
  it("of two that probe at once the list of records that is later wins, an AAAA behind each A (RFC 6762 8.2.1)", () => {
    const probe = (...authorities: DnsRecord[]) => ({
      questions: [{ name: "printer.local", type: 255, class: 1 }],
      authorities,
    });
    const rival = (...authorities: DnsRecord[]): boolean => {
      const network = new Network();
      network.responder.setAddresses([SIX, ...ours(OURS)], 0);
      network.run(300);
      network.hear(probe(...authorities));
      return network.run(999).length === 0;
    };
    expect(rival(a("printer.local", OURS))).toBe(false);
    expect(rival(aaaa("2001:db8::2"), a("printer.local", OURS))).toBe(false);
    expect(rival(a("printer.local", OURS), aaaa("2001:db8::3"))).toBe(true);
    expect(rival(a("printer.local", OURS), aaaa("2001:db8::1"))).toBe(false);
    expect(rival(aaaa("2001:db8::1"))).toBe(true);
  });
  it("survives whatever arrives, and says little", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const rng = seededRng(seed);
      const network = new Network();
      const templates = [
        claim("printer.local"),
        claim("printer-2.local", OURS),
        { questions: [{ name: "printer.local", type: 255, class: 1 }], authorities: [a("printer.local", THEIRS)] },
        { id: 5, questions: [{ name: "printer.local", type: 1, class: 1 | TOP }] },
      ];
      for (let round = 0; round < 100; round++) {
        const into = new Uint8Array(512);
        const message = Object.assign(createDnsMessage(), templates[rng.below(templates.length)]!);
        const length = emitDns(into, 0, message);
        for (let count = rng.below(3); count > 0; count--) into[rng.below(length)] = rng.below(256);
        const parsed = parseDns(into, 0, rng.below(8) === 0 ? rng.below(length) : length);
        const from = rng.below(4) === 0 ? { address: THEIRS, port: rng.below(65_536) } : peer;
        if (parsed !== undefined) network.responder.process(parsed, from, network.now);
        network.run(rng.below(500));
      }
      // One answer to each question at most, beside its own probes and announcements.
      const told = network.sent.filter(({ message }) => message.response).length;
      expect(told).toBeLessThan(150);
      network.run(60_000);
      expect(network.responder.state).toBe("established");
    }
  });
  it("takes letters, digits and hyphens for a name", () => {
    for (const name of ["a", "printer-2", "X".repeat(63)]) expect(isHostLabel(name)).toBe(true);
    for (const name of ["", "a.b", "-a", "a-", "a b", "ü", "X".repeat(64)]) expect(isHostLabel(name)).toBe(false);
  });
});
