import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/http/limits.ts";
import { BODY, END, FAILED, HEAD, NEED_MORE } from "../../src/http/message-parser.ts";
import { ResponseParser } from "../../src/http/response-parser.ts";
import { latin1, text } from "./events.ts";

const LIMITS = { ...DEFAULT_LIMITS, maxBody: Number.POSITIVE_INFINITY };

/** What a parser makes of responses that arrive cut at `cuts`, and of the connection's end behind them. */
function eventsOf(input: Uint8Array, cuts: readonly number[] = [], method = "GET"): string[] {
  const parser = new ResponseParser(LIMITS);
  parser.expect(method);
  const events: string[] = [];
  let content = "";
  let at = 0;
  const flush = () => {
    if (content !== "") events.push(`content ${content}`);
    content = "";
  };
  for (const end of [...cuts, input.length]) {
    const window = new Uint8Array(end - at + 8);
    for (;;) {
      window.fill(0x0a);
      window.set(input.subarray(at, end), 3);
      const event = parser.parse(window, 3, 3 + end - at);
      at += parser.next - 3;
      if (event === NEED_MORE) break;
      if (event === BODY) {
        content += text(window.subarray(parser.dataStart, parser.dataEnd));
        continue;
      }
      flush();
      if (event === HEAD) {
        const reason = text(window.subarray(parser.reasonStart, parser.reasonEnd));
        events.push(`${parser.status} ${reason} ${parser.headers.count} ${parser.hasBody} ${parser.keepAlive}`);
      } else if (event === END) {
        events.push(`end ${parser.trailers.count}`);
      } else if (event === FAILED) {
        return [...events, `refused ${parser.refusal?.code}`];
      }
    }
  }
  flush();
  return [...events, parser.endsHere() && at === input.length ? "closed" : "cut short"];
}

const CASES: readonly (readonly [name: string, input: string, events: readonly string[], method?: string])[] = [
  [
    "by length",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    ["200 OK 1 true true", "content abc", "end 0", "closed"],
  ],
  ["no length", "HTTP/1.1 200 OK\r\n\r\nabc", ["200 OK 0 true false", "content abc", "closed"]],
  ["no length, no content", "HTTP/1.1 200 OK\r\n\r\n", ["200 OK 0 true false", "closed"]],
  ["length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ["200 OK 1 false true", "closed"]],
  [
    "chunks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nab\r\n1\r\nc\r\n0\r\nT: x\r\n\r\n",
    ["200 OK 1 true true", "content abc", "end 1", "closed"],
  ],
  [
    "to HEAD",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
    ["200 OK 1 false true", "204 No 0 false true", "closed"],
    "HEAD",
  ],
  ["304 with a length", "HTTP/1.1 304 Same\r\nContent-Length: 3\r\n\r\n", ["304 Same 1 false true", "closed"]],
  [
    "interim",
    "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 204 \r\n\r\n",
    ["103 Early 1 false true", "204  0 false true", "closed"],
  ],
  ["no reason, no space", "HTTP/1.1 204\r\n\r\n", ["204  0 false true", "closed"]],
  ["a reason that is not ASCII", "HTTP/1.1 204 \xe9\t\r\n\r\n", ["204 \xe9\t 0 false true", "closed"]],
  ["HTTP/1.0", "HTTP/1.0 204 No\r\n\r\n", ["204 No 0 false false", "closed"]],
  ["HTTP/1.0 that stays", "HTTP/1.0 204 No\r\nConnection: keep-alive\r\n\r\n", ["204 No 1 false true", "closed"]],
  ["close", "HTTP/1.1 204 No\r\nConnection: close\r\n\r\n", ["204 No 1 false false", "closed"]],
  ["cut in the head", "HTTP/1.1 204 No\r\nConn", ["cut short"]],
  [
    "cut in the content",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
    ["200 OK 1 true true", "content ab", "cut short"],
  ],
  [
    "cut before the last chunk",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    ["200 OK 1 true true", "content a", "cut short"],
  ],
  ["a control byte in the reason", "HTTP/1.1 200 \x01\r\n\r\n", ["refused control-byte"]],
  ["lower case", "http/1.1 200 OK\r\n\r\n", ["refused status-line"]],
  ["no space behind the status", "HTTP/1.1 2000 OK\r\n\r\n", ["refused status-line"]],
  ["two spaces", "HTTP/1.1  200 OK\r\n\r\n", ["refused status-line"]],
  [
    "both framings of a 204",
    "HTTP/1.1 204 No\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ["refused content-length-and-transfer-encoding"],
  ],
];

describe("responses", () => {
  test.each(CASES.map(([name, input, events, method = "GET"]) => [name, input, events, method] as const))(
    "%s",
    (_name, input, events, method) => {
      expect(eventsOf(latin1(input), [], method)).toEqual(events);
    },
  );

  test("every split point of every case gives the same events", () => {
    for (const [, input, events, method] of CASES) {
      for (let cut = 1; cut < input.length; cut++) expect(eventsOf(latin1(input), [cut], method)).toEqual(events);
    }
  });

  test("any bytes behind a good beginning end in the same events however they are cut", () => {
    const beginning = fc.constantFrom(
      "",
      "HTTP/1.1 ",
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    const part = fc.constantFrom(
      "\r\n",
      "\r",
      "\n",
      "0",
      "1",
      ":",
      " ",
      "a",
      "Content-Length: ",
      "\0",
      "HTTP/1.1 204 No\r\n\r\n",
      "5;",
    );
    fc.assert(
      fc.property(beginning, fc.array(part, { maxLength: 12 }), fc.nat(100), (start, parts, cut) => {
        const input = latin1(start + parts.join(""));
        if (cut > 0 && cut < input.length) expect(eventsOf(input, [cut])).toEqual(eventsOf(input));
      }),
      { numRuns: 2000 },
    );
  });
});
