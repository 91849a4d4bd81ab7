import { deepStrictEqual, ok } from "node:assert/strict";
import type { FuzzOutcome, FuzzTarget } from "@soloist/testing";
import { parseCookies } from "../../src/cookies.ts";
import { parseParts } from "../../src/fetch/multipart.ts";
import { DEFAULT_LIMITS } from "../../src/http/limits.ts";
import { BODY, END, FAILED, HEAD, NEED_MORE } from "../../src/http/message-parser.ts";
import { parseRanges } from "../../src/http/ranges.ts";
import { ResponseParser } from "../../src/http/response-parser.ts";
import { HttpError } from "../../src/http-error.ts";
import { matchesEtag, parseQualities } from "../../src/negotiate.ts";
import { Query } from "../../src/query.ts";
import * as frames from "../../src/websocket/parser.ts";
import { eventsOf, latin1, text } from "../http/events.ts";

/** Small ones, so that they are reached. */
const LIMITS = {
  ...DEFAULT_LIMITS,
  maxRequestLine: 256,
  maxHeaderBytes: 512,
  maxHeaders: 12,
  maxBody: 300,
  maxChunkLine: 32,
};
const words = (...texts: readonly string[]): readonly Uint8Array[] => texts.map(latin1);

/** Where an input is cut depends on its own bytes. */
function cutsOf(input: Uint8Array): number[] {
  let sum = 0;
  for (const byte of input) sum = (sum * 31 + byte) | 0;
  const first = (sum >>> 0) % (input.length + 1);
  return [first, first + Math.floor((input.length - first) / 2)];
}

/** The kinds of events, and why something was refused, as numbers. */
const outcomeOf = (events: readonly string[]): FuzzOutcome =>
  events.map((event) => hash(/^(refused|failed) /.test(event) ? event : (/^[a-z]+/.exec(event)?.[0] ?? "head")));

function hash(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
  return sum & 0xff;
}

const request: FuzzTarget = {
  seeds: [
    "GET /hello/Ada?x=1 HTTP/1.1\r\nHost: a:80\r\nX-Two:  b c\t \r\nEmpty:\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n",
    'PUT http://a/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\n0\r\nDigest: x\r\n\r\n',
    "OPTIONS * HTTP/1.1\r\nHost: [::1]\r\nConnection: close, upgrade\r\nExpect: 100-continue\r\n\r\n",
  ].map(latin1),
  words: words(
    "\r\n",
    "\r\n\r\n",
    ": ",
    "chunked",
    "gzip, ",
    "Content-Length: ",
    "Transfer-Encoding: ",
    "Host: a\r\n",
    " HTTP/1.1\r\n",
    ",",
    "\t",
  ),
  run(input) {
    const whole = eventsOf(input, [], LIMITS);
    deepStrictEqual(eventsOf(input, cutsOf(input), LIMITS), whole, "what it says depends on how the bytes were cut");
    return outcomeOf(whole);
  },
};

/** As `eventsOf`, of a client. */
function responses(input: Uint8Array, cuts: readonly number[]): string[] {
  const parser = new ResponseParser(LIMITS);
  parser.expect("GET");
  const events: string[] = [];
  let content = "";
  let at = 0;
  for (const end of [...cuts, input.length]) {
    for (;;) {
      const window = new Uint8Array(end - at + 8).fill(0x0a);
      window.set(input.subarray(at, end), 3);
      const event = parser.parse(window, 3, 3 + end - at);
      ok(parser.next >= 3 && parser.next <= 3 + end - at, "it took more than there was");
      at += parser.next - 3;
      if (event === NEED_MORE) break;
      if (event === BODY) {
        content += text(window.subarray(parser.dataStart, parser.dataEnd));
        if (parser.dataStart === parser.dataEnd) break;
        continue;
      }
      if (content !== "") events.push(`content ${content}`);
      content = "";
      if (event === HEAD) events.push(`${parser.status} ${parser.headers.count} ${parser.hasBody} ${parser.keepAlive}`);
      else if (event === END) events.push(`end ${parser.received} ${parser.trailers.count}`);
      else if (event === FAILED) return [...events, `failed ${parser.refusal?.code}`];
    }
  }
  return [...events, content];
}

const response: FuzzTarget = {
  seeds: [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 304 Not Modified\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nuntil the end",
  ].map(latin1),
  words: words(
    "\r\n",
    "\r\n\r\n",
    "HTTP/1.1 ",
    "204",
    "chunked",
    "Content-Length: ",
    "Transfer-Encoding: ",
    "Connection: close",
  ),
  run(input) {
    const whole = responses(input, []);
    deepStrictEqual(responses(input, cutsOf(input)), whole, "what it says depends on how the bytes were cut");
    return outcomeOf(whole);
  },
};

/** A client's frame, masked with zeros. */
const frame = (first: number, payload: Uint8Array): Uint8Array =>
  Uint8Array.from([first, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);

function messages(input: Uint8Array, cuts: readonly number[]): string[] {
  const parser = new frames.FrameParser({ maxMessage: 300, maxFrame: 200 });
  const events: string[] = [];
  let at = 0;
  for (const end of [...cuts, input.length]) {
    for (let event = -1; at < end || event !== frames.MORE; ) {
      const window = input.slice(0, end);
      event = parser.parse(window, at, end);
      ok(parser.next >= at && parser.next <= end, "it took more than there was");
      at = parser.next;
      if (event === frames.MESSAGE) {
        const { message } = parser;
        events.push(typeof message === "string" ? `text ${message}` : `bytes ${text(message)}`);
      } else if (event === frames.PINGED || event === frames.PONGED) {
        events.push(`control ${event} ${text(parser.payload)}`);
      } else if (event !== frames.MORE) {
        return [...events, `end ${event} ${parser.code} ${event === frames.CLOSED ? parser.reason : ""}`];
      }
    }
  }
  return events;
}

const websocket: FuzzTarget = {
  seeds: [
    Uint8Array.from([...frame(0x81, latin1("hello")), ...frame(0x82, Uint8Array.of(0, 255))]),
    Uint8Array.from([
      ...frame(0x01, Uint8Array.of(0xe2, 0x82)),
      ...frame(0x89, latin1("ping")),
      ...frame(0x80, Uint8Array.of(0xac)),
    ]),
    frame(0x88, Uint8Array.of(3, 232, 98, 121, 101)),
    Uint8Array.from([0x82, 0xfe, 0, 126, 1, 2, 3, 4, ...new Uint8Array(126)]),
  ],
  run(input) {
    const whole = messages(input, []);
    deepStrictEqual(messages(input, cutsOf(input)), whole, "what it says depends on how the bytes were cut");
    return outcomeOf(whole);
  },
};

async function form(content: AsyncIterable<Uint8Array>): Promise<string[]> {
  const parts: string[] = [];
  try {
    for await (const part of parseParts("multipart/form-data; boundary=B", content))
      parts.push(`${part.name} ${part.filename} ${part.type} ${text(await part.bytes())}`);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    parts.push(`refused ${error.status}`);
  }
  return parts;
}

async function* pieces(input: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const end of [...cuts, input.length]) {
    yield input.slice(at, end);
    at = end;
  }
}

const multipart: FuzzTarget = {
  seeds: [
    '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n--B\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--B--\r\n',
  ].map(latin1),
  words: words(
    "\r\n--B",
    "--B--",
    "\r\n\r\n",
    "; name=",
    "filename*=UTF-8''a%20b",
    '"',
    "Content-Disposition: form-data",
  ),
  async run(input) {
    const whole = await form(pieces(input, []));
    deepStrictEqual(await form(pieces(input, cutsOf(input))), whole, "what it says depends on how the bytes were cut");
    return outcomeOf(whole);
  },
};

/** Values of fields, each of which anybody may send. */
const fields: FuzzTarget = {
  seeds: ["a=b; c=d", "bytes=0-5,7-,-3", "gzip;q=0.5, br, *;q=0", 'W/"a", "b"', "a=1&b=%20+&b=%e2%82%ac"].map(latin1),
  words: words(";q=", "bytes=", "-", ",", '"', "%", "W/"),
  limit: 200,
  run(input) {
    const value = text(input);
    parseCookies(value);
    for (const { start, end } of parseRanges(value, 100) ?? []) ok(start >= 0 && start <= end && end <= 100);
    for (const quality of parseQualities(value).values()) ok(quality >= 0 && quality <= 1);
    matchesEtag(value, '"b"', true);
    for (const pair of new Query(value)) ok(pair.length === 2);
    return undefined;
  },
};

/** What `npm run fuzz -w tools/fuzz` runs of this package. */
export const targets: Readonly<Record<string, FuzzTarget>> = { request, response, websocket, multipart, fields };
