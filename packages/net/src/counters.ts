import { createTcpCounters, type TcpCounters } from "./tcp/connection.ts";

/** Packets that were dropped, by reason. */
export interface DropCounters {
  /** Frame shorter than its header, or for another MAC. */
  ethernetMalformed: number;
  ethernetNotOurs: number;
  /** EtherType other than IPv4, ARP and IPv6. */
  ethernetType: number;
  arpMalformed: number;
  ipv4Malformed: number;
  ipv4Checksum: number;
  /** A fragment that is malformed, overlaps another, or belongs to a datagram that was refused. */
  ipv4Fragment: number;
  /** A datagram whose fragments did not all come within a minute. */
  ipv4Reassembly: number;
  /** Not for an address of ours. */
  ipv4Destination: number;
  /** Source that no host may use (multicast, broadcast, our own). */
  ipv4Source: number;
  ipv4Protocol: number;
  /** Header, extension headers or options that cannot be; more of them than are looked at. */
  ipv6Malformed: number;
  /** Not for an address or group of ours. */
  ipv6Destination: number;
  /** Source that no host may use (multicast, our own, loopback), or none where one must be. */
  ipv6Source: number;
  /** A transport or extension header that nobody here knows. */
  ipv6Protocol: number;
  /** As of IPv4. */
  ipv6Fragment: number;
  ipv6Reassembly: number;
  /** Neighbor Discovery and listener queries that are malformed, or come from beyond the link. */
  ndpMalformed: number;
  icmpMalformed: number;
  icmpChecksum: number;
  /** A type that nobody here asks for. */
  icmpType: number;
  /** An error or echo reply about nothing that we sent. */
  icmpUnbelieved: number;
  udpMalformed: number;
  udpChecksum: number;
  udpPort: number;
  /** The socket's queue was full. */
  udpQueue: number;
  tcpMalformed: number;
  tcpChecksum: number;
  /** No connection and no listener; answered with a reset while the rate limit allows. */
  tcpPort: number;
  /** A SYN while the listener's queue was full of connections that nobody accepts, or the memory for buffers spent. */
  tcpBacklog: number;
  /** Answers (resets, ICMP errors) that the rate limit held back. */
  rateLimit: number;
  /** Packets to send without a route or neighbour, or with the device full. */
  unreachable: number;
  transmit: number;
}

/** Since the stack was opened. */
export interface Counters {
  readonly dropped: DropCounters;
  readonly tcp: TcpCounters;
  /** Frames that claimed our address with another MAC. */
  arpConflicts: number;
  /** IPv6 addresses of ours that somebody else had. */
  ipv6Duplicates: number;
  /** Datagrams put together from fragments. */
  reassembled: number;
  /** ICMP errors that arrived. */
  icmpErrors: number;
}

export function createCounters(): Counters {
  return {
    dropped: {
      ethernetMalformed: 0,
      ethernetNotOurs: 0,
      ethernetType: 0,
      arpMalformed: 0,
      ipv4Malformed: 0,
      ipv4Checksum: 0,
      ipv4Fragment: 0,
      ipv4Reassembly: 0,
      ipv4Destination: 0,
      ipv4Source: 0,
      ipv4Protocol: 0,
      ipv6Malformed: 0,
      ipv6Destination: 0,
      ipv6Source: 0,
      ipv6Protocol: 0,
      ipv6Fragment: 0,
      ipv6Reassembly: 0,
      ndpMalformed: 0,
      icmpMalformed: 0,
      icmpChecksum: 0,
      icmpType: 0,
      icmpUnbelieved: 0,
      udpMalformed: 0,
      udpChecksum: 0,
      udpPort: 0,
      udpQueue: 0,
      tcpMalformed: 0,
      tcpChecksum: 0,
      tcpPort: 0,
      tcpBacklog: 0,
      rateLimit: 0,
      unreachable: 0,
      transmit: 0,
    },
    tcp: createTcpCounters(),
    arpConflicts: 0,
    ipv6Duplicates: 0,
    reassembled: 0,
    icmpErrors: 0,
  };
}
