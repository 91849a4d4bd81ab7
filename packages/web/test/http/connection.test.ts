import { describe, expect, test } from "vitest";
import { Headers } from "../../src/fetch/headers.ts";
import {
  CLOSED,
  CONTENT,
  CONTENT_END,
  CONTENT_FAILED,
  MORE,
  REQUEST,
  ServerConnection,
} from "../../src/http/connection.ts";
import { DEFAULT_LIMITS } from "../../src/http/limits.ts";
import { Output } from "../../src/http/output.ts";
import { ResponseHeads } from "../../src/http/response-heads.ts";
import { latin1, text } from "./events.ts";

const DATE = "Sun, 06 Nov 1994 08:49:37 GMT";

/** A connection that is given bytes and asked for events, as a driver would. */
function scripted() {
  const heads = new ResponseHeads();
  heads.setDate(Date.UTC(1994, 10, 6, 8, 49, 37));
  const connection = new ServerConnection(DEFAULT_LIMITS, new Output(), heads);
  let unread = new Uint8Array(0);
  return {
    connection,
    /** Adds bytes and returns the next event. */
    next(input = "") {
      const more = latin1(input);
      const window = new Uint8Array(unread.length + more.length);
      window.set(unread);
      window.set(more, unread.length);
      const event = connection.next(window, 0, window.length);
      unread = window.slice(connection.parser.next);
      return event;
    },
    /** Everything that was built since the last call. */
    sent() {
      const { output } = connection;
      const all = text(output.buffer.subarray(0, output.length)) + (output.tail === undefined ? "" : text(output.tail));
      output.clear();
      return all;
    },
  };
}

const get = (path: string, fields = "", version = "1.1") => `GET ${path} HTTP/${version}\r\nHost: a\r\n${fields}\r\n`;

describe("connection: answers", () => {
  test("text goes out with date, type and length", () => {
    const { connection, next, sent } = scripted();
    expect(next(get("/"))).toBe(REQUEST);
    connection.sendText("Hello\n");
    expect(sent()).toBe(
      `HTTP/1.1 200 OK\r\ndate: ${DATE}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 6\r\n\r\nHello\n`,
    );
    expect(next()).toBe(MORE);
  });

  test.each([0, 1, 9, 10, 99, 100, 999, 1000, 1023, 1024, 9999, 100_000, 200_000])(
    "text of %i characters has its length",
    (length) => {
      for (const character of ["x", "é", "€"]) {
        const { connection, next, sent } = scripted();
        next(get("/"));
        connection.sendText(character.repeat(length));
        const body = Buffer.from(character.repeat(length)).toString("latin1");
        const answer = sent();
        expect(answer).toContain(`content-length: ${body.length}\r\n\r\n`);
        expect(answer.endsWith(`\r\n\r\n${body}`)).toBe(true);
      }
    },
  );

  test.each([["x"], ["é"], ["€".repeat(5)], ["€".repeat(40)], ["€".repeat(30_000)]])(
    "a status and %s: the length in bytes, for HEAD too",
    (content) => {
      const body = Buffer.from(content).toString("latin1");
      for (const method of ["GET", "HEAD"]) {
        const { connection, next, sent } = scripted();
        next(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
        connection.send(201, "", new Headers({ a: "b" }), undefined, content);
        const head = `HTTP/1.1 201 Created\r\ndate: ${DATE}\r\na: b\r\ncontent-length: ${body.length}\r\n\r\n`;
        expect(sent()).toBe(method === "GET" ? head + body : head);
      }
    },
  );

  test("pipelined requests are answered in order into one output", () => {
    const { connection, next, sent } = scripted();
    for (let event = next(get("/1") + get("/2") + get("/3")), index = 1; event === REQUEST; event = next(), index++) {
      connection.sendText(`${index}`);
    }
    expect(sent().match(/\r\n\r\n\d/g)).toEqual(["\r\n\r\n1", "\r\n\r\n2", "\r\n\r\n3"]);
  });

  test("the date is made anew when it changes", () => {
    const { connection, next, sent } = scripted();
    next(get("/"));
    connection.sendText("x");
    connection.heads.setDate(0);
    next(get("/"));
    connection.sendText("x");
    expect(sent()).toMatch(/date: Sun, 06 Nov 1994 08:49:37 GMT.*date: Thu, 01 Jan 1970 00:00:00 GMT/s);
  });

  test("HEAD: the head of GET and no content", () => {
    const { connection, next, sent } = scripted();
    next("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.sendText("Hello\n");
    const answer = sent();
    expect(answer).toContain("content-length: 6\r\n");
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
    next("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.send(200, "", new Headers({ "content-length": "12345" }), undefined, null);
    expect(sent()).toContain("content-length: 12345\r\n");
  });

  test.each([204, 304])("%i has neither content nor a length", (status) => {
    const { connection, next, sent } = scripted();
    next(get("/"));
    connection.send(status, "", new Headers({ etag: '"x"' }), undefined, null);
    expect(sent()).toMatch(new RegExp(`^HTTP/1.1 ${status} [A-Za-z ]+\\r\\ndate: [^\\r]+\\r\\netag: "x"\\r\\n\\r\\n$`));
  });

  test("fields that frame a message are not the handler's", () => {
    const { connection, next, sent } = scripted();
    next(get("/"));
    const headers = new Headers({ "content-length": "99", "transfer-encoding": "chunked", "keep-alive": "x", a: "b" });
    headers.append("set-cookie", "c=1");
    headers.append("set-cookie", "d=2");
    connection.send(201, "Made", headers, undefined, "ok");
    expect(sent()).toBe(
      `HTTP/1.1 201 Made\r\ndate: ${DATE}\r\na: b\r\nset-cookie: c=1\r\nset-cookie: d=2\r\ncontent-length: 2\r\n\r\nok`,
    );
  });

  test("bytes of a field above 127 go out as they are", () => {
    const { connection, next, sent } = scripted();
    next(get("/"));
    connection.send(200, "", new Headers({ x: "caf\xe9" }), undefined, null);
    expect(sent()).toContain("x: caf\xe9\r\n");
  });
});

describe("connection: keep-alive (RFC 9112 9.3)", () => {
  test.each([
    ["HTTP/1.1", get("/"), false, ""],
    ["HTTP/1.1 with close", get("/", "Connection: x, Close\r\n"), true, "connection: close\r\n"],
    ["HTTP/1.0", get("/", "", "1.0"), true, "connection: close\r\n"],
    ["HTTP/1.0 with keep-alive", get("/", "Connection: Keep-Alive\r\n", "1.0"), false, "connection: keep-alive\r\n"],
    ["HTTP/1.0 with both", get("/", "Connection: keep-alive, close\r\n", "1.0"), true, "connection: close\r\n"],
  ])("%s", (_name, request, closes, field) => {
    const { connection, next, sent } = scripted();
    expect(next(request + get("/next"))).toBe(REQUEST);
    connection.sendText("x");
    const answer = sent();
    if (field === "") expect(answer).not.toContain("connection:");
    else expect(answer).toContain(field);
    expect(next()).toBe(closes ? CLOSED : REQUEST);
  });

  test("the handler may close", () => {
    const { connection, next, sent } = scripted();
    next(get("/"));
    connection.send(200, "", new Headers({ connection: "close" }), undefined, "x");
    expect(sent()).toContain("connection: close\r\n");
    expect(next(get("/"))).toBe(CLOSED);
  });

  test("a server that stops says so in its last answer", () => {
    const { connection, next, sent } = scripted();
    next(get("/"));
    connection.stopping = true;
    connection.sendText("x");
    expect(sent()).toContain("connection: close\r\n");
    expect(next(get("/"))).toBe(CLOSED);
  });
});

describe("connection: refusals", () => {
  test("a broken request is answered behind those before it, and is the last", () => {
    const { connection, next, sent } = scripted();
    expect(next(`${get("/")}GET / HTTP/1.1\r\nHost : a\r\n\r\n${get("/hidden")}`)).toBe(REQUEST);
    connection.sendText("first");
    expect(next()).toBe(CLOSED);
    expect(sent()).toMatch(
      /first(HTTP\/1.1 400 Bad Request\r\n).*connection: close\r\n\r\n400 Bad Request: space-before-colon\n$/s,
    );
    expect(next(get("/"))).toBe(CLOSED);
    expect(sent()).toBe("");
  });

  test("content that breaks is reported to whom reads it, whose answer is the last", () => {
    const { connection, next, sent } = scripted();
    const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(next(`${head}2\r\nab\r\nzz\r\n`)).toBe(REQUEST);
    expect(next()).toBe(CONTENT);
    expect(next()).toBe(CONTENT_FAILED);
    expect(connection.refusal?.code).toBe("chunk-size");
    connection.sendText("no");
    expect(sent()).toContain("connection: close\r\n");
    expect(next()).toBe(CLOSED);
  });
});

describe("connection: content of requests", () => {
  const post = (length: number, fields = "") =>
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${fields}\r\n`;

  test("comes in pieces, then its end, then the next request", () => {
    const { connection, next } = scripted();
    expect(next(post(5))).toBe(REQUEST);
    expect(next()).toBe(MORE);
    expect(next("he")).toBe(CONTENT);
    expect(next()).toBe(MORE);
    expect(next(`llo${get("/")}`)).toBe(CONTENT);
    expect(next()).toBe(CONTENT_END);
    connection.sendText("x");
    expect(next()).toBe(REQUEST);
  });

  test("is taken at once where it is there as a whole, and the next request follows", () => {
    const { connection, next } = scripted();
    const head = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    const window = latin1(`${head}hello${get("/")}`);
    expect(connection.next(window, 0, window.length)).toBe(REQUEST);
    connection.takeContent();
    const { parser } = connection;
    expect(text(window.subarray(parser.dataStart, parser.dataEnd))).toBe("hello");
    expect([parser.received, parser.remaining, parser.inMessage, connection.continueDue]).toEqual([5, 0, false, false]);
    connection.sendText("x");
    expect(next(text(window.subarray(parser.next)))).toBe(REQUEST);
    expect(connection.closing).toBe(false);
  });

  test("100 Continue is sent when asked for, once, and never after content came (RFC 9110 10.1.1)", () => {
    const { connection, next, sent } = scripted();
    next(post(2, "Expect: 100-Continue\r\n"));
    connection.sendContinue();
    connection.sendContinue();
    expect(sent()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    expect(next("ab")).toBe(CONTENT);
    expect(next()).toBe(CONTENT_END);
    connection.sendText("x");
    sent();
    next(`${post(2, "Expect: 100-continue\r\n")}a`);
    expect(next()).toBe(CONTENT);
    connection.sendContinue();
    expect(sent()).toBe("");
  });

  test("an answer without 100 Continue ends the connection: the content may never come", () => {
    const { connection, next, sent } = scripted();
    next(post(2, "Expect: 100-continue\r\n"));
    connection.sendText("no, thank you");
    expect(sent()).toContain("connection: close\r\n");
    expect(next()).toBe(CLOSED);
  });

  test("a little unread content is dropped, much of it ends the connection", () => {
    const small = scripted();
    small.next(post(10));
    small.connection.sendText("x");
    expect(small.sent()).not.toContain("close");
    expect(small.next("0123456789")).toBe(CONTENT);
    expect(small.next()).toBe(CONTENT_END);
    expect(small.next(get("/"))).toBe(REQUEST);
    const large = scripted();
    large.next(post(1_000_000));
    large.connection.sendText("x");
    expect(large.sent()).toContain("connection: close\r\n");
    expect(large.next("0123456789")).toBe(CLOSED);
  });
});

describe("connection: streams", () => {
  const stream = { async *[Symbol.asyncIterator]() {} };

  test("go out in chunks; an empty piece is no end", () => {
    const { connection, next, sent } = scripted();
    next(get("/"));
    connection.send(200, "", undefined, undefined, stream);
    expect(connection.stream).toBe(stream);
    connection.chunk("Wikipedia in\r\n");
    connection.chunk("");
    connection.chunk(Uint8Array.of(0, 1));
    connection.finish();
    expect(sent()).toBe(
      `HTTP/1.1 200 OK\r\ndate: ${DATE}\r\ntransfer-encoding: chunked\r\n\r\ne\r\nWikipedia in\r\n\r\n2\r\n\0\x01\r\n0\r\n\r\n`,
    );
    expect(next(get("/"))).toBe(REQUEST);
  });

  test("to HTTP/1.0 end with the connection", () => {
    const { connection, next, sent } = scripted();
    next(get("/", "Connection: keep-alive\r\n", "1.0"));
    connection.send(200, "", undefined, undefined, stream);
    connection.chunk("abc");
    connection.finish();
    expect(sent()).toBe(`HTTP/1.1 200 OK\r\ndate: ${DATE}\r\nconnection: close\r\n\r\nabc`);
    expect(connection.closing).toBe(true);
  });

  test("are not begun for HEAD", () => {
    const { connection, next } = scripted();
    next("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.send(200, "", undefined, undefined, stream);
    expect(connection.stream).toBeUndefined();
  });
});
