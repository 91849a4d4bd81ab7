import { expect, it } from "vitest";
import { createCounters, type Stack, stackStatus } from "../src/index.ts";

const counters = createCounters();
counters.tcp.opened = 5;
counters.dropped.udpPort = 2;
const usage = { connections: 3, bufferBytes: 4096, fragmentBytes: 0, neighbours: 1, addresses: 2 };
const stack = { counters, usage } as unknown as Stack;

const shown = (device?: string) =>
  stackStatus(stack, device)
    .metrics()
    .map(({ name, labels, value }) => `${name}${JSON.stringify(labels ?? {})} ${value}`);

it("stackStatus shows what is held, and every counter by its name", () => {
  const all = shown();
  expect(all).toContain("net_connections{} 3");
  expect(all).toContain("net_buffer_bytes{} 4096");
  expect(all).toContain('net_tcp_total{"event":"opened"} 5');
  expect(all).toContain('net_dropped_total{"reason":"udp_port"} 2');
  expect(all).toHaveLength(5 + Object.keys(counters.tcp).length + Object.keys(counters.dropped).length + 4);
});

it("stackStatus tells stacks apart by a label", () => {
  expect(shown("back")).toContain('net_tcp_total{"device":"back","event":"opened"} 5');
});
