// What apps/peer.ts sends and expects, for those who talk with it.

/** Byte i of the pattern is that of the table at i % PERIOD: a prime, so that a segment in the wrong place is seen. */
export const PERIOD = 65_521;
/** Bytes that may be read from the table at any place of the first PERIOD. */
export const CHUNK = 32_768;

export function patternTable(): Uint8Array {
  const table = new Uint8Array(PERIOD + CHUNK);
  let state = 1;
  for (let index = 0; index < table.length; index++) {
    if (index >= PERIOD) {
      table[index] = table[index - PERIOD]!;
      continue;
    }
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    table[index] = state;
  }
  return table;
}
