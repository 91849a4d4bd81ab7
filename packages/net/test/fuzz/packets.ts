import { pattern } from "@soloist/testing";

/** What the first byte of a record of the `stack` target says; its higher bits choose how much time passes before. */
export const IPV4 = 0;
export const IPV6 = 1;
export const ARP = 2;
export const RAW = 3;
/** The application does something: the second byte says what. */
export const CALL = 4;
/** An ICMP error about the last packet that the stack sent: type, code, four bytes. */
export const ERROR = 5;
/** As IPV4 and IPV6, but checksums and numbers are left as they are. */
export const IPV4_AS_IS = 6;
export const IPV6_AS_IS = 7;
/** Milliseconds that pass before a record. */
export const STEPS = [0, 0, 1, 10, 50, 300, 3000, 70_000];

const OURS = [10, 0, 0, 1];
const PEER = [10, 0, 0, 2];
const OURS6 = [0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), 1];
const PEER6 = [0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), 2];
const ALL_NODES = [0xff, 2, ...new Array(13).fill(0), 1];
const ROUTER = [0xfe, 0x80, ...new Array(13).fill(0), 0x99];

const word = (value: number): number[] => [value >> 8, value & 255];
const bytes = (count: number): number[] => [...pattern(count)];

const ipv4 = (protocol: number, payload: readonly number[], fragment = 0, step = 0): Uint8Array =>
  Uint8Array.from([
    IPV4 + 8 * step,
    ...[0x45, 0, ...word(20 + payload.length), 0, 9, ...word(fragment), 64, protocol, 0, 0, ...PEER, ...OURS],
    ...payload,
  ]);

const ipv6 = (next: number, payload: readonly number[], from = PEER6, to = OURS6, hops = 255): Uint8Array =>
  Uint8Array.from([IPV6, 0x60, 0, 0, 0, ...word(payload.length), next, hops, ...from, ...to, ...payload]);

const call = (...what: readonly number[]): Uint8Array => Uint8Array.from([CALL, ...what]);

/** To port 0: to the connection that the stack began last. */
const OPENED = 0;
/** Numbers are relative to where the conversation is: zeros are right. */
const segment = (flags: number, data: readonly number[] = [], options: readonly number[] = [], port = 80): number[] => [
  ...[0x0f, 0xa0, ...word(port), 0, 0, 0, 0, 0, 0, 0, 0, (5 + options.length / 4) << 4, flags, 0xff, 0xff, 0, 0, 0, 0],
  ...options,
  ...data,
];
const SYN = 2;
const ACK = 16;
const PSH = 8;
const FIN = 1;
const RST = 4;
const ECE_CWR = 0xc0;
const SYN_OPTIONS = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];
const SACK = [1, 1, 5, 10, 0, 0, 5, 0, 0, 0, 9, 0];

const udp = (port: number, data: readonly number[]): number[] => [
  0x13,
  0x88,
  ...word(port),
  ...word(8 + data.length),
  0,
  0,
  ...data,
];
const icmp = (type: number, code: number, rest: readonly number[]): number[] => [type, code, 0, 0, ...rest];
const link = (type: number): number[] => [type, 1, 2, 0, 0, 0, 0, 2];
const prefix = [
  3,
  4,
  64,
  0xc0,
  0,
  0,
  0x70,
  0x80,
  0,
  0,
  0x70,
  0x80,
  0,
  0,
  0,
  0,
  0x20,
  1,
  0x0d,
  0xb8,
  0,
  5,
  ...new Array(10).fill(0),
];
const arp = (operation: number): Uint8Array =>
  Uint8Array.from([ARP, 0, 1, 8, 0, 6, 4, 0, operation, 2, 0, 0, 0, 0, 2, ...PEER, 2, 0, 0, 0, 0, 1, ...OURS]);
const error = (type: number, code: number, ...rest: readonly number[]): Uint8Array =>
  Uint8Array.from([ERROR, type, code, ...rest]);

/** What peers say to a stack, a list of records each. */
export const conversations: readonly (readonly Uint8Array[])[] = [
  [
    arp(1),
    ipv4(6, segment(SYN, [], SYN_OPTIONS)),
    ipv4(6, segment(ACK)),
    ipv4(6, segment(ACK | PSH, bytes(300))),
    ipv4(6, segment(ACK, [], SACK)),
    ipv4(6, segment(ACK | FIN)),
    ipv4(6, segment(ACK)),
  ],
  [ipv4(6, segment(SYN | ECE_CWR)), ipv4(6, segment(ACK | PSH, bytes(20))), ipv4(6, segment(RST | ACK))],
  // The stack connects, writes, is told of a smaller MTU, and closes.
  [
    call(0, 80),
    ipv4(6, segment(SYN | ACK, [], SYN_OPTIONS, OPENED)),
    call(1, 200),
    error(3, 4, 0, 0, 2, 0x40),
    ipv4(6, segment(ACK, [], [], OPENED)),
    call(2),
    ipv4(6, segment(ACK | FIN, [], [], OPENED)),
    call(4),
  ],
  [call(0, 81), error(3, 3, 0, 0, 0, 0)],
  [
    call(8, 80),
    ipv6(6, segment(SYN | ACK, [], [], OPENED)),
    call(1, 250),
    ipv6(6, segment(ACK, [], [], OPENED)),
    error(2, 0, 0, 0, 5, 0),
  ],
  [
    ipv6(6, segment(SYN, [], SYN_OPTIONS)),
    ipv6(6, segment(ACK | PSH, bytes(100))),
    ipv6(6, segment(FIN | ACK)),
    ipv6(6, segment(ACK)),
  ],
  [ipv4(17, udp(7, bytes(64))), ipv4(17, udp(9, bytes(9))), ipv6(17, udp(7, bytes(64))), ipv6(17, udp(9, []))],
  [
    ipv4(17, bytes(64), 0x2000),
    ipv4(17, bytes(64), 0x2010),
    ipv4(17, bytes(40), 16),
    ipv4(17, udp(7, bytes(56)), 0x2000),
  ],
  [
    ipv6(44, [17, 0, 0, 1, 0, 0, 0, 9, ...bytes(64)]),
    ipv6(44, [17, 0, 0, 64, 0, 0, 0, 9, ...bytes(64)]),
    ipv6(60, [43, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0, 0, ...udp(7, bytes(8))]),
    ipv6(0, [58, 0, 5, 2, 0, 0, 1, 0, ...icmp(128, 0, bytes(12))]),
  ],
  [call(6), ipv4(1, icmp(8, 0, bytes(64))), ipv4(1, icmp(0, 0, [0, 1, 0, 1, ...bytes(56)])), error(11, 0, 0, 0, 0, 0)],
  [
    ipv6(58, icmp(135, 0, [0, 0, 0, 0, ...OURS6, ...link(1)])),
    ipv6(58, icmp(136, 0, [0x60, 0, 0, 0, ...PEER6, ...link(2)])),
    ipv6(58, icmp(134, 0, [64, 0x40, 7, 8, ...new Array(8).fill(0), ...link(1), ...prefix]), ROUTER, ALL_NODES),
    ipv6(58, icmp(130, 0, [0, 100, 0, 0, ...new Array(20).fill(0)]), ROUTER, ALL_NODES, 1),
    ipv6(58, icmp(137, 0, [0, 0, 0, 0, ...PEER6, ...PEER6]), ROUTER),
    ipv6(58, icmp(128, 0, bytes(20))),
  ],
  [arp(2), Uint8Array.from([RAW, ...bytes(60)]), call(5, 40), call(7, 40)],
];
