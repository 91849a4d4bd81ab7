/** TCP options: RFC 9293 3.2, RFC 7323, RFC 2018. */
export const OPTION_END = 0;
export const OPTION_NOP = 1;
export const OPTION_MSS = 2;
export const OPTION_WINDOW_SCALE = 3;
export const OPTION_SACK_PERMITTED = 4;
export const OPTION_SACK = 5;
export const OPTION_TIMESTAMPS = 8;

export const MSS_LENGTH = 4;
export const WINDOW_SCALE_LENGTH = 3;
export const SACK_PERMITTED_LENGTH = 2;
export const TIMESTAMPS_LENGTH = 10;
/** Of a timestamps option with the padding in front that keeps what follows on a word boundary (RFC 7323 appendix A). */
export const TIMESTAMPS_PADDED = 12;
/** Padding, kind and length of a timestamps option as one big-endian word. */
export const TIMESTAMPS_HEADER = 0x0101080a;
/** Of one block of a SACK option: its first number and the one behind its last. */
export const SACK_BLOCK_LENGTH = 8;
/** As many as 40 bytes of options hold (RFC 2018 3). */
export const MAX_SACK_BLOCKS = 4;

/** "If a TCP receives a window scale option containing a value greater than 14, it should use 14" (RFC 7323 2.3). */
export const MAX_WINDOW_SCALE = 14;

/** What a SYN may carry. */
export interface SynOptions {
  /** 0: absent. */
  mss: number;
  /** -1: absent. */
  windowScale: number;
  sackPermitted: boolean;
  /** Timestamps (RFC 7323 3.2), which other segments carry, too: the sender's clock, and what it heard last of ours. int32. */
  timestamps: boolean;
  tsVal: number;
  tsEcr: number;
}

export interface TcpOptions extends SynOptions {
  /** Where the blocks of a SACK option begin, and how many there are. Read, not emitted: see {@link emitSackHeader}. */
  sackAt: number;
  sackCount: number;
}

/** Reads what it knows and skips the rest; stops at the first option whose length makes no sense. Resets absent options. */
export function parseTcpOptions(bytes: Uint8Array, at: number, length: number, options: TcpOptions): void {
  options.mss = 0;
  options.windowScale = -1;
  options.sackPermitted = false;
  options.sackCount = 0;
  options.timestamps = false;
  const end = at + length;
  let position = at;
  while (position < end) {
    const kind = bytes[position]!;
    if (kind === OPTION_END) return;
    if (kind === OPTION_NOP) {
      position++;
      continue;
    }
    if (position + 1 >= end) return;
    const optionLength = bytes[position + 1]!;
    if (optionLength < 2 || position + optionLength > end) return;
    if (kind === OPTION_MSS && optionLength === MSS_LENGTH) {
      options.mss = (bytes[position + 2]! << 8) | bytes[position + 3]!;
    } else if (kind === OPTION_WINDOW_SCALE && optionLength === WINDOW_SCALE_LENGTH) {
      options.windowScale = Math.min(bytes[position + 2]!, MAX_WINDOW_SCALE);
    } else if (kind === OPTION_SACK_PERMITTED && optionLength === SACK_PERMITTED_LENGTH) {
      options.sackPermitted = true;
    } else if (kind === OPTION_SACK && (optionLength - 2) % SACK_BLOCK_LENGTH === 0) {
      options.sackAt = position + 2;
      options.sackCount = (optionLength - 2) / SACK_BLOCK_LENGTH;
    } else if (kind === OPTION_TIMESTAMPS && optionLength === TIMESTAMPS_LENGTH) {
      options.timestamps = true;
      options.tsVal = readWord(bytes, position + 2);
      options.tsEcr = readWord(bytes, position + 6);
    }
    position += optionLength;
  }
}

function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Bytes that {@link emitTcpOptions} writes, a multiple of 4. */
export function tcpOptionsLength(options: SynOptions): number {
  return (
    (options.mss > 0 ? 4 : 0) +
    (options.windowScale >= 0 ? 4 : 0) +
    (options.sackPermitted ? 4 : 0) +
    (options.timestamps ? TIMESTAMPS_PADDED : 0)
  );
}

export function emitTcpOptions(into: Uint8Array, at: number, options: SynOptions): void {
  let position = at;
  if (options.mss > 0) {
    into[position] = OPTION_MSS;
    into[position + 1] = MSS_LENGTH;
    into[position + 2] = options.mss >> 8;
    into[position + 3] = options.mss;
    position += 4;
  }
  if (options.windowScale >= 0) {
    into[position] = OPTION_NOP;
    into[position + 1] = OPTION_WINDOW_SCALE;
    into[position + 2] = WINDOW_SCALE_LENGTH;
    into[position + 3] = options.windowScale;
    position += 4;
  }
  if (options.sackPermitted) {
    into[position] = OPTION_NOP;
    into[position + 1] = OPTION_NOP;
    into[position + 2] = OPTION_SACK_PERMITTED;
    into[position + 3] = SACK_PERMITTED_LENGTH;
    position += 4;
  }
  if (options.timestamps) {
    emitWord(into, position, TIMESTAMPS_HEADER);
    emitWord(into, position + 4, options.tsVal);
    emitWord(into, position + 8, options.tsEcr);
  }
}

function emitWord(into: Uint8Array, at: number, word: number): void {
  into[at] = word >> 24;
  into[at + 1] = word >> 16;
  into[at + 2] = word >> 8;
  into[at + 3] = word;
}

/** Bytes of a SACK option of `blocks` blocks with its padding. */
export function sackLength(blocks: number): number {
  return 4 + blocks * SACK_BLOCK_LENGTH;
}

/** Padding, kind and length of a SACK option; its blocks follow 4 bytes on (RFC 2018 3). */
export function emitSackHeader(into: Uint8Array, at: number, blocks: number): void {
  into[at] = OPTION_NOP;
  into[at + 1] = OPTION_NOP;
  into[at + 2] = OPTION_SACK;
  into[at + 3] = 2 + blocks * SACK_BLOCK_LENGTH;
}
