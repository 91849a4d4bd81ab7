import { beforeAll, describe, expect, test } from "vitest";
import { createEngine, type Engine } from "./engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});

/** Runs in the engine and in Node.js, which must agree. */
async function compare<Input>(run: (globals: typeof globalThis, input: Input) => unknown, input: Input): Promise<void> {
  const mine = await engine.evaluate(`(${run})(own, ${JSON.stringify(input)})`);
  expect({ value: mine }).toEqual(JSON.parse(JSON.stringify({ value: await run(globalThis, input) })));
}

describe("URL, as in Node.js", () => {
  test.each([
    "http://user:pass@EXAMPLE.com:80/a/../b/./c?x=1&y=2#frag",
    "https://exämple.com/ü?ü#ü",
    "http://[2001:db8::1]:8080/",
    "http://192.168.257/",
    "http://0x7f.1/",
    "file:///etc/../passwd",
    "mailto:someone@example.com",
    "http://a b/",
    "http://example.com:99999/",
    "//no-base",
    "",
    "javascript:alert(1)",
    "http://example.com/%7Efoo/%zz",
    "HTTP://EXAMPLE.COM\\back\\slash",
    "data:text/plain,hello world",
    "http://xn--ls8h.la/",
    "ws://example.com:80",
  ])("%j", async (input) => {
    await compare(({ URL }, input) => {
      try {
        const url = new URL(input);
        const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url;
        return [
          href,
          origin,
          protocol,
          username,
          password,
          host,
          hostname,
          port,
          pathname,
          search,
          hash,
          [...url.searchParams],
          URL.canParse(input),
          String(URL.parse(input)),
          JSON.stringify(url),
        ];
      } catch (error) {
        return [(error as Error).name, URL.canParse(input), URL.parse(input)];
      }
    }, input);
  });

  test.each([
    ["../x", "http://h/a/b/c"],
    ["?q", "http://h/a?b#c"],
    ["//other/y", "https://h/"],
    ["x", "mailto:a@b"],
  ])("%j on %j", async (input, base) => {
    await compare(
      ({ URL }, [input, base]) => [URL.canParse(input!, base), String(URL.parse(input!, base))],
      [input, base],
    );
  });

  test("setters", async () => {
    await compare(({ URL }) => {
      const url = new URL("http://h/a?b#c");
      url.protocol = "https";
      url.host = "other:8080";
      url.pathname = "x y";
      url.search = "q=1";
      url.hash = "";
      url.username = "ü";
      url.password = "p:w";
      url.port = "443";
      return [url.href, `${url}`, Object.prototype.toString.call(url), url instanceof URL];
    }, 0);
  });

  test("searchParams and search follow each other", async () => {
    await compare(({ URL }) => {
      const url = new URL("http://h/?a=1&b=%20");
      const { searchParams } = url;
      const seen: unknown[] = [searchParams === url.searchParams];
      searchParams.append("c", "x y");
      seen.push(url.href);
      url.search = "?z=9";
      seen.push([...searchParams]);
      url.href = "http://other/?q";
      seen.push([...searchParams]);
      searchParams.delete("q");
      seen.push(url.href, url.search);
      return seen;
    }, 0);
  });
});

describe("what needs the engine's own parts", () => {
  test("structuredClone, DOMException and errors", async () => {
    await compare(({ structuredClone }) => {
      const names: unknown[] = [];
      for (const value of [() => {}, Symbol("s"), Promise.resolve()]) {
        try {
          structuredClone(value);
        } catch (error) {
          names.push((error as DOMException).name, (error as DOMException).code, error instanceof DOMException);
        }
      }
      const clone = structuredClone({
        when: new Date(5),
        map: new Map([[1, new Set([2])]]),
        error: new TypeError("t"),
      });
      return [names, clone.when.getTime(), [...clone.map.get(1)!], clone.error instanceof TypeError];
    }, 0);
  });

  test("TextEncoder and TextDecoder", async () => {
    await compare(({ TextEncoder, TextDecoder }) => {
      const bytes = new TextEncoder().encode("hé😀\ud800");
      const decoder = new TextDecoder();
      return [
        [...bytes],
        decoder.decode(bytes),
        decoder.decode(bytes.subarray(0, 5), { stream: true }),
        decoder.decode(bytes.subarray(5)),
      ];
    }, 0);
  });

  test("events and abort signals", async () => {
    await compare(({ AbortController, AbortSignal, CustomEvent, EventTarget }) => {
      const controller = new AbortController();
      const seen: unknown[] = [];
      const any = AbortSignal.any([controller.signal]);
      any.addEventListener("abort", () => seen.push(any.reason.name));
      controller.abort();
      const target = new EventTarget();
      target.addEventListener("x", (event) => seen.push((event as CustomEvent).detail), { once: true });
      target.dispatchEvent(new CustomEvent("x", { detail: 1 }));
      target.dispatchEvent(new CustomEvent("x", { detail: 2 }));
      return [seen, controller.constructor.name, any.constructor.name];
    }, 0);
  });

  test("URLSearchParams sorts and escapes", async () => {
    await compare(({ URLSearchParams }) => {
      const params = new URLSearchParams({ "z é": "1&2", a: "~!'()*", "😀": "\ud800" });
      params.sort();
      return [String(params), params.size, [...params.keys()]];
    }, 0);
  });
});

describe("crypto.subtle", () => {
  const hex = "(buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')";
  const abc = "new Uint8Array([97, 98, 99])";

  test.each([
    ["SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["SHA-384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"],
  ])("FIPS 180: %s of abc", async (name, digest) => {
    expect(await engine.evaluate(`(${hex})(await own["crypto.subtle"].digest("${name}", ${abc}))`)).toBe(digest);
  });

  test.each([
    ["AES-GCM", "{ name: 'AES-GCM', iv: new Uint8Array(12) }", "{ name: 'AES-GCM', length: 256 }"],
    ["AES-CBC", "{ name: 'AES-CBC', iv: new Uint8Array(16) }", "{ name: 'AES-CBC', length: 256 }"],
    ["AES-CTR", "{ name: 'AES-CTR', counter: new Uint8Array(16), length: 64 }", "{ name: 'AES-CTR', length: 256 }"],
  ])("%s comes back", async (_, parameters, key) => {
    const result = await engine.evaluate(`(async (subtle) => {
      const key = await subtle.generateKey(${key}, true, ["encrypt", "decrypt"]);
      const secret = await subtle.encrypt(${parameters}, key, ${abc});
      return [...new Uint8Array(await subtle.decrypt(${parameters}, key, secret))];
    })(own["crypto.subtle"])`);
    expect(result).toEqual([97, 98, 99]);
  });

  test.each([
    ["HMAC", "{ name: 'HMAC', hash: 'SHA-256' }", "'HMAC'"],
    ["ECDSA P-256", "{ name: 'ECDSA', namedCurve: 'P-256' }", "{ name: 'ECDSA', hash: 'SHA-256' }"],
    ["ECDSA P-384", "{ name: 'ECDSA', namedCurve: 'P-384' }", "{ name: 'ECDSA', hash: 'SHA-384' }"],
  ])("%s signs and verifies", async (_, generate, sign) => {
    const result = await engine.evaluate(`(async (subtle) => {
      const key = await subtle.generateKey(${generate}, true, ["sign", "verify"]);
      const signature = await subtle.sign(${sign}, key.privateKey ?? key, ${abc});
      const verify = (data) => subtle.verify(${sign}, key.publicKey ?? key, signature, data);
      return [await verify(${abc}), await verify(new Uint8Array(3))];
    })(own["crypto.subtle"])`);
    expect(result).toEqual([true, false]);
  });

  test("Ed25519 is not supported, and says so by rejecting", async () => {
    await expect(
      engine.evaluate(`own["crypto.subtle"].generateKey("Ed25519", true, ["sign", "verify"])`),
    ).rejects.toThrow();
  });
});
