const DIGITS = [0xd1, 0x3c, 0x77];

/** Throws when all digits are right; each right one is a step further. */
export function open(input: Uint8Array): void {
  if (input[0] === DIGITS[0]) {
    if (input[1] === DIGITS[1]) {
      if (input[2] === DIGITS[2]) throw new Error("open");
    }
  }
}
