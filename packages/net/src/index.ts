/**
 * TCP/IP in TypeScript.
 *
 * @example A TCP echo server:
 * import { run } from "@soloist/runtime";
 * import { stack } from "@soloist/net";
 *
 * run([stack({ name: "service" })], async ({ tcp }) => {
 *   for await (const flow of tcp.listen({ port: 7 })) {
 *     void echo(flow);
 *   }
 * });
 *
 * async function echo(flow) {
 *   await using connection = flow;
 *   for (let data = await flow.read(); data; data = await flow.read()) await flow.write(data);
 * }
 */
export { type Counters, createCounters, type DropCounters } from "./counters.ts";
export { currentStack, registerStack } from "./current.ts";
export { type Ipv4Info, type Ipv6Info, type Stack, type StackOptions, type StackUsage, stack } from "./device.ts";
export { type CaptureOptions, capture, captured, pcapHeader, pcapRecord } from "./devices/capture.ts";
export { describeFrame } from "./devices/describe.ts";
export { type TraceOptions, trace } from "./devices/trace.ts";
export { createDnsCounters, type DnsCounters } from "./dns/counters.ts";
export { NameNotFoundError, NameServerError, NameTimedOutError } from "./dns/errors.ts";
export type { RecordResults, SoaRecord, SrvRecord } from "./dns/results.ts";
export {
  AddressError,
  BrokenPipeError,
  ConnectionAbortedError,
  ConnectionRefusedError,
  ConnectionResetError,
  InvalidArgumentError,
  MessageSizeError,
  NetworkDownError,
  NoStreamsError,
  TimedOutError,
  UnreachableError,
} from "./errors.ts";
export type { ConnectByNameOptions, NamedTcp } from "./sockets/connect.ts";
export type { Dns, LookupAddress, LookupOptions, ResolveOptions } from "./sockets/dns.ts";
export { readableOf, writableOf } from "./sockets/flow-streams.ts";
export type { Icmp, PingOptions, PingReply } from "./sockets/icmp.ts";
export { type After, closeOnAbort, limited } from "./sockets/limits.ts";
export type { Mdns, Published, PublishOptions } from "./sockets/mdns.ts";
export type { KeepOptions, Ntp, SyncOptions } from "./sockets/ntp.ts";
export type { ConnectOptions, ListenOptions, Tcp, TcpSocketOptions } from "./sockets/tcp.ts";
export type { FlowInfo, TcpFlowApi } from "./sockets/tcp-flow.ts";
export type { TcpListenerApi } from "./sockets/tcp-listener.ts";
export type { BindOptions, ConnectedUdpSocket, Datagram, Udp, UdpConnectOptions, UdpSocket } from "./sockets/udp.ts";
export { stackStatus } from "./status.ts";
export type { TcpCounters } from "./tcp/connection.ts";
