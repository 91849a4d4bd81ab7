import type { ByteHelpers, Rng } from "@soloist/interface";
import type { Counters } from "../counters.ts";
import { AddressError, UnreachableError } from "../errors.ts";
import type { IcmpLayer } from "../icmp/layer.ts";
import type { Ipv4Egress } from "../ipv4/egress.ts";
import { CODE_PORT_UNREACHABLE } from "../wire/icmpv4.ts";
import { type Ipv4Fields, PROTOCOL_UDP, pseudoHeaderSum } from "../wire/ipv4.ts";
import { formatAddress, isMulticast } from "../wire/ipv4-address.ts";
import { createUdpFields, emitUdp, HEADER_LENGTH, parseUdp, patchUdpChecksum } from "../wire/udp.ts";

/** Takes the datagrams of a port. The bytes are valid during the call only. False: no room, dropped. */
export type DatagramHandler = (
  bytes: Uint8Array,
  at: number,
  length: number,
  sourceAddress: number,
  sourcePort: number,
) => boolean;

const EPHEMERAL_FIRST = 49_152;
const EPHEMERAL_COUNT = 16_384;

/** UDP (RFC 768): one handler a port. */
export class UdpLayer {
  readonly #egress: Ipv4Egress;
  readonly #bytes: ByteHelpers;
  readonly #rng: Rng;
  readonly #counters: Counters;
  readonly #icmp: IcmpLayer;
  readonly #handlers = new Map<number, DatagramHandler>();
  readonly #fields = createUdpFields();
  readonly #out = createUdpFields();

  constructor(egress: Ipv4Egress, bytes: ByteHelpers, rng: Rng, counters: Counters, icmp: IcmpLayer) {
    this.#egress = egress;
    this.#bytes = bytes;
    this.#rng = rng;
    this.#counters = counters;
    this.#icmp = icmp;
  }

  /** Port 0: a free one, at random (RFC 6056). Returns the port. */
  bind(port: number, handler: DatagramHandler): number {
    let chosen = port;
    for (let tries = 0; port === 0 && tries < 1000; tries++) {
      const candidate = EPHEMERAL_FIRST + (this.#rng.uint32() % EPHEMERAL_COUNT);
      if (this.#handlers.has(candidate)) continue;
      chosen = candidate;
      break;
    }
    if (chosen === 0 || this.#handlers.has(chosen)) throw new AddressError("EADDRINUSE", `UDP port ${port} is taken`);
    this.#handlers.set(chosen, handler);
    return chosen;
  }

  unbind(port: number): void {
    this.#handlers.delete(port);
  }

  /** `unicast`: for us alone, so that a closed port may be answered with an ICMP error (RFC 1122 3.2.2). */
  receive(bytes: Uint8Array, at: number, length: number, ip: Ipv4Fields, ipAt: number, unicast: boolean): void {
    const fields = this.#fields;
    if (!parseUdp(bytes, at, length, fields)) {
      this.#counters.dropped.udpMalformed++;
      return;
    }
    if (fields.checksum !== 0) {
      const pseudo = pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_UDP, fields.length);
      if (this.#bytes.checksum(bytes, at, fields.length, pseudo) !== 0xffff) {
        this.#counters.dropped.udpChecksum++;
        return;
      }
    }
    const handler = this.#handlers.get(fields.destinationPort);
    if (handler === undefined) {
      this.#counters.dropped.udpPort++;
      if (unicast) this.#icmp.unreachable(bytes, ipAt, ip, CODE_PORT_UNREACHABLE);
      return;
    }
    if (!handler(bytes, at + HEADER_LENGTH, fields.length - HEADER_LENGTH, ip.source, fields.sourcePort)) {
      this.#counters.dropped.udpQueue++;
    }
  }

  /** Largest payload of one packet. */
  get maxLength(): number {
    return this.#egress.device.mtu - 28;
  }

  /** Throws `ENETUNREACH` without a route; a full device drops, as UDP may. */
  send(
    sourcePort: number,
    destinationAddress: number,
    destinationPort: number,
    data: Uint8Array,
    offset: number,
    length: number,
  ): void {
    const egress = this.#egress;
    const source = egress.config.address;
    const local = egress.isBroadcast(destinationAddress) || isMulticast(destinationAddress);
    if (!local && egress.nextHop(destinationAddress) === 0) {
      throw new UnreachableError("ENETUNREACH", `no route to ${formatAddress(destinationAddress)}`);
    }
    const total = HEADER_LENGTH + length;
    const at = egress.begin(source, destinationAddress, PROTOCOL_UDP, total);
    if (at < 0) return;
    const out = this.#out;
    const buffer = egress.device.txBuffer;
    out.sourcePort = sourcePort;
    out.destinationPort = destinationPort;
    out.length = total;
    emitUdp(buffer, at, out);
    this.#bytes.copy(buffer, at + HEADER_LENGTH, data, offset, length);
    const pseudo = pseudoHeaderSum(source, destinationAddress, PROTOCOL_UDP, total);
    patchUdpChecksum(buffer, at, this.#bytes.checksum(buffer, at, total, pseudo));
    egress.commit(total);
  }
}
