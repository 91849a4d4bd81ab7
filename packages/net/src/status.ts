import type { Metric, StatusSource } from "@soloist/interface";
import type { Stack } from "./device.ts";

/**
 * What a stack holds and what it counted, for a status page. `device`: tells several stacks apart, as a label of each metric.
 *
 * @example
 * app.mount("/_soloist", status([machineStatus(), stackStatus(stack)]));
 */
export function stackStatus(stack: Stack, device?: string): StatusSource {
  const labels = device === undefined ? undefined : { device };
  return {
    title: device === undefined ? "Network" : `Network: ${device}`,
    metrics: () => stackMetrics(stack, labels),
  };
}

function stackMetrics({ usage, counters }: Stack, labels: Metric["labels"]): readonly Metric[] {
  const metrics: Metric[] = [];
  const add = (name: string, type: Metric["type"], help: string, value: number, more?: Metric["labels"]): void => {
    const all = labels === undefined ? more : { ...labels, ...more };
    metrics.push({ name: `net_${name}`, help, type, value, ...(all === undefined ? {} : { labels: all }) });
  };
  add("connections", "gauge", "TCP connections in any state.", usage.connections);
  add("buffer_bytes", "gauge", "Send and receive buffers of TCP.", usage.bufferBytes);
  add("fragment_bytes", "gauge", "Datagrams of which fragments are missing.", usage.fragmentBytes);
  add("neighbours", "gauge", "Entries of the neighbour caches.", usage.neighbours);
  add("ipv6_addresses", "gauge", "IPv6 addresses that something refers to, or did lately.", usage.addresses);
  for (const [name, value] of Object.entries(counters.tcp)) {
    add("tcp_total", "counter", "TCP: segments, connections and what went wrong, by event.", value, {
      event: snake(name),
    });
  }
  for (const [name, value] of Object.entries(counters.dropped)) {
    add("dropped_total", "counter", "Packets that were dropped, by reason.", value, { reason: snake(name) });
  }
  add("arp_conflicts_total", "counter", "Frames that claimed our IPv4 address.", counters.arpConflicts);
  add("ipv6_duplicates_total", "counter", "IPv6 addresses of ours that somebody else had.", counters.ipv6Duplicates);
  add("reassembled_total", "counter", "Datagrams put together from fragments.", counters.reassembled);
  add("icmp_errors_total", "counter", "ICMP errors that arrived.", counters.icmpErrors);
  return metrics;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
