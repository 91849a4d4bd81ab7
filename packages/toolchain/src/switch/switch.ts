/** Where frames enter and leave; numbers that the caller chooses. */
export type Port = number;

export interface SwitchOptions {
  /** Stations whose port is remembered; when one more comes, the one that was silent longest is forgotten. Default: 1024. */
  readonly maxStations?: number;
  /** How long a silent station is remembered, milliseconds. Default: 300,000, that of IEEE 802.1D-2004, table 7-5. */
  readonly ageingTime?: number;
}

export interface SwitchCounters {
  forwarded: number;
  flooded: number;
  /** Frames without room for two addresses and a type, longer than any, or from a group address. */
  malformed: number;
}

/** A learning Ethernet switch. Pure: time is an argument, frames leave through `emit` before `process` returns. */
export interface Switch {
  readonly counters: Readonly<SwitchCounters>;
  /** Stations that are remembered. */
  readonly stations: number;
  addPort(port: Port): void;
  /** Its stations are forgotten. */
  removePort(port: Port): void;
  /** Takes a frame that came in at a port; `emit` gets it for each port that it leaves by. `now`: milliseconds. */
  process(now: number, from: Port, frame: Uint8Array, emit: (to: Port, frame: Uint8Array) => void): void;
}

const HEADER_SIZE = 14;
/** Longest frame that is passed on: what an Ethernet header and an IPv4 packet of the greatest length need. */
export const MAX_FRAME = HEADER_SIZE + 65_535;
const DEFAULT_STATIONS = 1024;
const DEFAULT_AGEING_MS = 300_000;
const GROUP_BIT = 1;
const SOURCE = 6;

interface Station {
  port: Port;
  seen: number;
}

export function createSwitch(options: SwitchOptions = {}): Switch {
  const { maxStations = DEFAULT_STATIONS, ageingTime = DEFAULT_AGEING_MS } = options;
  const ports = new Set<Port>();
  // In the order in which they were last heard: a station that speaks moves to the end.
  const stations = new Map<number, Station>();
  const counters: SwitchCounters = { forwarded: 0, flooded: 0, malformed: 0 };

  const learn = (now: number, address: number, port: Port): void => {
    const known = stations.get(address);
    if (known) stations.delete(address);
    else if (stations.size >= maxStations) stations.delete(stations.keys().next().value!);
    stations.set(address, known ?? { port, seen: now });
    if (known) {
      known.port = port;
      known.seen = now;
    }
  };

  return {
    counters,
    get stations() {
      return stations.size;
    },
    addPort(port) {
      ports.add(port);
    },
    removePort(port) {
      ports.delete(port);
      for (const [address, station] of stations) if (station.port === port) stations.delete(address);
    },
    process(now, from, frame, emit) {
      if (frame.length < HEADER_SIZE || frame.length > MAX_FRAME || (frame[SOURCE]! & GROUP_BIT) !== 0) {
        counters.malformed++;
        return;
      }
      if (!ports.has(from)) return;
      learn(now, addressAt(frame, SOURCE), from);
      const station = (frame[0]! & GROUP_BIT) === 0 ? stations.get(addressAt(frame, 0)) : undefined;
      if (station && now - station.seen < ageingTime) {
        // A frame whose station is where it came from has arrived already (IEEE 802.1D-2004 7.7.1).
        if (station.port === from) return;
        counters.forwarded++;
        emit(station.port, frame);
        return;
      }
      counters.flooded++;
      for (const port of ports) if (port !== from) emit(port, frame);
    },
  };
}

/** The six bytes of an address as a number: 48 bits fit a double. */
function addressAt(frame: Uint8Array, offset: number): number {
  const high = (frame[offset]! << 8) | frame[offset + 1]!;
  const low =
    (frame[offset + 2]! * 0x1000000 + ((frame[offset + 3]! << 16) | (frame[offset + 4]! << 8) | frame[offset + 5]!)) >>>
    0;
  return high * 0x1_0000_0000 + low;
}
