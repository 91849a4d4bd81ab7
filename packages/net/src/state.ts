import type { BlockDevice } from "@soloist/interface";
import { InvalidArgumentError } from "./errors.ts";
import { halfSipHash } from "./tcp/isn.ts";

/** What a stack knows again at its next boot. */
export interface Remembered {
  /** Of IPv6's stable identifiers (RFC 7217), 16 bytes. */
  readonly secret: Uint8Array;
  /** The address that DHCP lent us last, int32; 0: none. */
  readonly address: number;
  /** When that loan ends, milliseconds since the epoch; Infinity: never. */
  readonly until: number;
}

/** "SNET", and the version of what follows. */
const MAGIC = 0x534e4554;
const VERSION = 1;
const SECRET = 8;
const MAC = 24;
const ADDRESS = 32;
const UNTIL = 36;
const CHECK = 44;
const WORDS = CHECK / 4;

/** The first block of a disk that has nothing else in it: one write, so that a power failure leaves the old or the new. */
export class StackState {
  remembered: Remembered;
  readonly #device: BlockDevice;
  readonly #mac: Uint8Array;
  readonly #block: Uint8Array;

  /**
   * Reads what is there. An empty disk, or one whose block is spoiled, gives a new secret.
   * @param random 32 random bits
   * @throws {InvalidArgumentError} there is something else on the disk
   */
  constructor(device: BlockDevice, mac: Uint8Array, random: () => number) {
    this.#device = device;
    this.#mac = mac;
    this.#block = new Uint8Array(device.blockSize);
    const block = this.#block;
    device.readSync(0, block);
    const view = new DataView(block.buffer);
    if (view.getUint32(0) !== MAGIC && block.some((byte) => byte !== 0)) {
      throw new InvalidArgumentError(`the disk "${device.name}" holds something else than a network's state`);
    }
    const whole = view.getUint32(4) === VERSION && view.getInt32(CHECK) === check(view);
    if (!whole) {
      const secret = new Uint8Array(16);
      const words = new DataView(secret.buffer);
      for (let at = 0; at < 16; at += 4) words.setInt32(at, random());
      this.remembered = { secret, address: 0, until: 0 };
      this.save(0, 0);
      return;
    }
    // A lease is for one MAC.
    const ours = mac.every((byte, index) => byte === block[MAC + index]);
    this.remembered = {
      secret: block.slice(SECRET, SECRET + 16),
      address: ours ? view.getInt32(ADDRESS) : 0,
      until: view.getFloat64(UNTIL),
    };
  }

  /** Remembers a lease; `address` 0: none. */
  save(address: number, until: number): void {
    const { secret } = this.remembered;
    this.remembered = { secret, address, until };
    const block = this.#block;
    block.fill(0);
    const view = new DataView(block.buffer);
    view.setUint32(0, MAGIC);
    view.setUint32(4, VERSION);
    block.set(secret, SECRET);
    block.set(this.#mac, MAC);
    view.setInt32(ADDRESS, address);
    view.setFloat64(UNTIL, until);
    view.setInt32(CHECK, check(view));
    this.#device.writeSync(0, block);
  }
}

/** Against blocks that were spoiled, not against people: the key is nobody's secret. */
function check(view: DataView): number {
  return halfSipHash(
    MAGIC,
    VERSION,
    Array.from({ length: WORDS }, (_, index) => view.getInt32(4 * index)),
  );
}
