import { formatMac, TYPE_ARP, TYPE_IPV4, TYPE_IPV6 } from "../wire/ethernet.ts";
import { formatAddress, readAddress } from "../wire/ipv4-address.ts";
import { formatIpv6 } from "../wire/ipv6-address.ts";
import { ACK, CWR, ECE, FIN, PSH, RST, SYN } from "../wire/tcp.ts";
import {
  OPTION_END,
  OPTION_MSS,
  OPTION_NOP,
  OPTION_SACK,
  OPTION_SACK_PERMITTED,
  OPTION_TIMESTAMPS,
  OPTION_WINDOW_SCALE,
} from "../wire/tcp-options.ts";
import { describeDns } from "./describe-dns.ts";
import { describeIcmp, describeIcmpv6 } from "./describe-icmp.ts";

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const u32 = (bytes: Uint8Array, at: number): number => readAddress(bytes, at) >>> 0;

/** The stack has no use for it (RFC 6093). */
const URG = 0x20;

/** What stands for a packet that is shorter than it says. */
const CUT = "[truncated]";

/**
 * One line about an Ethernet frame, in the words of `tcpdump -nn -S -t`. Reads on its own, not by the stack's parsers: these
 * know valid packets only, and a trace is for the others.
 */
export function describeFrame(bytes: Uint8Array, at: number, length: number): string {
  if (length < 14) return `${CUT} Ethernet, length ${length}`;
  const type = u16(bytes, at + 12);
  const body = at + 14;
  const end = at + length;
  if (type === TYPE_ARP) return describeArp(bytes, body, end);
  if (type === TYPE_IPV4) return describeIpv4(bytes, body, end);
  if (type === TYPE_IPV6) return describeIpv6(bytes, body, end);
  const macs = `${formatMac(bytes.subarray(at + 6, at + 12))} > ${formatMac(bytes.subarray(at, at + 6))}`;
  return `${macs}, ethertype 0x${type.toString(16).padStart(4, "0")}, length ${length}`;
}

function describeArp(bytes: Uint8Array, at: number, end: number): string {
  const length = end - at;
  if (length < 28 || u16(bytes, at) !== 1 || u16(bytes, at + 2) !== TYPE_IPV4) return `ARP, unknown, length ${length}`;
  const operation = u16(bytes, at + 6);
  const sender = formatAddress(readAddress(bytes, at + 14));
  const target = formatAddress(readAddress(bytes, at + 24));
  if (operation === 1) {
    const mac = bytes.subarray(at + 18, at + 24);
    const known = mac.some((byte) => byte !== 0) ? ` (${formatMac(mac)})` : "";
    return `ARP, Request who-has ${target}${known} tell ${sender}, length ${length}`;
  }
  if (operation === 2)
    return `ARP, Reply ${sender} is-at ${formatMac(bytes.subarray(at + 8, at + 14))}, length ${length}`;
  return `ARP, operation ${operation}, length ${length}`;
}

function describeIpv4(bytes: Uint8Array, at: number, end: number): string {
  if (end - at < 20) return `IP ${CUT}`;
  const header = (bytes[at]! & 15) * 4;
  const total = u16(bytes, at + 2);
  const from = formatAddress(readAddress(bytes, at + 12));
  const to = formatAddress(readAddress(bytes, at + 16));
  if (bytes[at]! >> 4 !== 4 || header < 20 || total < header || at + total > end) {
    return `IP ${from} > ${to}: bad header, version ${bytes[at]! >> 4}, header length ${header}, length ${total} of ${end - at}`;
  }
  const fragment = u16(bytes, at + 6);
  const offset = (fragment & 0x1fff) * 8;
  const more = (fragment & 0x2000) !== 0;
  const protocol = bytes[at + 9]!;
  const note = more || offset > 0 ? ` (frag ${u16(bytes, at + 4)}:${total - header}@${offset}${more ? "+" : ""})` : "";
  if (offset > 0) return `IP ${from} > ${to}: ${protocolName(protocol)}${note}`;
  if (protocol === 1) return `IP ${from} > ${to}: ${describeIcmp(bytes, at + header, at + total)}${note}`;
  return `IP ${describeTransport(bytes, at + header, at + total, protocol, from, to)}${note}`;
}

function describeIpv6(bytes: Uint8Array, at: number, end: number): string {
  if (end - at < 40) return `IP6 ${CUT}`;
  const from = formatIpv6(bytes, at + 8);
  const to = formatIpv6(bytes, at + 24);
  const bodyEnd = at + 40 + u16(bytes, at + 4);
  if (bytes[at]! >> 4 !== 6 || bodyEnd > end) {
    return `IP6 ${from} > ${to}: bad header, version ${bytes[at]! >> 4}, payload length ${bodyEnd - at - 40} of ${end - at - 40}`;
  }
  let protocol = bytes[at + 6]!;
  let next = at + 40;
  let extensions = "";
  // Hop-by-hop, routing, fragment, destination options (RFC 8200 4).
  while ((protocol === 0 || protocol === 43 || protocol === 44 || protocol === 60) && next + 8 <= bodyEnd) {
    if (protocol === 44) {
      const offset = u16(bytes, next + 2) & 0xfff8;
      extensions += `frag (${offset}|${bodyEnd - next - 8}) `;
      if (offset > 0) return `IP6 ${from} > ${to}: ${extensions.trimEnd()}`;
    } else {
      extensions += protocol === 0 ? "HBH " : protocol === 43 ? "RT6 " : "DSTOPT ";
    }
    const length = protocol === 44 ? 8 : 8 + bytes[next + 1]! * 8;
    protocol = bytes[next]!;
    next += length;
  }
  if (next > bodyEnd) return `IP6 ${from} > ${to}: ${extensions}${CUT}`;
  if (protocol === 58) return `IP6 ${from} > ${to}: ${extensions}${describeIcmpv6(bytes, next, bodyEnd)}`;
  if (protocol === 59) return `IP6 ${from} > ${to}: ${extensions}no next header`;
  return `IP6 ${extensions}${describeTransport(bytes, next, bodyEnd, protocol, from, to)}`;
}

function describeTransport(
  bytes: Uint8Array,
  at: number,
  end: number,
  protocol: number,
  from: string,
  to: string,
): string {
  if (protocol !== 6 && protocol !== 17) return `${from} > ${to}: ${protocolName(protocol)} ${end - at}`;
  if (end - at < 4) return `${from} > ${to}: ${protocolName(protocol)} ${CUT}`;
  const source = u16(bytes, at);
  const destination = u16(bytes, at + 2);
  const told = protocol === 6 ? describeTcp(bytes, at, end) : describeUdp(bytes, at, end, source, destination);
  return `${from}.${source} > ${to}.${destination}: ${told}`;
}

function protocolName(protocol: number): string {
  return protocol === 6 ? "tcp" : protocol === 17 ? "udp" : protocol === 1 ? "icmp" : `ip-proto-${protocol}`;
}

const FLAG_LETTERS: readonly (readonly [number, string])[] = [
  [FIN, "F"],
  [SYN, "S"],
  [RST, "R"],
  [PSH, "P"],
  [ACK, "."],
  [URG, "U"],
  [ECE, "E"],
  [CWR, "W"],
];

function describeTcp(bytes: Uint8Array, at: number, end: number): string {
  const header = end - at < 20 ? 0 : (bytes[at + 12]! >> 4) * 4;
  if (header < 20 || at + header > end) return `tcp ${CUT}, header length ${header}, length ${end - at}`;
  const flags = bytes[at + 13]!;
  const length = end - at - header;
  const seq = u32(bytes, at + 4);
  let letters = "";
  for (const [flag, letter] of FLAG_LETTERS) if ((flags & flag) !== 0) letters += letter;
  let text = `Flags [${letters || "none"}]`;
  if (length > 0) text += `, seq ${seq}:${(seq + length) >>> 0}`;
  else if ((flags & (SYN | FIN | RST)) !== 0) text += `, seq ${seq}`;
  if ((flags & ACK) !== 0) text += `, ack ${u32(bytes, at + 8)}`;
  text += `, win ${u16(bytes, at + 14)}`;
  if ((flags & URG) !== 0) text += `, urg ${u16(bytes, at + 18)}`;
  if (header > 20) text += `, options [${describeOptions(bytes, at + 20, at + header).join(",")}]`;
  return `${text}, length ${length}`;
}

function describeOptions(bytes: Uint8Array, at: number, end: number): string[] {
  const options: string[] = [];
  while (at < end) {
    const kind = bytes[at]!;
    if (kind === OPTION_END) {
      options.push("eol");
      break;
    }
    if (kind === OPTION_NOP) {
      options.push("nop");
      at++;
      continue;
    }
    const length = at + 1 < end ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > end) {
      options.push("[bad opt]");
      break;
    }
    options.push(describeOption(bytes, at, kind, length));
    at += length;
  }
  return options;
}

function describeOption(bytes: Uint8Array, at: number, kind: number, length: number): string {
  if (kind === OPTION_MSS && length === 4) return `mss ${u16(bytes, at + 2)}`;
  if (kind === OPTION_WINDOW_SCALE && length === 3) return `wscale ${bytes[at + 2]}`;
  if (kind === OPTION_SACK_PERMITTED && length === 2) return "sackOK";
  if (kind === OPTION_TIMESTAMPS && length === 10) return `TS val ${u32(bytes, at + 2)} ecr ${u32(bytes, at + 6)}`;
  if (kind === OPTION_SACK && length % 8 === 2) {
    let blocks = "";
    for (let block = at + 2; block < at + length; block += 8)
      blocks += `{${u32(bytes, block)}:${u32(bytes, block + 4)}}`;
    return `sack ${(length - 2) / 8} ${blocks}`;
  }
  return `unknown-${kind} length ${length}`;
}

const DNS_PORTS: readonly number[] = [53, 5353];

function describeUdp(bytes: Uint8Array, at: number, end: number, source: number, destination: number): string {
  const length = end - at < 8 ? 0 : u16(bytes, at + 4);
  // What a fragment has of a longer datagram is described as far as it goes.
  if (length < 8) return `UDP, bad length ${length} > ${end - at}`;
  const body = at + 8;
  if (at + length <= end) {
    if (DNS_PORTS.includes(source) || DNS_PORTS.includes(destination)) {
      const told = describeDns(bytes, body, length - 8);
      if (told !== undefined) return told;
    }
    if ((source === 67 || source === 68) && length >= 8 + 34) {
      const who = bytes[body] === 1 ? "Request" : "Reply";
      const from = bytes[body] === 1 ? ` from ${formatMac(bytes.subarray(body + 28, body + 34))}` : "";
      return `BOOTP/DHCP, ${who}${from}, length ${length - 8}`;
    }
  }
  return `UDP, length ${length - 8}`;
}
