import { type FrameLimits, FrameParser, MORE } from "../../src/websocket/parser.ts";

export interface FrameOptions {
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly mask?: readonly number[] | null;
  /** Spells the length in this form, however long it is. */
  readonly form?: 7 | 16 | 64;
  /** Says this length instead of the payload's own. */
  readonly claim?: number | bigint;
}

/** A frame as a client sends it, or would if it broke the rules. */
export function frame(payload: string | Uint8Array, options: FrameOptions = {}): Uint8Array {
  const data = typeof payload === "string" ? Buffer.from(payload) : payload;
  const { opcode = 1, fin = true, rsv = 0, mask = [0x12, 0xfe, 0x80, 0x7f], claim = data.length } = options;
  const form = options.form ?? (claim < 126 ? 7 : claim < 65_536 ? 16 : 64);
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const masked = mask === null ? 0 : 0x80;
  if (form === 7) head.push(masked | Number(claim));
  else {
    head.push(masked | (form === 16 ? 126 : 127));
    for (let bit = form - 8; bit >= 0; bit -= 8) head.push(Number((BigInt(claim) >> BigInt(bit)) & 0xffn));
  }
  if (mask !== null) head.push(...mask);
  const bytes = new Uint8Array(head.length + data.length);
  bytes.set(head);
  for (let at = 0; at < data.length; at++) bytes[head.length + at] = data[at]! ^ (mask?.[at & 3] ?? 0);
  return bytes;
}

export function close(code?: number, reason: string | Uint8Array = ""): Uint8Array {
  if (code === undefined) return frame("", { opcode: 8 });
  return frame(join([Uint8Array.of(code >> 8, code & 255), Buffer.from(reason)]), { opcode: 8 });
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** What a parser says of an input that arrives in these pieces, each in a window of its own at an odd offset. */
export function eventsOf(input: Uint8Array, cuts: readonly number[] = [], limits?: FrameLimits): string[] {
  const parser = new FrameParser(limits);
  const events: string[] = [];
  const ends = [...cuts, input.length];
  let from = 0;
  for (const end of ends) {
    const window = new Uint8Array(end - from + 3);
    window.set(input.subarray(from, end), 3);
    let at = 3;
    for (;;) {
      const event = parser.parse(window, at, window.length);
      at = parser.next;
      if (event === MORE) break;
      const { message } = parser;
      if (event === 1)
        events.push(
          typeof message === "string" ? `text ${message}` : `binary ${Buffer.from(message).toString("latin1")}`,
        );
      else if (event <= 3)
        events.push(`${event === 2 ? "ping" : "pong"} ${Buffer.from(parser.payload).toString("latin1")}`);
      else {
        events.push(event === 4 ? `close ${parser.code} ${parser.reason}`.trim() : `failed ${parser.code}`);
        return events;
      }
    }
    from = end;
  }
  return events;
}
