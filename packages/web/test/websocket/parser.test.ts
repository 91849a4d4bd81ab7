import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { close, eventsOf, type FrameOptions, frame, join } from "./frames.ts";

const bytes = (text: string) => Uint8Array.from(text, (unit) => unit.charCodeAt(0));
const fragments = (payload: Uint8Array, size: number, opcode = 1) => {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += size) {
    parts.push(
      frame(payload.slice(at, at + size), { opcode: at === 0 ? opcode : 0, fin: at + size >= payload.length }),
    );
  }
  return join(parts);
};
const first = (payload: string, opcode = 1) => frame(payload, { opcode, fin: false });
const next = (payload: string, fin = true) => frame(payload, { opcode: 0, fin });
const ping = (payload = "") => frame(payload, { opcode: 9 });

/** Named after the sections of the Autobahn test suite, whose subjects these are. */
const CASES: readonly (readonly [name: string, input: Uint8Array, events: readonly string[]])[] = [
  // 1: frames of every length form
  ["1.1 text of 0 bytes", frame(""), ["text "]],
  ...[1, 125, 126, 127, 128, 65_535, 65_536].flatMap((size) => [
    [`1.1 text of ${size} bytes`, frame("*".repeat(size)), [`text ${"*".repeat(size)}`]] as const,
    [
      `1.2 binary of ${size} bytes`,
      frame("\xfe".repeat(size), { opcode: 2 }),
      [`binary ${Buffer.from("\xfe".repeat(size)).toString("latin1")}`],
    ] as const,
  ]),
  ["1.2 binary of 0 bytes", frame("", { opcode: 2 }), ["binary "]],
  ["a length of 16 bits that fits 7", frame("abc", { form: 16 }), ["failed 1002"]],
  ["a length of 64 bits that fits 16", frame("abc", { form: 64 }), ["failed 1002"]],
  ["a length with its highest bit set", frame("", { claim: 1n << 63n, form: 64 }), ["failed 1002"]],
  ["a length above every limit", frame("", { claim: (1n << 63n) - 1n, form: 64 }), ["failed 1009"]],
  // 2: pings and pongs
  ["2.1 ping without payload", ping(), ["ping"]],
  ["2.3 ping with bytes", frame(bytes("\x00\xff\xfe"), { opcode: 9 }), ["ping \x00\xff\xfe"]],
  ["2.4 ping of 125 bytes", ping("p".repeat(125)), [`ping ${"p".repeat(125)}`]],
  ["2.5 ping of 126 bytes", ping("p".repeat(126)), ["failed 1002"]],
  ["2.7 unasked pong", frame("x", { opcode: 10 }), ["pong x"]],
  [
    "2.10 ten pings",
    join(Array.from({ length: 10 }, (_, at) => ping(`${at}`))),
    Array.from({ length: 10 }, (_, at) => `ping ${at}`),
  ],
  // 3: reserved bits
  ...[1, 2, 3, 4, 5, 6, 7].map(
    (rsv) => [`3.${rsv} reserved bits`, join([frame("ok"), frame("x", { rsv })]), ["text ok", "failed 1002"]] as const,
  ),
  // 4: reserved opcodes
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode) => [`4 opcode ${opcode}`, frame("", { opcode }), ["failed 1002"]] as const,
  ),
  // 5: fragments
  ["5.1 a fragmented ping", join([frame("a", { opcode: 9, fin: false }), next("b")]), ["failed 1002"]],
  ["5.2 a fragmented pong", frame("a", { opcode: 10, fin: false }), ["failed 1002"]],
  ["a fragmented close", frame("", { opcode: 8, fin: false }), ["failed 1002"]],
  ["5.3 two fragments", join([first("frag"), next("ment")]), ["text fragment"]],
  ["5.6 a ping between fragments", join([first("frag"), ping("p"), next("ment")]), ["ping p", "text fragment"]],
  ["5.9 a continuation of nothing", join([next("x"), frame("y")]), ["failed 1002"]],
  ["5.12 a continuation of nothing that is not final", next("x", false), ["failed 1002"]],
  ["5.15 a continuation behind a whole message", join([first("a"), next("b"), next("c")]), ["text ab", "failed 1002"]],
  ["5.18 a message inside another", join([first("a"), frame("b")]), ["failed 1002"]],
  [
    "5.19 many fragments with pings",
    join([first("1"), next("2", false), ping("x"), next("3", false), next("4", false), ping("y"), next("5")]),
    ["ping x", "ping y", "text 12345"],
  ],
  ["binary in fragments", join([first("ab", 2), next("", false), next("cd")]), ["binary abcd"]],
  ["empty fragments only", join([first(""), next("", false), next("")]), ["text "]],
  // 6: UTF-8
  ["6.2 valid text", frame("Hello-µ@ßöäüàá-UTF-8!!"), ["text Hello-µ@ßöäüàá-UTF-8!!"]],
  ["6.2 valid text, a byte a fragment", fragments(new Uint8Array(Buffer.from("κόσμε-€-𐍈")), 1), ["text κόσμε-€-𐍈"]],
  ["6.3 a surrogate", frame(bytes("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited")), ["failed 1007"]],
  [
    "6.4 broken in a later fragment",
    join([
      frame(bytes("\xce\xba\xe1\xbd\xb9"), { fin: false }),
      frame(bytes("\xf4\x90\x80\x80"), { opcode: 0, fin: false }),
    ]),
    ["failed 1007"],
  ],
  ["6.6 incomplete at the end", frame(bytes("\xce\xba\xe1\xbd")), ["failed 1007"]],
  ...[
    "\x80",
    "\xbf",
    "\xc0\xaf",
    "\xc1\xbf",
    "\xe0\x9f\xbf",
    "\xf0\x8f\xbf\xbf",
    "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80",
    "\xfe",
    "\xff",
    "\xed\xbf\xbf",
    "\xe2\x28\xa1",
    "\xc3",
  ].map(
    (text) =>
      [
        `6 not UTF-8: ${Buffer.from(text, "latin1").toString("hex")}`,
        frame(bytes(`a${text}`)),
        ["failed 1007"],
      ] as const,
  ),
  ...[
    "\u0000",
    "\u007f",
    "\u0080",
    "\u07ff",
    "\u0800",
    "\uffff",
    "\ufffd",
    "\u{10000}",
    "\u{10ffff}",
    "\ufeff",
    "\ufffe",
  ].map((text) => [`6 UTF-8: U+${text.codePointAt(0)!.toString(16)}`, frame(text), [`text ${text}`]] as const),
  // 7: closing
  ["7.1 nothing is read behind a close", join([close(1000), frame("late")]), ["close 1000"]],
  ["7.3.1 a close without a code", close(), ["close 1005"]],
  ["7.3.2 a close of one byte", frame("x", { opcode: 8 }), ["failed 1002"]],
  ["7.3.4 a close with a reason", close(1000, "done €"), ["close 1000 done €"]],
  ["7.3.5 a reason of 123 bytes", close(1000, "r".repeat(123)), [`close 1000 ${"r".repeat(123)}`]],
  ["7.3.6 a reason of 124 bytes", close(1000, "r".repeat(124)), ["failed 1002"]],
  ["7.5.1 a reason that is not UTF-8", close(1000, bytes("\xce")), ["failed 1007"]],
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code) => [`7.7 code ${code}`, close(code), [`close ${code}`]] as const,
  ),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map(
    (code) => [`7.9 code ${code}`, close(code), ["failed 1002"]] as const,
  ),
  // RFC 6455 5.1
  ["a frame without a mask", frame("x", { mask: null }), ["failed 1002"]],
  ["a mask of zeros", frame("x", { mask: [0, 0, 0, 0] }), ["text x"]],
];

describe("frames", () => {
  test.each(CASES)("%s", (_name, input, events) => {
    expect(eventsOf(input).map((event) => event.trimEnd())).toEqual(events.map((event) => event.trimEnd()));
  });

  test("every split point of every case gives the same events", () => {
    for (const [, input] of CASES) {
      if (input.length > 1000) continue;
      const whole = eventsOf(input);
      for (let cut = 1; cut < input.length; cut++) expect(eventsOf(input, [cut])).toEqual(whole);
    }
  });

  test("limits hold for frames and for messages, by what is announced", () => {
    const limits = { maxMessage: 10, maxFrame: 6 };
    expect(eventsOf(frame("123456"), [], limits)).toEqual(["text 123456"]);
    expect(eventsOf(frame("1234567"), [], limits)).toEqual(["failed 1009"]);
    expect(eventsOf(frame("1234567").slice(0, 6), [], limits)).toEqual(["failed 1009"]);
    expect(eventsOf(join([first("12345"), next("12345")]), [], limits)).toEqual(["text 1234512345"]);
    expect(eventsOf(join([first("12345"), next("123456")]), [], limits)).toEqual(["failed 1009"]);
  });
});

describe("frames: properties", () => {
  const payload = fc.uint8Array({ maxLength: 300 });
  const message = fc.record({
    text: fc.boolean(),
    payload,
    unicode: fc.string({ unit: "binary", maxLength: 100 }),
    size: fc.integer({ min: 1, max: 150 }),
    mask: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)),
  });

  test("messages, however fragmented and cut, come out as they went in", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(2000), { maxLength: 8 }), (messages, cuts) => {
        const parts: Uint8Array[] = [];
        const expected: string[] = [];
        for (const { text, payload, unicode, size, mask } of messages) {
          const content = text ? new Uint8Array(Buffer.from(unicode)) : payload;
          const options: FrameOptions = { opcode: text ? 1 : 2, mask };
          if (content.length === 0) parts.push(frame(content, options));
          for (let at = 0; at < content.length; at += size) {
            parts.push(
              frame(content.slice(at, at + size), {
                ...options,
                opcode: at === 0 ? options.opcode! : 0,
                fin: at + size >= content.length,
              }),
            );
            if (at % 2 === 1) {
              parts.push(ping("p"));
              if (at + size < content.length) expected.push("ping p");
              else
                expected.push(
                  text ? `text ${Buffer.from(content)}` : `binary ${Buffer.from(content).toString("latin1")}`,
                  "ping p",
                );
            } else if (at + size >= content.length)
              expected.push(
                text ? `text ${Buffer.from(content)}` : `binary ${Buffer.from(content).toString("latin1")}`,
              );
          }
          if (content.length === 0) expected.push(text ? "text " : "binary ");
        }
        const input = join(parts);
        const sorted = [...new Set(cuts.filter((cut) => cut < input.length))].sort((a, b) => a - b);
        expect(eventsOf(input, sorted)).toEqual(expected);
      }),
    );
  });

  test("any bytes at all end in events, the same ones however they are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (input, cut) => {
        // A mask bit makes more of it valid.
        if (input.length > 1) input[1] = input[1]! | 0x80;
        expect(eventsOf(input, cut < input.length ? [cut] : [])).toEqual(eventsOf(input));
      }),
      { numRuns: 1000 },
    );
  });

  test("text is taken exactly when Node's own decoder takes it", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const unit = fc.constantFrom(
      0x41,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xbb,
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), fc.nat(20), (units, cut) => {
        const content = Uint8Array.from(units);
        let expected = "failed 1007";
        try {
          expected = `text ${decoder.decode(content)}`;
        } catch {}
        const input = frame(content);
        expect(eventsOf(input, cut < input.length ? [cut] : [])).toEqual([expected]);
      }),
      { numRuns: 2000 },
    );
  });
});
