import { formatAddress, readAddress } from "../wire/ipv4-address.ts";
import { formatIpv6 } from "../wire/ipv6-address.ts";

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

export function describeIcmp(bytes: Uint8Array, at: number, end: number): string {
  const length = end - at;
  if (length < 8) return `ICMP [truncated], length ${length}`;
  return `ICMP ${icmpMessage(bytes, at, end)}, length ${length}`;
}

function icmpMessage(bytes: Uint8Array, at: number, end: number): string {
  const type = bytes[at]!;
  const code = bytes[at + 1]!;
  if (type === 0 || type === 8) {
    return `echo ${type === 8 ? "request" : "reply"}, id ${u16(bytes, at + 4)}, seq ${u16(bytes, at + 6)}`;
  }
  if (type === 3) return unreachable(bytes, at, end, code);
  if (type === 11) return code === 0 ? "time exceeded in-transit" : "ip reassembly time exceeded";
  if (type === 12) return `parameter problem - octet ${bytes[at + 4]}`;
  if (type === 5) return `redirect to ${formatAddress(readAddress(bytes, at + 4))}`;
  return `type-#${type}`;
}

/** RFC 792, RFC 1122 3.2.2.1. */
function unreachable(bytes: Uint8Array, at: number, end: number, code: number): string {
  const quoted = at + 8;
  if (end - quoted < 20) return `unreachable - #${code}`;
  const to = formatAddress(readAddress(bytes, quoted + 16));
  const transport = quoted + (bytes[quoted]! & 15) * 4;
  const protocol = bytes[quoted + 9]!;
  switch (code) {
    case 0:
      return `net ${to} unreachable`;
    case 1:
      return `host ${to} unreachable`;
    case 2:
      return `${to} protocol ${protocol} unreachable`;
    case 3: {
      const name = protocol === 17 ? "udp" : protocol === 6 ? "tcp" : `protocol ${protocol}`;
      return `${to} ${name} port ${transport + 4 <= end ? u16(bytes, transport + 2) : "?"} unreachable`;
    }
    case 4:
      return `${to} unreachable - need to frag (mtu ${u16(bytes, at + 6)})`;
    case 13:
      return `host ${to} unreachable - admin prohibited filter`;
    default:
      return `${to} unreachable - #${code}`;
  }
}

/** RFC 4443, RFC 4861. */
export function describeIcmpv6(bytes: Uint8Array, at: number, end: number): string {
  const length = end - at;
  if (length < 8) return `ICMP6, [truncated], length ${length}`;
  return `ICMP6, ${icmpv6Message(bytes, at, end)}, length ${length}`;
}

function icmpv6Message(bytes: Uint8Array, at: number, end: number): string {
  const type = bytes[at]!;
  const code = bytes[at + 1]!;
  const target = (): string => (end - at >= 24 ? formatIpv6(bytes, at + 8) : "[truncated]");
  switch (type) {
    case 1:
      return `destination unreachable, ${unreachableV6(bytes, at, end, code)}`;
    case 2:
      return `packet too big, mtu ${readAddress(bytes, at + 4) >>> 0}`;
    case 3:
      return code === 0 ? "time exceeded in-transit" : "ip reassembly time exceeded";
    case 4:
      return `parameter problem, code ${code} - octet ${readAddress(bytes, at + 4) >>> 0}`;
    case 128:
    case 129:
      return `echo ${type === 128 ? "request" : "reply"}, id ${u16(bytes, at + 4)}, seq ${u16(bytes, at + 6)}`;
    case 133:
      return "router solicitation";
    case 134:
      return "router advertisement";
    case 135:
      return `neighbor solicitation, who has ${target()}`;
    case 136:
      return `neighbor advertisement, tgt is ${target()}`;
    case 137:
      return "redirect";
    case 143:
      return `multicast listener report v2, ${u16(bytes, at + 6)} group record(s)`;
    default:
      return `unknown icmp6 type (${type})`;
  }
}

/** RFC 4443 3.1. */
function unreachableV6(bytes: Uint8Array, at: number, end: number, code: number): string {
  const quoted = at + 8;
  if (end - quoted < 40) return `code ${code}`;
  const to = formatIpv6(bytes, quoted + 24);
  if (code === 0) return `unreachable route ${to}`;
  if (code === 1) return `unreachable prohibited ${to}`;
  if (code === 3) return `unreachable address ${to}`;
  if (code !== 4) return `code ${code} ${to}`;
  const protocol = bytes[quoted + 6]!;
  const name = protocol === 17 ? "udp" : protocol === 6 ? "tcp" : `protocol ${protocol}`;
  return `unreachable port, ${to} ${name} port ${quoted + 44 <= end ? u16(bytes, quoted + 42) : "?"}`;
}
