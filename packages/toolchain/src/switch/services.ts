import { answerDhcp, type Lease } from "./dhcp-server.ts";
import { answerMulticastName, answerName, refuse, SERVER_FAILURE } from "./name-server.ts";
import {
  BROADCAST_ADDRESS,
  BROADCAST_MAC,
  type Datagram,
  emitArpReply,
  emitDatagram,
  parseArpRequest,
  parseDatagram,
} from "./packet.ts";

/** A guest's network device. Addresses are numbers. */
export interface Station {
  readonly name: string;
  readonly mac: number;
  readonly address: number;
}

export interface ServicesOptions {
  readonly mac: number;
  readonly address: number;
  readonly prefix: number;
  /** Absent on a network without a way out. */
  readonly router?: number;
  readonly domain: string;
  readonly stations: readonly Station[];
}

export interface ServicesOutput {
  send(frame: Uint8Array): void;
  /** A question about a name elsewhere; whoever asks another server gives its answer to `answer`, or undefined for none. */
  ask(question: Uint8Array, answer: (message: Uint8Array | undefined) => void): void;
}

const PORT = { dns: 53, dhcpServer: 67, dhcpClient: 68, mdns: 5353 } as const;
const MDNS_ADDRESS = 0xe000_00fb; // 224.0.0.251
const MDNS_MAC = 0x0100_5e00_00fb;

/** Whether a frame belongs to DHCP: nobody but these services may answer it. */
export function isDhcp(frame: Uint8Array): boolean {
  const datagram = parseDatagram(frame);
  return datagram?.destinationPort === PORT.dhcpServer;
}

/**
 * What a network of guests needs besides a switch, as one more station on it: ARP for itself, DHCP with a fixed address for
 * each station, and DNS with the stations' names. Pure: takes a frame, emits frames and questions.
 */
export function createServices(options: ServicesOptions): (frame: Uint8Array, output: ServicesOutput) => void {
  const { mac, address } = options;
  const names = new Map(options.stations.map((station) => [station.name.toLowerCase(), station.address]));
  const byMac = new Map(options.stations.map((station) => [station.mac, station]));

  const dhcp = (request: Datagram, output: ServicesOutput): void => {
    const station = byMac.get(request.sourceMac);
    if (!station) return;
    const lease: Lease = {
      address: station.address,
      prefix: options.prefix,
      server: address,
      nameServer: address,
      domain: options.domain,
      hostname: station.name,
      ...(options.router === undefined ? {} : { router: options.router }),
    };
    const data = answerDhcp(request.data, lease);
    if (!data) return;
    output.send(
      emitDatagram({
        sourceMac: mac,
        destinationMac: request.source === 0 ? BROADCAST_MAC : request.sourceMac,
        source: address,
        destination: request.source === 0 ? BROADCAST_ADDRESS : request.source,
        sourcePort: PORT.dhcpServer,
        destinationPort: PORT.dhcpClient,
        data,
      }),
    );
  };

  const dns = (request: Datagram, output: ServicesOutput): void => {
    const reply = (data: Uint8Array): void =>
      output.send(
        emitDatagram({
          sourceMac: mac,
          destinationMac: request.sourceMac,
          source: address,
          destination: request.source,
          sourcePort: PORT.dns,
          destinationPort: request.sourcePort,
          data,
        }),
      );
    const result = answerName(request.data, names);
    if (result.kind === "answer") reply(result.message);
    else if (result.kind === "elsewhere") {
      const question = request.data.slice();
      output.ask(question, (message) => {
        const data = message ?? refuse(question, SERVER_FAILURE);
        if (data) reply(data);
      });
    }
  };

  const mdns = (request: Datagram, output: ServicesOutput): void => {
    const data = answerMulticastName(request.data, names);
    // A station that asks for its own name probes whether it is free (RFC 6762 8.1).
    const own = byMac.get(request.sourceMac)?.address;
    if (!data || new DataView(data.buffer).getUint32(data.length - 4) === own) return;
    // Legacy queriers come from another port and want the answer for themselves (RFC 6762 6.7).
    const isLegacy = request.sourcePort !== PORT.mdns;
    output.send(
      emitDatagram({
        sourceMac: mac,
        destinationMac: isLegacy ? request.sourceMac : MDNS_MAC,
        source: address,
        destination: isLegacy ? request.source : MDNS_ADDRESS,
        sourcePort: PORT.mdns,
        destinationPort: request.sourcePort,
        data,
      }),
    );
  };

  return (frame, output) => {
    const arp = parseArpRequest(frame);
    if (arp) {
      if (arp.target === address) output.send(emitArpReply(arp, mac));
      return;
    }
    const datagram = parseDatagram(frame);
    if (!datagram) return;
    if (datagram.destinationPort === PORT.dhcpServer) dhcp(datagram, output);
    else if (datagram.destinationPort === PORT.mdns && datagram.destination === MDNS_ADDRESS) mdns(datagram, output);
    else if (datagram.destinationPort === PORT.dns && datagram.destination === address) dns(datagram, output);
  };
}
