import { createDnsMessage, type DnsMessage, emitDns, lowerName, parseDns } from "@soloist/net/dns";

/** Bytes that we take in a datagram: what fits every path without fragments (1,280 bytes of IPv6 less its headers). */
const UDP_SIZE = 1232;
const MAX_QUERY = 512;

/** A question on its way. */
export interface Sent {
  readonly id: number;
  /** With its letters in random case, which the answer has to repeat: bits that a forger has to guess. */
  readonly name: string;
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Each letter in upper or lower case, as the bits of `random()` (32 of them) say. */
export function randomCase(name: string, random: () => number): string {
  let bits = 0;
  let left = 0;
  let mixed = "";
  // Not the escapes of bytes: `\\DDD` has digits only.
  for (const letter of name) {
    if (left === 0) {
      bits = random();
      left = 32;
    }
    mixed += (bits & 1) === 1 ? letter.toUpperCase() : letter;
    bits >>>= 1;
    left--;
  }
  return mixed;
}

/** `undefined`: `name` is none. */
export function createQuestion(
  name: string,
  type: number,
  recursion: boolean,
  edns: boolean,
  random: () => number,
): Sent | undefined {
  const message = createDnsMessage();
  message.id = random() & 0xffff;
  message.recursionDesired = recursion;
  message.udpSize = edns ? UDP_SIZE : 0;
  const mixed = randomCase(name, random);
  message.questions = [{ name: mixed, type, class: 1 }];
  const into = new Uint8Array(MAX_QUERY);
  const length = emitDns(into, 0, message);
  return length < 0 ? undefined : { id: message.id, name: mixed, type, bytes: into.slice(0, length) };
}

/** The answer to `sent`; "case": it would be, but for its letters; `undefined`: something else, or broken. */
export function readReply(bytes: Uint8Array, sent: Sent): DnsMessage | "case" | undefined {
  const message = parseDns(bytes, 0, bytes.length);
  if (message === undefined || !message.response || message.opcode !== 0 || message.id !== sent.id) return undefined;
  const [question, ...others] = message.questions;
  if (question === undefined) {
    // Servers that cannot read a query may send its head back alone.
    return message.rcode !== 0 ? message : undefined;
  }
  if (others.length > 0 || question.type !== sent.type || question.class !== 1) return undefined;
  if (question.name === sent.name) return message;
  return lowerName(question.name) === lowerName(sent.name) ? "case" : undefined;
}
