import type { Simulation } from "@soloist/testing";
import { type Stack, type StackOptions, stack } from "../../src/index.ts";
import { createDnsMessage, type DnsMessage, emitDns, parseDns } from "../../src/wire/dns.ts";
import { type DnsRecord, RECORD_TYPES, recordCode } from "../../src/wire/dns-records.ts";

export const HOST_A = "10.0.0.1";
export const HOST_B = "10.0.0.2";

/** A stack with this address; `parameters` beside it. */
export function open(
  simulation: Simulation,
  address: string,
  parameters: Record<string, string> = {},
  options: StackOptions = {},
): Promise<Stack> {
  const host = simulation.addHost({ parameters: { ipv4: `${address}/24`, ipv6: "off", ...parameters } });
  return stack(options).open(host) as Promise<Stack>;
}

/** What a small server says to a query: the records of that name and type, and CNAMEs of that name. */
export function answer(query: DnsMessage, zone: readonly DnsRecord[]): DnsMessage {
  const asked = query.questions[0]!;
  const own = zone.filter((record) => record.name === asked.name.toLowerCase());
  const answers = own.filter((record) => recordCode(record) === asked.type || record.type === "CNAME");
  return Object.assign(createDnsMessage(), {
    id: query.id,
    response: true,
    questions: query.questions,
    // The name as it was asked for, as compression makes it.
    answers: answers.map((record) => ({ ...record, name: asked.name })),
    rcode: own.length === 0 ? 3 : 0,
    udpSize: query.udpSize,
  });
}

function serialize(message: DnsMessage): Uint8Array {
  const into = new Uint8Array(65_535);
  return into.slice(0, emitDns(into, 0, message));
}

/** Serves `zone` over UDP and TCP from `host`; what does not fit into 512 bytes is truncated. Returns how often it was asked. */
export function serveDns(host: Stack, zone: readonly DnsRecord[]): { udp: number; tcp: number } {
  const count = { udp: 0, tcp: 0 };
  const socket = host.udp.bind({ port: 53 });
  const datagrams = async (): Promise<void> => {
    for await (const { data, remote } of socket) {
      count.udp++;
      const query = parseDns(data, 0, data.length);
      if (query === undefined) continue;
      const reply = answer(query, zone);
      const bytes = serialize(reply);
      const cut = { ...reply, answers: [], truncated: true };
      socket.send(bytes.length > 512 ? serialize(cut) : bytes, remote);
    }
  };
  const streams = async (): Promise<void> => {
    for await (const flow of host.tcp.listen({ port: 53 })) {
      count.tcp++;
      const data = (await flow.read())!;
      const bytes = serialize(answer(parseDns(data, 2, data.length - 2)!, zone));
      await flow.write(new Uint8Array([bytes.length >> 8, bytes.length]));
      await flow.write(bytes);
      flow.close().catch(() => {});
    }
  };
  void datagrams();
  void streams();
  return count;
}

export { RECORD_TYPES };
