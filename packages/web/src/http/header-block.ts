import { bytes } from "../bytes.ts";

/**
 * A header section as it arrived, checked but not decoded. Immutable: requests with the same bytes share one, and a
 * request that outlives its connection keeps it.
 */
export class HeaderBlock {
  /** From the first field line to the empty line that ends the section, both included. */
  readonly bytes: Uint8Array;
  /** How many these are: as a field, since the length of a typed array is a getter. */
  readonly length: number;
  /** Four offsets in `bytes` a field line: name, end of name, value, end of value. */
  readonly offsets: Uint32Array;

  // What decides how a message is framed and answered; filled in by the parser once.
  /** -1: none. */
  contentLength = -1;
  chunked = false;
  /** The Connection options (RFC 9110 7.6.1). */
  close = false;
  keepAlive = false;
  upgrade = false;
  expectContinue = false;
  /** Whether there is a Host field, and its index. */
  hostIndex = -1;
  /** Nothing above asks for anything: a Host, no content, the connection stays. Most requests are so. */
  plain = false;

  #names: readonly string[] | undefined = undefined;
  #conditional: boolean | undefined = undefined;
  #host: string | undefined = undefined;

  constructor(content: Uint8Array, offsets: Uint32Array) {
    this.bytes = content;
    this.length = content.length;
    this.offsets = offsets;
  }

  /** Number of field lines. */
  get count(): number {
    return this.offsets.length >> 2;
  }

  /** Name of a field line, in lower case. */
  name(index: number): string {
    return this.#allNames()[index]!;
  }

  /** Value of a field line, one UTF-16 unit a byte. */
  value(index: number): string {
    const at = (index << 2) + 2;
    const start = this.offsets[at]!;
    return bytes.latin1Decode(this.bytes, start, this.offsets[at + 1]! - start);
  }

  /** Index of the first field line from `from` on with this lower-case name, or -1. */
  find(name: string, from: number): number {
    return this.#allNames().indexOf(name, from);
  }

  /** Host as `normal` makes it of the field's value; empty without one. Made once: a block serves many requests. */
  host(normal: (value: string) => string): string {
    this.#host ??= this.hostIndex < 0 ? "" : normal(this.value(this.hostIndex));
    return this.#host;
  }

  /** Whether a field asks for less than all of what there is: a condition (RFC 9110 13.1) or a range. */
  get conditional(): boolean {
    this.#conditional ??= this.#allNames().some((name) => name === "range" || name.startsWith("if-"));
    return this.#conditional;
  }

  /** Decoded on first use: a block serves many requests, and a search of strings takes a tenth of one of bytes. */
  #allNames(): readonly string[] {
    let names = this.#names as string[] | undefined;
    if (names === undefined) {
      names = [];
      const offsets = this.offsets;
      for (let at = 0; at < offsets.length; at += 4) {
        const start = offsets[at]!;
        names.push(bytes.latin1Decode(this.bytes, start, offsets[at + 1]! - start).toLowerCase());
      }
      this.#names = names;
    }
    return names;
  }

  /** All values with this lower-case name, combined by ", " (RFC 9110 5.3); `null` when there is none. */
  get(name: string): string | null {
    let index = this.find(name, 0);
    if (index < 0) return null;
    let combined = this.value(index);
    for (index = this.find(name, index + 1); index >= 0; index = this.find(name, index + 1)) {
      combined += separator(name) + this.value(index);
    }
    return combined;
  }
}

/** What stands between the values of a name (RFC 9110 5.3). A comma would become part of a cookie (RFC 6265 4.2.1). */
export function separator(name: string): string {
  return name === "cookie" ? "; " : ", ";
}

/** Whether the bytes at `start` spell `name`, which is in lower case, whatever their own case. */
export function nameIs(from: Uint8Array, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const byte = from[start + index]!;
    const lower = byte >= 65 && byte <= 90 ? byte | 32 : byte;
    if (lower !== name.charCodeAt(index)) return false;
  }
  return true;
}
