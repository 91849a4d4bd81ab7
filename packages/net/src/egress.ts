import type { NetDevice } from "@soloist/interface";

/** Packets on their way out, of either family; addresses are numbers as in `ipv6/addresses.ts`. */
export interface Egress {
  readonly device: NetDevice;
  /** The neighbour that a packet goes to; 0: no route. A local destination is its own. */
  nextHop(destination: number): number;
  /** Nobody has answered what went to `destination` several times: its next hop is asked whether it still is who it was. */
  doubt(destination: number): void;
  /** The address that a packet comes from; 0: we have none. */
  sourceFor(destination: number): number;
  /** Whether packets for it never leave. */
  isLocal(address: number): boolean;
  /** Largest packet, header included, that the path is known to carry whole. */
  pathMtu(destination: number): number;
  /** Bytes of the IP header. */
  readonly headerLength: number;
  /**
   * Writes the headers of a packet with `length` bytes of payload, which one frame carries, and returns where in
   * `device.txBuffer` the payload goes; -1: it cannot be sent (counted). Finish with `commit`.
   */
  begin(source: number, destination: number, protocol: number, length: number, hops?: number): number;
  commit(length: number): void;
  /** Sends a payload, in fragments when the path does not carry it whole. */
  sendFragments(
    source: number,
    destination: number,
    protocol: number,
    payload: Uint8Array,
    length: number,
    hops?: number,
  ): void;
}
