import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { portableBytes, useBytes } from "../../src/bytes.ts";
import { DEFAULT_LIMITS } from "../../src/http/limits.ts";
import { FAILED, HEAD, NEED_MORE } from "../../src/http/message-parser.ts";
import { RequestParser } from "../../src/http/request-parser.ts";
import { eventsOf, latin1 } from "./events.ts";

const parse = (input: string, limits = {}) => eventsOf(latin1(input), [], { ...DEFAULT_LIMITS, ...limits });

describe("parser: requests", () => {
  test("a GET with fields gives its parts", () => {
    expect(parse("GET /hello/Ada?x=1 HTTP/1.1\r\nHost: a:80\r\nX-Two:  b c\t \r\nEmpty:\r\n\r\n")).toEqual([
      "GET /hello/Ada?x=1 1.1 [host=a:80|x-two=b c|empty=] body=false",
    ]);
  });

  test("pipelined requests come one after another, remembered header sections or not", () => {
    const head = (path: string, host: string) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    expect(parse(head("/1", "a") + head("/2", "a") + head("/3", "b") + head("/4", "a"))).toEqual([
      "GET /1 1.1 [host=a] body=false",
      "GET /2 1.1 [host=a] body=false",
      "GET /3 1.1 [host=b] body=false",
      "GET /4 1.1 [host=a] body=false",
    ]);
  });

  test("a remembered section that is a prefix of the next one does not end it", () => {
    const input = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    expect(parse(input)).toEqual(["GET / 1.1 [host=a] body=false", "GET / 1.1 [host=a|x=y] body=false"]);
  });

  test("content by length, and the request behind it", () => {
    expect(
      parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ).toEqual([
      "POST / 1.1 [host=a|content-length=5] body=true",
      'content "hello"',
      "end 5 trailers=0",
      "GET / 1.1 [host=a] body=false",
    ]);
  });

  test("chunked content with extensions and trailers (RFC 9112 7.1)", () => {
    const input =
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;a="b;c"\r\nhello\r\n0A ;x\r\n0123456789\r\n00\r\nDigest: x\r\n\r\n';
    expect(parse(input)).toEqual([
      "POST / 1.1 [host=a|transfer-encoding=Chunked] body=true",
      'content "hello0123456789"',
      "end 15 trailers=1",
    ]);
  });

  test("one empty line before a request is skipped (RFC 9112 2.2), a second is not", () => {
    expect(parse("\r\nGET / HTTP/1.0\r\n\r\n")).toEqual(["GET / 1.0 [] body=false"]);
    expect(parse("\r\n\r\nGET / HTTP/1.0\r\n\r\n")).toEqual(["refused 400 request-line"]);
  });

  test.each([
    ["OPTIONS * HTTP/1.1", "OPTIONS * 1.1"],
    ["GET http://example.org:8080/x?y HTTP/1.1", "GET http://example.org:8080/x?y 1.1"],
    ["PURGE /x HTTP/1.1", "PURGE /x 1.1"],
    ["GET / HTTP/1.2", "GET / 1.1"],
  ])("%s is taken", (line, start) => {
    expect(parse(`${line}\r\nHost: a\r\n\r\n`)[0]).toBe(`${start} [host=a] body=false`);
  });
});

describe("parser: limits are exact", () => {
  const limits = { maxRequestLine: 64, maxHeaderBytes: 80, maxHeaders: 3, maxBody: 10, maxChunkLine: 16 };

  test("request line: 414", () => {
    const line = (length: number) => `GET /${"x".repeat(length - 16)} HTTP/1.1\r\n`;
    expect(line(64).length).toBe(64);
    expect(parse(`${line(64)}Host: a\r\n\r\n`, limits)[0]).toMatch(/^GET/);
    expect(parse(`${line(65)}Host: a\r\n\r\n`, limits)).toEqual(["refused 414 request-line-too-long"]);
    expect(parse("x".repeat(64), limits)).toEqual(["refused 414 request-line-too-long"]);
    expect(parse("x".repeat(63), limits)).toEqual([]);
  });

  test("header section in bytes and lines: 431", () => {
    const section = (length: number) => `Host: a\r\nX: ${"y".repeat(length - 16)}\r\n\r\n`;
    expect(section(80).length).toBe(80);
    expect(parse(`GET / HTTP/1.1\r\n${section(80)}`, limits)[0]).toMatch(/^GET/);
    expect(parse(`GET / HTTP/1.1\r\n${section(81)}`, limits)).toEqual(["refused 431 headers-too-large"]);
    expect(parse("GET / HTTP/1.1\r\nHost: a\r\nB:\r\nC:\r\n\r\n", limits)[0]).toMatch(/^GET/);
    expect(parse("GET / HTTP/1.1\r\nHost: a\r\nB:\r\nC:\r\nD:\r\n\r\n", limits)).toEqual([
      "refused 431 too-many-headers",
    ]);
  });

  test("content by length and by chunks: 413", () => {
    const by = (length: number) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
    expect(parse(`${by(10)}0123456789`, limits)).toHaveLength(3);
    expect(parse(by(11), limits)).toEqual(["refused 413 body-too-large"]);
    const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(parse(`${chunked}8\r\n01234567\r\n3\r\n`, limits).at(-1)).toBe("refused 413 body-too-large");
    expect(parse(`${chunked}ffffffffffff\r\n`, limits).at(-1)).toBe("refused 413 body-too-large");
    expect(parse(`${chunked}0000000000001\r\n`, limits).at(-1)).toBe("refused 400 chunk-size");
    expect(parse(`${chunked}1;${"x".repeat(20)}\r\n`, limits).at(-1)).toBe("refused 400 chunk-line-too-long");
    expect(parse(`${chunked}0\r\nX: ${"y".repeat(80)}\r\n\r\n`, limits).at(-1)).toBe("refused 431 headers-too-large");
  });
});

// --- properties ---------------------------------------------------------------------------------------------------------

const SEEDS = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "\r\nHEAD /a%20b?c=d HTTP/1.0\r\nUser-Agent: x y z\r\nConnection: keep-alive, x\r\n\r\n",
  "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\nhello worldGET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n6;q=1\r\npedia \r\n0\r\nX: y\r\n\r\nGET /z HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: ab\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET http://a/b HTTP/1.1\r\nHost: a\r\nX:\ty\t\r\n\r\n",
  "GET / HTTP/1.1\nHost: a\n\n",
  "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
];

describe("parser: every split of an input gives the same events", () => {
  test.each(SEEDS)("every single cut of %j", (seed) => {
    const input = latin1(seed);
    const whole = eventsOf(input);
    expect(whole.length).toBeGreaterThan(0);
    for (let cut = 1; cut < input.length; cut++) expect(eventsOf(input, [cut])).toEqual(whole);
    expect(eventsOf(input, Array.from(input.keys()).slice(1))).toEqual(whole);
  });

  const TOKENS = [
    ..."GET POST HEAD / /a * HTTP/1.1 HTTP/1.0 HTTP/2.0 Host: Content-Length: Transfer-Encoding: Expect: Connection: X: chunked close 0 1 5 A 100-continue".split(
      " ",
    ),
    ..." \t\r\n:;,\0\x7f\xff#",
    "\r\n",
    "\r\n\r\n",
    "\n\n",
    "Host: a\r\n",
    "GET / HTTP/1.1\r\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
  ];
  const mutated = fc
    .record({
      seed: fc.constantFrom(...SEEDS),
      edits: fc.array(fc.record({ at: fc.nat(200), remove: fc.nat(6), insert: fc.constantFrom("", ...TOKENS) }), {
        maxLength: 4,
      }),
    })
    .map(({ seed, edits }) => {
      let text = seed;
      for (const { at, remove, insert } of edits) {
        const from = at % (text.length + 1);
        text = text.slice(0, from) + insert + text.slice(from + remove);
      }
      return text;
    });
  const assembled = fc.array(fc.constantFrom(...TOKENS), { maxLength: 30 }).map((tokens) => tokens.join(""));
  const limits = { maxRequestLine: 60, maxHeaderBytes: 90, maxHeaders: 4, maxBody: 12, maxChunkLine: 12 };

  test.each([
    ["mutated requests", mutated],
    ["strings of tokens", assembled],
  ])("%s, cut anywhere, with and without tight limits", (_name, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, fc.array(fc.nat(400), { maxLength: 6 }), fc.boolean(), (text, places, tight) => {
        const input = latin1(text);
        const used = tight ? limits : DEFAULT_LIMITS;
        const whole = eventsOf(input, [], used);
        const cuts = [...new Set(places.map((place) => place % (input.length + 1)))].sort((a, b) => a - b);
        expect(eventsOf(input, cuts, used)).toEqual(whole);
        expect(eventsOf(input, [...input.keys()], used)).toEqual(whole);
      }),
      { numRuns: 1500 },
    );
  });

  test("any bytes: it never throws, never reads outside, and stays refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
        const parser = new RequestParser();
        let at = 0;
        for (let turns = 0; turns < 1000; turns++) {
          const event = parser.parse(input, at, input.length);
          expect(parser.next).toBeGreaterThanOrEqual(at);
          expect(parser.next).toBeLessThanOrEqual(input.length);
          at = parser.next;
          if (event === NEED_MORE) return;
          if (event === FAILED) {
            expect(parser.parse(input, at, input.length)).toBe(FAILED);
            return;
          }
        }
        throw new Error("endless");
      }),
      { numRuns: 1000 },
    );
  });
});

test("parser: a header section that trickles in is searched once, not again for each byte", () => {
  let searched = 0;
  useBytes({
    ...portableBytes,
    findByte: (bytes, byte, offset, length) => {
      const found = portableBytes.findByte(bytes, byte, offset, length);
      searched += found < 0 ? length : found - offset;
      return found;
    },
  });
  try {
    const parser = new RequestParser();
    const line = "GET / HTTP/1.1\r\n";
    const input = latin1(`${line}Host: a\r\n${"X: y\r\n".repeat(90)}\r\n`);
    for (let end = 1; end < input.length; end++) expect(parser.parse(input, 0, end)).toBe(NEED_MORE);
    expect(parser.parse(input, 0, input.length)).toBe(HEAD);
    // Every byte: the end of the request line, which is at hand, and the line that is not complete.
    expect(searched).toBeLessThan(input.length * (3 * line.length));
  } finally {
    useBytes(portableBytes);
  }
});
