import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUsualTarget, normalTarget, normalUrl } from "../../src/fetch/url.ts";
import { createApp, Request, serve } from "../../src/index.ts";
import { MemoryListener, readUntil } from "../memory-flow.ts";

/** As Node.js parses it; `undefined`: not at all, or with credentials, which no request may have. */
function expected(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return undefined;
  return url.href;
}

function actual(text: string): string | undefined {
  try {
    return normalUrl(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

describe("URLs of requests are normal", () => {
  it.each([
    "HTTP://EXAMPLE.com:80/a/../b/./c/%2e%2E/d?x='y z'#f `g",
    "https://example.com:443",
    "http://example.com:8080?q",
    "http:\\\\h\\a\\..\\b",
    "http:h/p",
    " \thttp://h/a\nb ",
    "http://127.1/",
    "http://0x7f.0.0.1/",
    "http://017700000001/",
    "http://256.1/",
    "http://1.2.3.4.5/",
    "http://a.1x/",
    "http://h:65536/",
    "http://h:x/",
    "http://h:/",
    "http:///",
    "http://u:p@h/",
    "http://a b/",
    "http://[::1]:80/",
    "http://%41.example/",
    "http://h/ä/\u{1f600}?ü#ö",
    "http://h/a//b/..//../c/..",
    "http://h/...",
    "/relative",
    "",
    "about:blank",
  ])("%j", (text) => expect(actual(text)).toBe(expected(text)));

  it("any text: as Node's", () => {
    const parts = ["http:", "https://", "h", ".", "..", "/", "\\", "?", "#", ":80", ":443", ":1", "%2e", "%", "A", " "];
    const more = ["'", '"', "<", "^", "`", "{", "|", "é", "\t", "&", "=", "1", "0x", "\u{1f600}", "~", "[", "@"];
    const urls = fc
      .array(fc.constantFrom(...parts, ...more), { maxLength: 8 })
      .map((list) => `http://h/${list.join("")}`);
    const holds = (text: string) => {
      expect(actual(text)).toBe(expected(text));
    };
    fc.assert(fc.property(urls, holds));
    // What a request line can hold.
    const targets = urls.filter((url) => /^[!-~]*$/.test(url) && !url.includes("#"));
    fc.assert(
      fc.property(targets, (url) => {
        expect(`http://h${normalTarget(url.slice(8))}`).toBe(expected(url));
      }),
    );
    // What is not ASCII in hosts, and IPv6, is not supported.
    const hosts = fc.constantFrom("a", "B", ".", "-", "1", "0x", ":", "80", "/", "\\", "~", "_", "256", "07");
    fc.assert(
      fc.property(
        fc.array(hosts).map((list) => `http://${list.join("")}`),
        holds,
      ),
    );
  });

  it("of a Request, made and received", async () => {
    expect(new Request("HTTP://H:80/a/../b").url).toBe("http://h/b");
    expect(() => new Request("/b")).toThrow(TypeError);
    const listener = new MemoryListener();
    const served = serve(
      listener,
      createApp().all("/*", ({ request, path }) => `${path} ${request.url}`),
    );
    const client = listener.connect();
    await client.write("GET /a/%2E%2e/b\"c?d='x' HTTP/1.1\r\nHost: EXAMPLE.org:80\r\nConnection: close\r\n\r\n");
    const text = await readUntil(client, () => false);
    expect(text).toContain('/a/%2E%2e/b"c http://example.org/b%22c?d=%27x%27');
    await client.close();
    listener.close();
    await served;
  });
});

describe("usual targets", () => {
  const piece = fc.constantFrom(
    "/",
    "a",
    "B1",
    ".",
    "..",
    "%2e",
    "%41",
    "?",
    "#",
    "'",
    '"',
    " ",
    "ä",
    "\\",
    "&=",
    "\n",
    "<",
    "~!*",
  );
  it("are those that stay as they are, and no others", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = `/${pieces.join("")}`;
        if (isUsualTarget(target)) expect(normalUrl(`http://localhost${target}`)).toBe(`http://localhost${target}`);
      }),
      { numRuns: 500 },
    );
  });
  it.each(["/", "/a/b", "/hello/Ada?x=1&y=%20", "/a.b/c-d_e~f", "/%C3%A4"])("%s is one", (target) => {
    expect(isUsualTarget(target)).toBe(true);
  });
});
