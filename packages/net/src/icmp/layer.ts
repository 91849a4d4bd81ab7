import type { ByteHelpers } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import type { Ipv4Egress } from "../ipv4/egress.ts";
import { RateLimit } from "../rate-limit.ts";
import {
  createIcmpv4Fields,
  DESTINATION_UNREACHABLE,
  ECHO_REPLY,
  ECHO_REQUEST,
  emitIcmpv4,
  HEADER_LENGTH,
  parseIcmpv4,
  patchIcmpv4Checksum,
} from "../wire/icmpv4.ts";
import { type Ipv4Fields, PROTOCOL_ICMP } from "../wire/ipv4.ts";

/** Of the packet that caused an error, this much comes back: its header and 8 bytes (RFC 792). */
const QUOTED = 8;

/** ICMPv4: answers echo requests and sends errors. */
export class IcmpLayer {
  readonly #egress: Ipv4Egress;
  readonly #bytes: ByteHelpers;
  readonly #counters: Counters;
  readonly #fields = createIcmpv4Fields();
  /** RFC 1812 4.3.2.8 asks for a limit; these are our figures. */
  readonly #errors = new RateLimit(100, 50);
  readonly #echoes = new RateLimit(5000, 500);

  constructor(egress: Ipv4Egress, bytes: ByteHelpers, counters: Counters) {
    this.#egress = egress;
    this.#bytes = bytes;
    this.#counters = counters;
  }

  receive(bytes: Uint8Array, at: number, length: number, ip: Ipv4Fields, unicast: boolean): void {
    const fields = this.#fields;
    const dropped = this.#counters.dropped;
    if (!parseIcmpv4(bytes, at, length, fields)) {
      dropped.icmpMalformed++;
      return;
    }
    if (this.#bytes.checksum(bytes, at, length, 0) !== 0xffff) {
      dropped.icmpChecksum++;
      return;
    }
    // "An ICMP Echo Request destined to an IP broadcast or IP multicast address MAY be silently discarded" (RFC 1122 3.2.2.6).
    if (fields.type !== ECHO_REQUEST || fields.code !== 0 || !unicast) {
      dropped.icmpType++;
      return;
    }
    if (!this.#echoes.allow(this.#egress.now)) {
      dropped.rateLimit++;
      return;
    }
    const out = this.#egress.begin(ip.destination, ip.source, PROTOCOL_ICMP, length);
    if (out < 0) return;
    const buffer = this.#egress.device.txBuffer;
    fields.type = ECHO_REPLY;
    emitIcmpv4(buffer, out, fields);
    this.#bytes.copy(buffer, out + HEADER_LENGTH, bytes, at + HEADER_LENGTH, length - HEADER_LENGTH);
    patchIcmpv4Checksum(buffer, out, this.#bytes.checksum(buffer, out, length, 0));
    this.#egress.commit(length);
  }

  /** Tells the sender of a packet for us alone that nobody takes it. */
  unreachable(bytes: Uint8Array, ipAt: number, ip: Ipv4Fields, code: number): void {
    if (!this.#errors.allow(this.#egress.now)) {
      this.#counters.dropped.rateLimit++;
      return;
    }
    const quoted = Math.min(ip.totalLength, ip.headerLength + QUOTED);
    const length = HEADER_LENGTH + quoted;
    const out = this.#egress.begin(ip.destination, ip.source, PROTOCOL_ICMP, length);
    if (out < 0) return;
    const buffer = this.#egress.device.txBuffer;
    const fields = this.#fields;
    fields.type = DESTINATION_UNREACHABLE;
    fields.code = code;
    fields.rest = 0;
    emitIcmpv4(buffer, out, fields);
    this.#bytes.copy(buffer, out + HEADER_LENGTH, bytes, ipAt, quoted);
    patchIcmpv4Checksum(buffer, out, this.#bytes.checksum(buffer, out, length, 0));
    this.#egress.commit(length);
  }
}
