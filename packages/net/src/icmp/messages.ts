import type { ByteHelpers } from "@soloist/interface";
import type { Ipv6Egress } from "../ipv6/egress.ts";
import { patchIcmpv6Checksum } from "../wire/icmpv6.ts";
import { DESTINATION, PROTOCOL_ICMPV6, SOURCE } from "../wire/ipv6.ts";

/**
 * Sums what will be, or was, the packet whose ICMPv6 message of `length` bytes lies at `at`, right behind an IPv6 header:
 * addresses, pseudo-header and message are one range (RFC 8200 8.1).
 */
export function icmpv6Sum(bytes: ByteHelpers, buffer: Uint8Array, at: number, length: number): number {
  return bytes.checksum(buffer, at - (DESTINATION - SOURCE) * 2, 32 + length, PROTOCOL_ICMPV6 + length);
}

/** Completes and sends the message that was written where `egress.begin` said. */
export function commitIcmpv6(egress: Ipv6Egress, bytes: ByteHelpers, at: number, length: number): void {
  const buffer = egress.device.txBuffer;
  patchIcmpv6Checksum(buffer, at, icmpv6Sum(bytes, buffer, at, length));
  egress.commit(length);
}
