import { expect, test } from "vitest";
import { eventsOf, latin1 } from "./events.ts";

const HOST = "Host: a\r\n";
const POST = "POST / HTTP/1.1\r\n";
const CHUNKED = `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n`;

/** Shapes that two servers in a row could read differently, and what each is refused with. */
const SHAPES: readonly (readonly [name: string, input: string, status: number, code: string])[] = [
  [
    "CL.TE",
    `${POST}${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    400,
    "content-length-and-transfer-encoding",
  ],
  [
    "TE.CL",
    `${POST}${HOST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n`,
    400,
    "content-length-and-transfer-encoding",
  ],
  [
    "two differing lengths",
    `${POST}${HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`,
    400,
    "content-length-repeated",
  ],
  ["two equal lengths", `${POST}${HOST}Content-Length: 5\r\nContent-Length: 5\r\n\r\n`, 400, "content-length-repeated"],
  ["a list of lengths", `${POST}${HOST}Content-Length: 5, 5\r\n\r\n`, 400, "content-length"],
  ["a signed length", `${POST}${HOST}Content-Length: +5\r\n\r\n`, 400, "content-length"],
  ["a negative length", `${POST}${HOST}Content-Length: -1\r\n\r\n`, 400, "content-length"],
  ["a hexadecimal length", `${POST}${HOST}Content-Length: 0x5\r\n\r\n`, 400, "content-length"],
  ["an empty length", `${POST}${HOST}Content-Length:\r\n\r\n`, 400, "content-length"],
  ["a length with a space in it", `${POST}${HOST}Content-Length: 1 0\r\n\r\n`, 400, "content-length"],
  ["a length beyond 2^53", `${POST}${HOST}Content-Length: 18446744073709551621\r\n\r\n`, 400, "content-length"],
  ["chunked twice in a line", `${POST}${HOST}Transfer-Encoding: chunked, chunked\r\n\r\n`, 400, "transfer-encoding"],
  [
    "chunked in two lines",
    `${POST}${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
    "transfer-encoding",
  ],
  [
    "chunked and then another coding",
    `${POST}${HOST}Transfer-Encoding: chunked, identity\r\n\r\n`,
    400,
    "transfer-encoding",
  ],
  ["an unknown coding alone", `${POST}${HOST}Transfer-Encoding: xchunked\r\n\r\n`, 400, "transfer-encoding"],
  ["identity", `${POST}${HOST}Transfer-Encoding: identity\r\n\r\n`, 400, "transfer-encoding"],
  ["an empty coding", `${POST}${HOST}Transfer-Encoding:\r\n\r\n`, 400, "transfer-encoding"],
  ["gzip, chunked", `${POST}${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501, "transfer-coding-unknown"],
  ["a quoted coding", `${POST}${HOST}Transfer-Encoding: "chunked"\r\n\r\n`, 400, "transfer-encoding"],
  ["a vertical tab before chunked", `${POST}${HOST}Transfer-Encoding: \x0bchunked\r\n\r\n`, 400, "control-byte"],
  ["chunked over HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "transfer-encoding"],
  ["a space before the colon", `${POST}${HOST}Transfer-Encoding : chunked\r\n\r\n`, 400, "space-before-colon"],
  ["a tab before the colon", `${POST}${HOST}Content-Length\t: 5\r\n\r\n`, 400, "space-before-colon"],
  ["obs-fold", `${POST}${HOST}X: a\r\n Content-Length: 5\r\n\r\n`, 400, "obs-fold"],
  ["a tab as obs-fold", `${POST}${HOST}X: a\r\n\tb\r\n\r\n`, 400, "obs-fold"],
  ["white space before the first field", `${POST} ${HOST}\r\n`, 400, "obs-fold"],
  ["a field without a name", `${POST}${HOST}: x\r\n\r\n`, 400, "field-name"],
  ["a line without a colon", `${POST}${HOST}Content-Length 5\r\n\r\n`, 400, "space-before-colon"],
  ["a name alone", `${POST}${HOST}nonsense\r\n\r\n`, 400, "field-name"],
  ["a control byte in a name", `${POST}${HOST}Content\x01Length: 5\r\n\r\n`, 400, "field-name"],
  ["a byte above 127 in a name", `${POST}${HOST}Content-Length\xa0: 5\r\n\r\n`, 400, "field-name"],
  ["NUL in a value", `${POST}${HOST}X: a\0b\r\n\r\n`, 400, "control-byte"],
  ["DEL in a value", `${POST}${HOST}X: a\x7fb\r\n\r\n`, 400, "control-byte"],
  ["bare CR in a value", `${POST}${HOST}X: a\rContent-Length: 5\r\n\r\n`, 400, "bare-cr"],
  ["CR CR LF", `${POST}${HOST}X: a\r\r\n\r\n`, 400, "bare-cr"],
  ["bare LF in a value", `${POST}${HOST}X: a\nContent-Length: 5\r\n\r\n`, 400, "bare-lf"],
  ["bare LF behind the request line", `POST / HTTP/1.1\n${HOST}\r\n`, 400, "bare-lf"],
  ["bare LF at the end of the section", `${POST}${HOST}\n`, 400, "bare-lf"],
  ["bare CR in the target", `GET /a\rb HTTP/1.1\r\n${HOST}\r\n`, 400, "target"],
  ["two spaces in the request line", `GET  / HTTP/1.1\r\n${HOST}\r\n`, 400, "target"],
  ["a space at the end of the request line", `GET / HTTP/1.1 \r\n${HOST}\r\n`, 400, "request-line"],
  ["a tab in the request line", `GET\t/ HTTP/1.1\r\n${HOST}\r\n`, 400, "method"],
  ["a space in the target", `GET /a b HTTP/1.1\r\n${HOST}\r\n`, 400, "target"],
  ["a byte above 127 in the target", `GET /\xff HTTP/1.1\r\n${HOST}\r\n`, 400, "target"],
  ["a fragment", `GET /a#b HTTP/1.1\r\n${HOST}\r\n`, 400, "target"],
  ["a target of no form", `GET a HTTP/1.1\r\n${HOST}\r\n`, 400, "target"],
  ["* for GET", `GET * HTTP/1.1\r\n${HOST}\r\n`, 400, "target"],
  ["user information in the target", `GET http://u@a/ HTTP/1.1\r\n${HOST}\r\n`, 400, "target"],
  ["HTTP/0.9", `GET /\r\n`, 400, "request-line"],
  ["http/1.1", `GET / http/1.1\r\n${HOST}\r\n`, 400, "request-line"],
  ["HTTP/1.10", `GET / HTTP/1.10\r\n${HOST}\r\n`, 400, "request-line"],
  ["HTTP/2.0", `PRI * HTTP/2.0\r\n\r\n`, 505, "version"],
  ["CONNECT", `CONNECT a:443 HTTP/1.1\r\n${HOST}\r\n`, 501, "method-unknown"],
  ["a method of 40 letters", `${"A".repeat(40)} / HTTP/1.1\r\n${HOST}\r\n`, 501, "method-unknown"],
  ["a TLS hello", "\x16\x03\x01\x02\0", 400, "request-line"],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400, "host-missing"],
  ["two Hosts", `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400, "host-repeated"],
  ["a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host-invalid"],
  ["a Host with user information", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, "host-invalid"],
  ["an unknown expectation", `POST / HTTP/1.1\r\n${HOST}Expect: coffee\r\n\r\n`, 417, "expectation"],
  ["a chunk without a size", `${CHUNKED}\r\n`, 400, "chunk-size"],
  ["a chunk size with 0x", `${CHUNKED}0x5\r\nhello\r\n`, 400, "chunk-size"],
  ["a negative chunk size", `${CHUNKED}-5\r\n`, 400, "chunk-size"],
  ["a chunk size behind a space", `${CHUNKED} 5\r\nhello\r\n`, 400, "chunk-size"],
  ["a chunk size before a space", `${CHUNKED}5 \r\nhello\r\n`, 400, "chunk-extension"],
  ["a chunk size with an underscore", `${CHUNKED}5_0\r\n`, 400, "chunk-size"],
  ["a chunk line with a bare LF", `${CHUNKED}5\nhello\r\n`, 400, "bare-lf"],
  ["a bare CR in a chunk extension", `${CHUNKED}5;a\rb\r\nhello\r\n`, 400, "chunk-extension"],
  ["a NUL in a chunk extension", `${CHUNKED}5;\0\r\nhello\r\n`, 400, "chunk-extension"],
  ["chunk data that is too long", `${CHUNKED}5\r\nhello!\r\n`, 400, "chunk-end"],
  ["chunk data that ends with a bare LF", `${CHUNKED}5\r\nhello\n0\r\n\r\n`, 400, "chunk-end"],
  ["Content-Length as a trailer", `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`, 400, "trailer-field"],
  ["Transfer-Encoding as a trailer", `${CHUNKED}0\r\nTransfer-Encoding: chunked\r\n\r\n`, 400, "trailer-field"],
  ["a folded trailer", `${CHUNKED}0\r\nX: y\r\n z\r\n\r\n`, 400, "obs-fold"],
];

test.each(SHAPES)("%s is refused", (_name, input, status, code) => {
  // A request that would be hidden behind it is never reached.
  const bytes = latin1(`${input}GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n`);
  const events = eventsOf(bytes);
  expect(events.at(-1)).toBe(`refused ${status} ${code}`);
  expect(events.join()).not.toContain("/hidden");
  expect(eventsOf(bytes, [...bytes.keys()])).toEqual(events);
});

test.each(SHAPES)(
  "%s is refused behind an honest request whose fields are remembered",
  (_name, input, status, code) => {
    const bytes = latin1(`GET /first HTTP/1.1\r\nHost: a\r\n\r\n${input}GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n`);
    const events = eventsOf(bytes);
    expect(events[0]).toContain("/first");
    expect(events.at(-1)).toBe(`refused ${status} ${code}`);
    expect(events.join()).not.toContain("/hidden");
  },
);
