import { bytes } from "../bytes.ts";
import { COLON, CR, LF, NOT_HOST, NOT_TOKEN, NOT_VALUE, SPACE, TAB } from "./characters.ts";
import { HeaderBlock, nameIs } from "./header-block.ts";
import { REFUSALS, type Refusal } from "./refusal.ts";

/** Offsets of the section that is being parsed; copied into its HeaderBlock. Parsing never waits, so one is enough. */
let scratch = new Uint32Array(4 * 128);

/**
 * Parses a whole header section, `[start, end)` of `from`: field lines and the empty line behind them. A section that
 * stops early is one whose last line is broken, and refused as such. RFC 9112 5.
 */
export function parseFields(from: Uint8Array, start: number, end: number, maxHeaders: number): HeaderBlock | Refusal {
  let count = 0;
  let at = start;
  for (;;) {
    const first = from[at];
    if (first === CR && at + 1 < end && from[at + 1] === LF) break;
    if (first === SPACE || first === TAB) return REFUSALS.obsFold;
    const colon = bytes.findInSet(from, NOT_TOKEN, at, end - at);
    if (colon < 0) return REFUSALS.fieldName;
    const stop = from[colon];
    if (stop !== COLON) {
      if (stop === LF) return REFUSALS.bareLf;
      if (stop === CR) return from[colon + 1] === LF ? REFUSALS.fieldName : REFUSALS.bareCr;
      if (stop !== SPACE && stop !== TAB) return REFUSALS.fieldName;
      return colon > at ? REFUSALS.spaceBeforeColon : REFUSALS.fieldName;
    }
    if (colon === at) return REFUSALS.fieldName;
    let value = colon + 1;
    while (from[value] === SPACE || from[value] === TAB) value++;
    const lineEnd = value < end ? bytes.findInSet(from, NOT_VALUE, value, end - value) : -1;
    if (lineEnd < 0) return REFUSALS.control;
    if (from[lineEnd] !== CR) return from[lineEnd] === LF ? REFUSALS.bareLf : REFUSALS.control;
    if (lineEnd + 1 >= end || from[lineEnd + 1] !== LF) return REFUSALS.bareCr;
    let valueEnd = lineEnd;
    while (valueEnd > value && (from[valueEnd - 1] === SPACE || from[valueEnd - 1] === TAB)) valueEnd--;
    if (count === maxHeaders) return REFUSALS.tooManyHeaders;
    const slot = count << 2;
    if (slot === scratch.length) {
      const larger = new Uint32Array(2 * scratch.length);
      larger.set(scratch);
      scratch = larger;
    }
    scratch[slot] = at - start;
    scratch[slot + 1] = colon - start;
    scratch[slot + 2] = value - start;
    scratch[slot + 3] = valueEnd - start;
    count++;
    at = lineEnd + 2;
  }
  return new HeaderBlock(from.slice(start, at + 2), scratch.slice(0, count << 2));
}

/** Fills in what decides framing, connection and host; the refusal when these contradict each other. */
export function parseFraming(block: HeaderBlock): Refusal | undefined {
  const content = block.bytes;
  const offsets = block.offsets;
  let transferEncodings = 0;
  let unknownCoding = false;
  for (let at = 0, index = 0; at < offsets.length; at += 4, index++) {
    const name = offsets[at]!;
    const value = offsets[at + 2]!;
    const valueEnd = offsets[at + 3]!;
    switch (offsets[at + 1]! - name) {
      case 4:
        if (!nameIs(content, name, "host")) break;
        // RFC 9112 3.2: more than one Host line, or an invalid value, MUST be answered with 400.
        if (block.hostIndex >= 0) return REFUSALS.hostRepeated;
        if (bytes.findInSet(content, NOT_HOST, value, valueEnd - value) >= 0) return REFUSALS.hostInvalid;
        block.hostIndex = index;
        break;
      case 6:
        if (!nameIs(content, name, "expect")) break;
        if (valueEnd - value !== 12 || !nameIs(content, value, "100-continue")) return REFUSALS.expectation;
        block.expectContinue = true;
        break;
      case 10:
        if (nameIs(content, name, "connection")) parseConnection(block, index);
        break;
      case 14: {
        if (!nameIs(content, name, "content-length")) break;
        // RFC 9112 6.3 lets a recipient merge equal values; that helps no honest client, so a second one is refused.
        if (block.contentLength >= 0) return REFUSALS.contentLengthRepeated;
        const length = parseDecimal(content, value, valueEnd);
        if (length < 0) return REFUSALS.contentLength;
        block.contentLength = length;
        break;
      }
      case 17:
        if (!nameIs(content, name, "transfer-encoding")) break;
        if (++transferEncodings > 1) return REFUSALS.transferEncoding;
        if (valueEnd - value === 7 && nameIs(content, value, "chunked")) {
          block.chunked = true;
        } else {
          const codings = block.value(index).toLowerCase().split(",");
          // RFC 9112 6.3: chunked must be last, and only once; 6.1: a coding that is not understood: 501.
          const final = codings.map((coding) => coding.trim());
          if (final.indexOf("chunked") !== final.length - 1 || final.length === 1) return REFUSALS.transferEncoding;
          unknownCoding = true;
        }
        break;
      default:
        break;
    }
  }
  if (transferEncodings > 0 && block.contentLength >= 0) return REFUSALS.bothFramings;
  if (unknownCoding) return REFUSALS.transferCodingUnknown;
  block.plain = block.hostIndex >= 0 && !block.chunked && block.contentLength <= 0 && !block.close;
  return undefined;
}

function parseConnection(block: HeaderBlock, index: number): void {
  for (const option of block.value(index).toLowerCase().split(",")) {
    const name = option.trim();
    if (name === "close") block.close = true;
    else if (name === "keep-alive") block.keepAlive = true;
    else if (name === "upgrade") block.upgrade = true;
  }
}

/** 1*DIGIT, at most 15 of them so that the value stays exact; -1 otherwise. */
function parseDecimal(from: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > 15) return -1;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = from[at]! - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}
