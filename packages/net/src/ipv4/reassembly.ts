import type { ByteHelpers } from "@soloist/interface";
import {
  DONT_FRAGMENT,
  emitIpv4,
  FRAGMENT_OFFSET,
  type Ipv4Fields,
  MIN_HEADER_LENGTH,
  MORE_FRAGMENTS,
} from "../wire/ipv4.ts";

/** "The recommended value is between 60 seconds and 120 seconds" (RFC 1122 3.3.2); milliseconds. It is not extended by later fragments. */
export const REASSEMBLY_TIMEOUT = 60_000;
/** Datagrams in pieces at once; beyond it the oldest gives way, so that a flood does not lock out who comes after it. */
export const MAX_DATAGRAMS = 64;
/** Pieces of one datagram: 65,535 bytes over a path whose MTU is 576 make 119 (RFC 791: fragments carry a multiple of 8 bytes). */
export const MAX_FRAGMENTS = 128;
/** Bytes of all datagrams in pieces; beyond it the oldest gives way. "Reassembly … EMTU_R … MUST be ≥ 576" (RFC 1122 3.3.2): ours is 65,535. */
export const MAX_BYTES = 1024 * 1024;
/** "Let the error message contain the internet header plus the first 64 bits" (RFC 792). */
const QUOTED = 8;
const MIN_BUFFER = 2048;

/** A whole datagram: its header at 0 and `length` bytes behind it. Valid until the next call. */
export interface Reassembled {
  readonly bytes: Uint8Array;
  readonly length: number;
}

export type FragmentOutcome = "kept" | "duplicate" | "overlap" | "malformed" | "refused" | "complete";

/** What differs between the families. */
export interface FragmentFormat<Fields extends Ipv4Fields> {
  /** Of the header that is put in front of the payload. */
  readonly headerLength: number;
  /** A piece that ends behind it is a forgery. */
  readonly maxPayload: number;
  /** Bytes of the first piece's payload that an error quotes. */
  readonly quoted: number;
  /** Writes the header for `length` bytes, as if the datagram had come whole; `ip` is of the first piece. */
  emit(into: Uint8Array, ip: Fields, length: number): void;
  /** All is there: `ip` is of the piece that came last. */
  complete(into: Uint8Array, ip: Fields, length: number): void;
  /** The addresses of a datagram are kept, or no longer. */
  retain(address: number): void;
  release(address: number): void;
}

/** A header without options: none matters to a host. */
function emitWhole(into: Uint8Array, ip: Ipv4Fields, length: number): void {
  emitIpv4(into, 0, {
    headerLength: MIN_HEADER_LENGTH,
    totalLength: MIN_HEADER_LENGTH + length,
    identification: ip.identification,
    fragment: ip.fragment & DONT_FRAGMENT,
    ttl: ip.ttl,
    protocol: ip.protocol,
    source: ip.source,
    destination: ip.destination,
  });
}

const IPV4: FragmentFormat<Ipv4Fields> = {
  headerLength: MIN_HEADER_LENGTH,
  // "Total Length … up to 65,535 octets" (RFC 791 3.1).
  maxPayload: 65_535 - MIN_HEADER_LENGTH,
  quoted: QUOTED,
  emit: emitWhole,
  complete: emitWhole,
  retain() {},
  release() {},
};

/** One datagram in pieces. */
interface Pieces {
  readonly key: string;
  readonly expiresAt: number;
  /** Header, then payload; empty once the datagram was refused. */
  buffer: Uint8Array;
  /** Where each piece begins and ends: sorted, apart from each other. */
  readonly starts: number[];
  readonly ends: number[];
  /** Bytes there. */
  filled: number;
  /** Length of the payload; -1 until the last piece has come. */
  total: number;
  /** A piece overlapped another: the datagram is lost, and so is what still comes of it (RFC 5722 4). */
  refused: boolean;
  readonly source: number;
  readonly destination: number;
}

/**
 * Puts fragments together (RFC 791 3.2, RFC 815) as a machine: `process`, `expire`, `pollAt`.
 *
 * Overlap is refused as in IPv6 (RFC 5722): nobody who sends honestly makes any, and whoever wins in an overlap has been the
 * hole in many a filter. A piece that comes twice, byte for byte, is a duplicate, as networks make them, and is ignored.
 */
export class Reassembly<Fields extends Ipv4Fields = Ipv4Fields> {
  /** Bytes held. */
  held = 0;
  readonly #bytes: ByteHelpers;
  /** Oldest first. */
  readonly #datagrams = new Map<string, Pieces>();
  #complete: Reassembled | undefined;

  readonly #format: FragmentFormat<Fields>;

  constructor(bytes: ByteHelpers, format: FragmentFormat<Fields> = IPV4) {
    this.#bytes = bytes;
    this.#format = format;
  }

  get size(): number {
    return this.#datagrams.size;
  }

  /** Infinity while nothing is in pieces: all wait equally long, so the oldest is due first. */
  pollAt(): number {
    for (const oldest of this.#datagrams.values()) return oldest.expiresAt;
    return Number.POSITIVE_INFINITY;
  }

  /** The datagram that the last `process` completed. */
  get complete(): Reassembled {
    return this.#complete!;
  }

  /** A fragment whose header, at `at`, was parsed into `ip`. */
  process(bytes: Uint8Array, at: number, ip: Fields, now: number): FragmentOutcome {
    const more = (ip.fragment & MORE_FRAGMENTS) !== 0;
    const start = (ip.fragment & FRAGMENT_OFFSET) << 3;
    const length = ip.totalLength - ip.headerLength;
    const end = start + length;
    const header = this.#format.headerLength;
    // Every piece but the last is a multiple of 8 bytes (RFC 791 3.2), and none is empty.
    if (length === 0 || (more && (length & 7) !== 0) || end > this.#format.maxPayload) return "malformed";
    const key = `${ip.source},${ip.destination},${ip.identification},${ip.protocol}`;
    let pieces = this.#datagrams.get(key);
    if (pieces === undefined) pieces = this.#add(key, ip, now);
    else if (pieces.refused) return "refused";

    const { starts, ends } = pieces;
    let index = starts.length;
    while (index > 0 && starts[index - 1]! >= start) index--;
    if (index < starts.length && starts[index] === start && ends[index] === end) {
      const payload = at + ip.headerLength;
      if (this.#bytes.equal(pieces.buffer, header + start, bytes, payload, length)) return "duplicate";
    }
    const overlaps =
      (index > 0 && ends[index - 1]! > start) ||
      (index < starts.length && starts[index]! < end) ||
      // Two ends that disagree are an overlap of what lies behind them.
      (pieces.total >= 0 && (end > pieces.total || !more)) ||
      (!more && ends.length > 0 && ends[ends.length - 1]! > end);
    if (overlaps || starts.length >= MAX_FRAGMENTS) {
      this.#refuse(pieces);
      return "overlap";
    }
    if (!this.#reserve(pieces, header + end)) return "refused";
    this.#bytes.copy(pieces.buffer, header + start, bytes, at + ip.headerLength, length);
    starts.splice(index, 0, start);
    ends.splice(index, 0, end);
    pieces.filled += length;
    if (!more) pieces.total = end;
    if (start === 0) this.#format.emit(pieces.buffer, ip, length);
    if (pieces.filled !== pieces.total) return "kept";
    this.#format.complete(pieces.buffer, ip, pieces.total);
    this.#remove(pieces);
    this.#complete = { bytes: pieces.buffer, length: pieces.total };
    return "complete";
  }

  /**
   * Takes off one datagram that waited too long, `undefined` when there is none: call it until then. `length` is 0 when its
   * first piece never came: nobody is told then (RFC 792), else it is how much of the payload an error quotes.
   */
  expire(now: number): Reassembled | undefined {
    for (const pieces of this.#datagrams.values()) {
      if (pieces.expiresAt > now) return undefined;
      this.#remove(pieces);
      const first = !pieces.refused && pieces.starts[0] === 0;
      return { bytes: pieces.buffer, length: first ? Math.min(pieces.ends[0]!, this.#format.quoted) : 0 };
    }
    return undefined;
  }

  #add(key: string, ip: Fields, now: number): Pieces {
    if (this.#datagrams.size >= MAX_DATAGRAMS) this.#removeOldest();
    const pieces: Pieces = {
      key,
      expiresAt: now + REASSEMBLY_TIMEOUT,
      buffer: new Uint8Array(0),
      starts: [],
      ends: [],
      filled: 0,
      total: -1,
      refused: false,
      source: ip.source,
      destination: ip.destination,
    };
    this.#format.retain(ip.source);
    this.#format.retain(ip.destination);
    this.#datagrams.set(key, pieces);
    return pieces;
  }

  /** Makes room for `needed` bytes; false: `pieces` itself had to go. */
  #reserve(pieces: Pieces, needed: number): boolean {
    const { buffer } = pieces;
    if (needed <= buffer.length) return true;
    let capacity = MIN_BUFFER;
    while (capacity < needed) capacity *= 2;
    while (this.held - buffer.length + capacity > MAX_BYTES) {
      if (this.#removeOldest() === pieces) return false;
    }
    const larger = new Uint8Array(capacity);
    if (buffer.length > 0) this.#bytes.copy(larger, 0, buffer, 0, buffer.length);
    this.held += capacity - buffer.length;
    pieces.buffer = larger;
    return true;
  }

  /** Keeps the entry, empty, so that what still comes of the datagram is known for what it is. */
  #refuse(pieces: Pieces): void {
    this.held -= pieces.buffer.length;
    pieces.buffer = new Uint8Array(0);
    pieces.starts.length = 0;
    pieces.ends.length = 0;
    pieces.refused = true;
  }

  #removeOldest(): Pieces | undefined {
    for (const oldest of this.#datagrams.values()) {
      this.#remove(oldest);
      return oldest;
    }
    return undefined;
  }

  #remove(pieces: Pieces): void {
    this.#datagrams.delete(pieces.key);
    this.held -= pieces.buffer.length;
    this.#format.release(pieces.source);
    this.#format.release(pieces.destination);
  }
}
