import type { Limits } from "../../src/http/limits.ts";
import { BODY, END, FAILED, HEAD, NEED_MORE } from "../../src/http/message-parser.ts";
import { RequestParser } from "../../src/http/request-parser.ts";

/** One character a byte. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function text(bytes: Uint8Array): string {
  // Not TextDecoder: its "latin1" is windows-1252.
  return Buffer.from(bytes).toString("latin1");
}

/**
 * What a parser makes of `input` when it arrives cut at `cuts`. Pieces of content are joined, since where content is cut is
 * the one thing that may differ.
 */
export function eventsOf(input: Uint8Array, cuts: readonly number[] = [], limits?: Limits): string[] {
  const parser = new RequestParser(limits);
  const events: string[] = [];
  let content = "";
  let at = 0;
  for (const end of [...cuts, input.length]) {
    // A window of its own with noise around it: the parser must not look outside.
    const window = new Uint8Array(end - at + 8).fill(0x0a);
    for (;;) {
      window.fill(0x0a);
      window.set(input.subarray(at, end), 3);
      const event = parser.parse(window, 3, 3 + end - at);
      at += parser.next - 3;
      if (event === NEED_MORE) break;
      if (event === BODY) {
        const start = parser.dataStart;
        content += text(window.subarray(start, parser.dataEnd));
        continue;
      }
      if (content !== "") events.push(`content ${JSON.stringify(content)}`);
      content = "";
      if (event === HEAD) {
        const target = text(window.subarray(parser.targetStart, parser.targetEnd));
        const fields: string[] = [];
        for (let index = 0; index < parser.headers.count; index++) {
          fields.push(`${parser.headers.name(index)}=${parser.headers.value(index)}`);
        }
        events.push(`${parser.method} ${target} 1.${parser.minorVersion} [${fields.join("|")}] body=${parser.hasBody}`);
      } else if (event === END) {
        events.push(`end ${parser.received} trailers=${parser.trailers.count}`);
      } else if (event === FAILED) {
        events.push(`refused ${parser.refusal?.status} ${parser.refusal?.code}`);
        return events;
      }
    }
  }
  if (content !== "") events.push(`content ${JSON.stringify(content)}`);
  return events;
}
