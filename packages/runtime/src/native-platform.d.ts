/**
 * What lies below JavaScript: the kernel's functions, as C implements them in every image.
 *
 * C moves bytes, TypeScript decides: none of these checks more than it needs to stay memory-safe. Byte ranges are given as
 * (view, offset, length); a range outside its view throws a RangeError. Times are milliseconds as floats.
 * While an app's top level is evaluated at build time the toolchain provides the same functions; the ones marked *boot only*
 * then throw an Error with code `ERR_BUILD_TIME`.
 */
declare module "native:platform" {
  /** Hands the kernel what it calls. Called once, by `@soloist/runtime/boot`. */
  export function register(handlers: {
    /** JSON: `{"type":"solo5.manifest","version":1,"devices":[{"name","type":"NET_BASIC"|"BLOCK_BASIC"}]}`; read at build time. */
    manifest: () => string;
    /** Called once at boot, after the heap snapshot is in memory. */
    boot: () => void;
    /**
     * Called whenever there may be work: after boot, after jobs (promise reactions) have run, and when a wait ended. Returns
     * the monotonic time at which it must be called next; Infinity: only when a network device becomes ready. The kernel runs
     * all pending jobs (at most a bounded number between two turns) and waits only when no job is pending.
     */
    turn: () => number;
    /** An exception that left `boot`, `turn` or a job. The kernel exits with code 1 when it returns. */
    uncaught: (error: unknown) => void;
    /** A promise was rejected without a handler (`handled` false), or got one later (true). */
    rejection: (promise: Promise<unknown>, reason: unknown, handled: boolean) => void;
  }): void;

  /** The arguments after the image's name, one string; `""` when there are none. *Boot only.* */
  export function commandLine(): string;
  /**
   * How memory is used. `into`: Float64Array of 5: [0] bytes of linear memory taken so far, [1] the most that it grows to, [2] bytes
   * that JavaScript's values hold, [3] as many of them let the engine look for cycles, [4] how often it has, counted once a turn at
   * most. *Boot only.*
   */
  export function memoryUsage(into: Float64Array): void;
  /** Ends the image with an exit code, 0 to 254. *Boot only.* */
  export function exit(code: number): never;
  /** Crashes on purpose, so that crash reports can be seen and tested. *Boot only.* */
  export function crash(
    kind: "null-read" | "null-write" | "write-text" | "execute-heap" | "undefined-instruction" | "native-stack",
  ): never;

  /** Writes bytes, or a string as UTF-8, to the console. */
  export function consoleWrite(text: string | Uint8Array): void;

  /** Milliseconds since boot. *Boot only.* */
  export function monotonic(): number;
  /** Milliseconds since the epoch. *Boot only.* */
  export function wall(): number;
  /**
   * Sets the wall clock, that of `Date` among it, milliseconds: from now on it is `base` + the monotonic time, and what of `slew` has
   * been added since the monotonic time `from` at `rate` a millisecond. *Boot only.*
   */
  export function setWall(base: number, slew: number, from: number, rate: number): void;

  /**
   * Fills `into` from one raw entropy source: 0 rdseed, 1 rdrand, 2 timing jitter, 3 the low 4 bytes of the cycle counter
   * (repeated). Returns how many bytes it could fill: fewer when the processor lacks or fails the instruction. *Boot only.*
   */
  export function entropy(source: 0 | 1 | 2 | 3, into: Uint8Array): number;
  /** Seeds the generator that the engine's crypto module asks for keys and nonces; 32 bytes. *Boot only.* */
  export function seedRandom(seed: Uint8Array): void;
  /** Sets the seed of the engine's own Math.random (xorshift64*, 8 bytes). *Boot only.* */
  export function seedMathRandom(seed: Uint8Array): void;

  /**
   * Opens a network device of the manifest. The kernel keeps `rx`, `tx` and `state` for as long as it runs: both buffers are cut into slots of 2,048
   * bytes; frames may start anywhere in a slot, large ones take several. Returns a handle, or -1 when there is no such device. `state`: Int32Array of 16:
   * [0] offset in rx of the last frame read, [1] frames dropped when receiving, [2] when sending, [3] mtu, [4..9] the bytes of the MAC,
   * [10] what the device does, where `offloads` is true: 1 fills in checksums, 2 vouches for those received, 4 and 8 cuts TCP over IPv4
   * and IPv6 into segments, 16 receives frames beyond the MTU, [11] whether it vouched for the last frame read. *Boot only.*
   */
  export function netAcquire(
    name: string,
    rx: Uint8Array,
    tx: Uint8Array,
    state: Int32Array,
    offloads?: boolean,
  ): number;
  /** Length of the next frame, whose offset is then in `state[0]`; 0: none. The previous frame's slots are given back. */
  export function netRead(handle: number): number;
  /** Offset in tx of a free place for `length` bytes, by default mtu + 14; -1: all are on their way. */
  export function netReserve(handle: number, length?: number): number;
  /**
   * Sends `length` bytes at `offset`, which `netReserve` returned last. The device may be told of it only at the end of the turn.
   * `offload`, by default 0: as `send` of NetDevice has it.
   */
  export function netSend(handle: number, offset: number, length: number, offload?: number): void;

  /** Opens a block device. `state`: Float64Array of 2: [0] bytes in a block, [1] number of blocks. Returns a handle or -1. *Boot only.* */
  export function blockAcquire(name: string, state: Float64Array): number;
  /** Reads one whole block into `into` at `offset`. Returns 0, or -1 when the device failed. */
  export function blockRead(handle: number, block: number, into: Uint8Array, offset: number): number;
  /** Writes one whole block from `from` at `offset`. Returns 0, or -1 when the device failed. */
  export function blockWrite(handle: number, block: number, from: Uint8Array, offset: number): number;

  /** RFC 1071 sum of 16-bit big-endian words (odd byte padded with 0), folded to 16 bits, not complemented; `initial` is a partial sum. */
  export function checksum(bytes: Uint8Array, offset: number, length: number, initial: number): number;
  /** Index of the first `byte` in [offset, offset + length), or -1. */
  export function findByte(bytes: Uint8Array, byte: number, offset: number, length: number): number;
  /** Index of the first byte in [offset, offset + length) whose entry in `set` (256 bytes) is not 0, or -1. */
  export function findInSet(bytes: Uint8Array, set: Uint8Array, offset: number, length: number): number;
  /** memmove. */
  export function copy(to: Uint8Array, toOffset: number, from: Uint8Array, fromOffset: number, length: number): void;
  /** Whether two ranges hold the same bytes. Takes the same time wherever they differ. */
  export function equal(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean;
  /** String of a range of UTF-8; malformed sequences become U+FFFD as TextDecoder does. */
  export function utf8Decode(bytes: Uint8Array, offset: number, length: number): string;
  /** Writes `text` as UTF-8 at `offset` (lone surrogates become U+FFFD) and returns how many bytes; -1 and nothing of use written when it does not fit. */
  export function utf8Encode(text: string, into: Uint8Array, offset: number): number;
  /** String of a range, one UTF-16 unit a byte (ISO 8859-1). */
  export function latin1Decode(bytes: Uint8Array, offset: number, length: number): string;
  /**
   * Fills a range of `into` with the keystream of ChaCha20 (RFC 8439 2.4) from block `counter` on; `key` 32 bytes, `nonce` 12.
   * None of the three may overlap.
   */
  export function chacha20(
    key: Uint8Array,
    nonce: Uint8Array,
    counter: number,
    into: Uint8Array,
    offset: number,
    length: number,
  ): void;
  /**
   * Whether a range holds an Ethernet frame for us with a whole, correct TCP segment: its version of IP, else 0. `fields`: Int32Array of
   * 16: in [0] and [1] the first four and last two bytes of our MAC, [2] our IPv4 address; out [3] source address (IPv4), [4] both
   * ports, [5] sequence and [6] acknowledgment number, [7] data offset and flags (16 bits), [8] window, [9] where in `bytes` the
   * data starts, [10] its length, [11] traffic class, [12] 1 where the options are timestamps alone, [13] their value. As `parseSegment` of ByteHelpers. *Boot only.*
   */
  export function parseSegment(
    bytes: Uint8Array,
    offset: number,
    length: number,
    trusted: boolean,
    fields: Int32Array,
  ): number;
  /** Builds a frame with a TCP segment and returns its length: as `emitSegment` of ByteHelpers. *Boot only.* */
  export function emitSegment(
    into: Uint8Array,
    offset: number,
    headers: Uint8Array,
    headersOffset: number,
    ring: Uint8Array | undefined,
    seq: number,
    ack: number,
    control: number,
    length: number,
    partial: boolean,
  ): number;

  /** Base64 (RFC 4648 section 4, padded) of a range. */
  export function base64Encode(bytes: Uint8Array, offset: number, length: number): string;
  /** Decodes padded or unpadded base64, ASCII white space skipped, into `into`; returns how many bytes, -1 when malformed or it does not fit. */
  export function base64Decode(text: string, into: Uint8Array, offset: number): number;
}
