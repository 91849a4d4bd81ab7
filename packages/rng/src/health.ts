import type { EntropySource } from "@soloist/interface";

/**
 * Tests of raw entropy at start-up, after NIST SP 800-90B 4.4: they find sources that are broken (stuck, repeating), not
 * ones that are predictable.
 */

/** SP 800-90B 4.4.1: false alarms with a probability of 2^-30. */
const ALPHA_BITS = 30;
/** SP 800-90B 4.4.2: samples of a window; H is 1 bit a byte here. */
const WINDOW = 512;
/** 1 + the critical value of the binomial distribution B(512, 2^-1) at 1 - 2^-30. */
const PROPORTION_CUTOFF = 325;
/** An instruction hands out 64 bits: two equal ones in a row have a probability of 2^-64. */
const PROCESSOR_WORD = 8;

/** Why `sample` cannot have come from a sound source of its kind; undefined when nothing is wrong with it. */
export function findDefect(sample: Uint8Array, kind: EntropySource["kind"]): string | undefined {
  return kind === "processor" ? findStuckWord(sample) : (findRepetition(sample) ?? findProportion(sample));
}

/** Some processors return all ones for ever after they slept; others stop changing. */
function findStuckWord(sample: Uint8Array): string | undefined {
  for (let at = 0; at + PROCESSOR_WORD <= sample.length; at += PROCESSOR_WORD) {
    let and = 0xff;
    let or = 0;
    let difference = at === 0 ? 1 : 0;
    for (let index = at; index < at + PROCESSOR_WORD; index++) {
      const byte = sample[index]!;
      and &= byte;
      or |= byte;
      if (at > 0) difference |= byte ^ sample[index - PROCESSOR_WORD]!;
    }
    if (or === 0) return "returned only zeros";
    if (and === 0xff) return "returned only ones";
    if (difference === 0) return "returned the same value twice";
  }
  return undefined;
}

/** SP 800-90B 4.4.1, Repetition Count Test, for 1 bit a sample. */
function findRepetition(sample: Uint8Array): string | undefined {
  const cutoff = 1 + ALPHA_BITS;
  let run = 1;
  for (let index = 1; index < sample.length; index++) {
    run = sample[index] === sample[index - 1] ? run + 1 : 1;
    if (run >= cutoff) return `is stuck: ${run} equal samples in a row`;
  }
  return undefined;
}

/** SP 800-90B 4.4.2, Adaptive Proportion Test. */
function findProportion(sample: Uint8Array): string | undefined {
  for (let start = 0; start + WINDOW <= sample.length; start += WINDOW) {
    let count = 0;
    for (let index = start; index < start + WINDOW; index++) if (sample[index] === sample[start]) count++;
    if (count >= PROPORTION_CUTOFF) return `is stuck: ${count} of ${WINDOW} samples are equal`;
  }
  return undefined;
}
