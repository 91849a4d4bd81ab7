import { describe, expect, it } from "vitest";
import { DhcpInform } from "../../src/dhcp/inform.ts";
import {
  ACK,
  createDhcpMessage,
  type DhcpMessage,
  emitDhcp,
  INFORM,
  NAK,
  OP_REPLY,
  OPTION_LEASE_TIME,
  OPTION_PARAMETERS,
  parseDhcp,
} from "../../src/wire/dhcpv4.ts";

const MAC = new Uint8Array([2, 0, 0, 0, 0, 1]);
const ADDRESS = 0x0a000005;

function informed() {
  const machine = new DhcpInform(MAC, ADDRESS, () => 77, "me", 1000);
  const sent: { message: DhcpMessage; server: number; at: number }[] = [];
  const run = (until: number) => {
    for (let at = machine.pollAt(); at <= until; at = machine.pollAt()) {
      machine.dispatch(at, (message, server) => void sent.push({ message, server, at }));
    }
  };
  const answer = (change: Partial<DhcpMessage> = {}) =>
    machine.process(
      Object.assign(createDhcpMessage(), { op: OP_REPLY, type: ACK, transaction: 77, mac: MAC, dns: [8, 9] }, change),
    );
  return { machine, sent, run, answer };
}

describe("DHCPINFORM (RFC 2131 3.4)", () => {
  it("says who we are, to everybody, and asks for no lease", () => {
    const { sent, run } = informed();
    run(1000);
    const [{ message, server }] = sent as [(typeof sent)[0]];
    expect(server).toBe(0);
    expect(message).toMatchObject({ type: INFORM, clientAddress: ADDRESS, requestedAddress: 0, server: 0 });
    const bytes = new Uint8Array(576);
    const length = emitDhcp(bytes, 0, message);
    expect(parseDhcp(bytes, 0, length)).toMatchObject({ type: INFORM, clientAddress: ADDRESS, hostName: "me" });
    const at = bytes.findIndex((byte, index) => index >= 240 && byte === OPTION_PARAMETERS);
    expect([...bytes.subarray(at + 2, at + 2 + bytes[at + 1]!)]).not.toContain(OPTION_LEASE_TIME);
  });
  it("takes what the first server says", () => {
    const { machine, run, answer } = informed();
    run(1000);
    expect(answer({ ntp: [5], hostName: "printer", domainName: "lan" })).toBe(true);
    expect(machine.information).toEqual({ dns: [8, 9], ntp: [5], hostName: "printer", domainName: "lan" });
    expect(answer({ dns: [1] })).toBe(false);
    expect(machine.information!.dns).toEqual([8, 9]);
    expect(machine.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("does not believe other transactions, machines or kinds, nor answers to what was not asked", () => {
    const { machine, run, answer } = informed();
    expect(answer()).toBe(false);
    run(1000);
    expect(answer({ transaction: 78 })).toBe(false);
    expect(answer({ mac: new Uint8Array(6) })).toBe(false);
    expect(answer({ type: NAK })).toBe(false);
    expect(answer({ op: 1 })).toBe(false);
    expect(machine.information).toBeUndefined();
  });
  it("is sent again with growing pauses, and no more where nobody answers", () => {
    const { machine, sent, run } = informed();
    run(1_000_000);
    expect(sent.map(({ at }) => at - 1000)).toEqual([0, 500, 1500, 3500, 7500]);
    expect(machine.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
});
