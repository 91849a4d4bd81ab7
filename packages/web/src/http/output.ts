import { bytes } from "../bytes.ts";

/** Bytes that a server's connections share to build what they send next; a turn of a connection empties it. */
const CAPACITY = 64 * 1024;

/** Bodies of bytes above this size are sent from where they are, without a copy. */
export const COPY_LIMIT = 16 * 1024;

/**
 * Where responses are put together: a buffer that grows when it must, and behind it at most one large body that is sent from
 * where it is.
 */
export class Output {
  buffer: Uint8Array<ArrayBuffer> = new Uint8Array(CAPACITY);
  /** Bytes that `buffer` holds: as a field, since the length of a typed array is a getter. */
  capacity = CAPACITY;
  /** Bytes of `buffer` in use. */
  length = 0;
  /** Sent behind the buffer. Nothing may be appended before it was. */
  tail: Uint8Array | undefined = undefined;

  /** Whether it is time to send before building more. */
  get full(): boolean {
    return this.length > CAPACITY / 2 || this.tail !== undefined;
  }

  get empty(): boolean {
    return this.length === 0 && this.tail === undefined;
  }

  clear(): void {
    this.length = 0;
    this.tail = undefined;
    if (this.capacity > CAPACITY) this.#use(new Uint8Array(CAPACITY));
  }

  /** Makes room for `size` more bytes. */
  ensure(size: number): void {
    const needed = this.length + size;
    if (needed <= this.capacity) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.capacity));
    larger.set(this.buffer.subarray(0, this.length));
    this.#use(larger);
  }

  #use(buffer: Uint8Array<ArrayBuffer>): void {
    this.buffer = buffer;
    this.capacity = buffer.length;
  }

  /** Appends text as UTF-8. */
  text(text: string): void {
    this.ensure(3 * text.length);
    this.length += bytes.utf8Encode(text, this.buffer, this.length);
  }

  /** Appends text of one byte a character, as header fields are: U+0080 to U+00FF are not UTF-8 there. */
  latin1(text: string): void {
    this.ensure(3 * text.length);
    const start = this.length;
    const length = bytes.utf8Encode(text, this.buffer, start);
    if (length !== text.length) {
      for (let index = 0; index < text.length; index++) this.buffer[start + index] = text.charCodeAt(index);
    }
    this.length = start + text.length;
  }

  bytes(content: Uint8Array): void {
    this.ensure(content.length);
    bytes.copy(this.buffer, this.length, content, 0, content.length);
    this.length += content.length;
  }
}
