/** An IPv6 packet that arrived: what its transport needs to know. Its bytes go with it. */
export interface Ipv6Packet {
  source: number;
  destination: number;
  hopLimit: number;
  /** Where the IPv6 header lies, and how long the packet is with it. */
  at: number;
  totalLength: number;
  /** Number of the transport, where it begins, and how long it is. */
  protocol: number;
  payloadAt: number;
  payloadLength: number;
  /** For us alone: neither a group's, nor what came in a frame to one. */
  unicast: boolean;
}

export function createIpv6Packet(): Ipv6Packet {
  return {
    source: 0,
    destination: 0,
    hopLimit: 0,
    at: 0,
    totalLength: 0,
    protocol: 0,
    payloadAt: 0,
    payloadLength: 0,
    unicast: false,
  };
}
