/** Bytes of a string in UTF-8; -1 for a lone surrogate, which UTF-8 cannot express. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) length++;
    else if (unit < 0x800) length += 2;
    else if (unit < 0xd800 || unit > 0xdfff) length += 3;
    else {
      const low = text.charCodeAt(index + 1);
      if (unit > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return -1;
      length += 4;
      index++;
    }
  }
  return length;
}

/** Writes a string that has no lone surrogate, and returns the offset behind it. */
export function emitUtf8(text: string, into: Uint8Array, offset: number): number {
  let at = offset;
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index)!;
    if (point < 0x80) {
      into[at++] = point;
    } else if (point < 0x800) {
      into[at++] = 0xc0 | (point >> 6);
      into[at++] = 0x80 | (point & 63);
    } else if (point < 0x10000) {
      into[at++] = 0xe0 | (point >> 12);
      into[at++] = 0x80 | ((point >> 6) & 63);
      into[at++] = 0x80 | (point & 63);
    } else {
      into[at++] = 0xf0 | (point >> 18);
      into[at++] = 0x80 | ((point >> 12) & 63);
      into[at++] = 0x80 | ((point >> 6) & 63);
      into[at++] = 0x80 | (point & 63);
      index++;
    }
  }
  return at;
}

/** Reads what {@link emitUtf8} wrote; a checksum has vouched for the bytes. */
export function parseUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; ) {
    const first = bytes[at]!;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      at += 1;
    } else if (first < 0xe0) {
      text += String.fromCharCode(((first & 31) << 6) | (bytes[at + 1]! & 63));
      at += 2;
    } else if (first < 0xf0) {
      text += String.fromCharCode(((first & 15) << 12) | ((bytes[at + 1]! & 63) << 6) | (bytes[at + 2]! & 63));
      at += 3;
    } else {
      const high = ((first & 7) << 18) | ((bytes[at + 1]! & 63) << 12);
      text += String.fromCodePoint(high | ((bytes[at + 2]! & 63) << 6) | (bytes[at + 3]! & 63));
      at += 4;
    }
  }
  return text;
}
