/** TCP options: RFC 9293 3.2, RFC 7323. */
export const OPTION_END = 0;
export const OPTION_NOP = 1;
export const OPTION_MSS = 2;
export const OPTION_WINDOW_SCALE = 3;

export const MSS_LENGTH = 4;
export const WINDOW_SCALE_LENGTH = 3;

/** "If a TCP receives a window scale option containing a value greater than 14, it should use 14" (RFC 7323 2.3). */
export const MAX_WINDOW_SCALE = 14;

export interface TcpOptions {
  /** 0: absent. */
  mss: number;
  /** -1: absent. */
  windowScale: number;
}

/** Reads what it knows and skips the rest; stops at the first option whose length makes no sense. Resets absent options. */
export function parseTcpOptions(bytes: Uint8Array, at: number, length: number, options: TcpOptions): void {
  options.mss = 0;
  options.windowScale = -1;
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
    }
    position += optionLength;
  }
}

/** Bytes that {@link emitTcpOptions} writes, a multiple of 4. */
export function tcpOptionsLength(options: TcpOptions): number {
  return (options.mss > 0 ? 4 : 0) + (options.windowScale >= 0 ? 4 : 0);
}

export function emitTcpOptions(into: Uint8Array, at: number, options: TcpOptions): void {
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
  }
}
