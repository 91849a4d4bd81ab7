/** ICMPv6, RFC 4443. Its header is laid out as ICMPv4's: see `icmpv4.ts` for reading and writing it. */
export {
  createIcmpv4Fields as createIcmpv6Fields,
  emitIcmpv4 as emitIcmpv6,
  HEADER_LENGTH,
  type Icmpv4Fields as Icmpv6Fields,
  parseIcmpv4 as parseIcmpv6,
  patchIcmpv4Checksum as patchIcmpv6Checksum,
} from "./icmpv4.ts";

export const DESTINATION_UNREACHABLE = 1;
export const PACKET_TOO_BIG = 2;
export const TIME_EXCEEDED = 3;
export const PARAMETER_PROBLEM = 4;
export const ECHO_REQUEST = 128;
export const ECHO_REPLY = 129;
export const LISTENER_QUERY = 130;
export const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;
export const NEIGHBOR_SOLICITATION = 135;
export const NEIGHBOR_ADVERTISEMENT = 136;
export const REDIRECT = 137;
export const LISTENER_REPORT = 143;

/** Codes of Destination Unreachable (RFC 4443 3.1). */
export const CODE_NO_ROUTE = 0;
export const CODE_PROHIBITED = 1;
export const CODE_ADDRESS_UNREACHABLE = 3;
export const CODE_PORT_UNREACHABLE = 4;
export const CODE_POLICY = 5;
export const CODE_REJECT_ROUTE = 6;
/** Of Time Exceeded. */
export const CODE_REASSEMBLY = 1;

/** "Every ICMPv6 error message MUST include as much of the … packet … as possible without … exceeding the minimum IPv6 MTU" (RFC 4443 2.4 c). */
export function isIcmpv6Error(type: number): boolean {
  return type < 128;
}
