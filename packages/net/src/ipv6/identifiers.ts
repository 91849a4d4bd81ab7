import { halfSipHash } from "../tcp/isn.ts";

/**
 * Interface identifiers by RFC 7217 5: the same for each prefix as long as the secret is, and telling nothing of the MAC nor of
 * each other. F is HalfSipHash with a key of 64 bits, once for each half of the identifier.
 */
export class InterfaceIdentifiers {
  readonly #keys: Int32Array;
  readonly #random: () => number;
  readonly #words = new Int32Array(6);

  /**
   * @param random 32 random bits
   * @param secret 16 bytes; without it is drawn, so that identifiers last as long as this stack
   */
  constructor(random: () => number, mac: Uint8Array, secret?: Uint8Array) {
    this.#random = random;
    this.#keys = Int32Array.from({ length: 4 }, () => random());
    if (secret !== undefined) {
      const view = new DataView(secret.buffer, secret.byteOffset, 16);
      for (let index = 0; index < 4; index++) this.#keys[index] = view.getInt32(4 * index);
    }
    // Net_Iface.
    this.#words[2] = (mac[0]! << 8) | mac[1]!;
    this.#words[3] = (mac[2]! << 24) | (mac[3]! << 16) | (mac[4]! << 8) | mac[5]!;
  }

  /** Writes eight bytes at `into` for the /64 at `prefix`; `attempt` counts duplicates. */
  write(prefix: Uint8Array, prefixAt: number, attempt: number, into: Uint8Array, at: number): void {
    const words = this.#words;
    const view = new DataView(prefix.buffer, prefix.byteOffset + prefixAt, 8);
    words[0] = view.getInt32(0);
    words[1] = view.getInt32(4);
    words[4] = attempt;
    for (let again = 0; ; again++) {
      words[5] = again;
      const [a, b, c, d] = this.#keys;
      const high = halfSipHash(a!, b!, words);
      const low = halfSipHash(c!, d!, words);
      if (isReserved(high, low)) continue;
      const out = new DataView(into.buffer, into.byteOffset + at, 8);
      out.setInt32(0, high);
      out.setInt32(4, low);
      return;
    }
  }

  /** Writes eight random bytes at `at`: the identifier of a temporary address (RFC 8981 3.3.1). */
  draw(into: Uint8Array, at: number): void {
    let high = 0;
    let low = 0;
    do {
      high = this.#random() | 0;
      low = this.#random() | 0;
    } while (isReserved(high, low));
    const out = new DataView(into.buffer, into.byteOffset + at, 8);
    out.setInt32(0, high);
    out.setInt32(4, low);
  }
}

/** RFC 5453 and IANA's registry: all zeros (subnet routers), IANA's own Ethernet block, and the anycast addresses at the end. */
function isReserved(high: number, low: number): boolean {
  if (high === 0 && low === 0) return true;
  if (high === (0x02005eff | 0) && low >>> 24 === 0xfe) return true;
  return high === (0xfdffffff | 0) && low >>> 0 >= 0xffffff80;
}
