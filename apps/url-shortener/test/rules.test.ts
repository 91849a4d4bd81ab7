import { describe, expect, it } from "vitest";
import { checkAlias, checkUrl, MAX_ALIAS, MAX_URL, randomWord } from "../src/rules.ts";

describe("addresses", () => {
  it.each([
    ["https://example.org/a?b=c#d", "https://example.org/a?b=c#d"],
    ["  http://example.org  ", "http://example.org/"],
    ["example.org/page", "https://example.org/page"],
    ["example.org:8080/page", "https://example.org:8080/page"],
    ["HTTPS://EXAMPLE.org", "https://example.org/"],
    ["https://münchen.example/ö", "https://xn--mnchen-3ya.example/%C3%B6"],
    ['https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"],
  ])("%s is %s", (text, value) => {
    expect(checkUrl(text)).toEqual({ value });
  });

  it.each([
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://example.org/",
    "mailto:a@example.org",
  ])("%j is refused: only http and https", (text) => {
    expect(checkUrl(text).error).toBeDefined();
  });

  it.each(
    [
      [
        "",
        "   ",
        "https://",
        "http://[::1",
        "https://user:secret@example.org/",
        `https://e.org/${"x".repeat(MAX_URL)}`,
      ],
    ].flat(),
  )("%j is refused", (text) => {
    expect(checkUrl(text).error).toBeDefined();
  });

  it("a line break cannot come into the Location header", () => {
    expect(checkUrl("https://example.org/\r\nset-cookie: a=b")).toEqual({
      value: "https://example.org/set-cookie:%20a=b",
    });
  });

  it("this service itself is refused", () => {
    expect(checkUrl("http://Short.test/xvw", "short.test").error).toMatch(/already/);
    expect(checkUrl("http://short.test:81/xvw", "short.test")).toEqual({ value: "http://short.test:81/xvw" });
  });

  it("the longest address is taken", () => {
    const url = `https://e.org/${"x".repeat(MAX_URL - 14)}`;
    expect(checkUrl(url)).toEqual({ value: url });
  });
});

describe("aliases", () => {
  it.each([
    ["xvw", "xvw"],
    [" XvW ", "xvw"],
    ["a", "a"],
    ["a_b-c", "a_b-c"],
    ["a".repeat(MAX_ALIAS), "a".repeat(MAX_ALIAS)],
  ])("%s is %s", (text, value) => {
    expect(checkAlias(text)).toEqual({ value });
  });

  it.each(["", "-a", "a-", "a b", "a/b", "..", "ä", "<b>", "a".repeat(MAX_ALIAS + 1), "links", "API", "assets"])(
    "%j is refused",
    (text) => {
      expect(checkAlias(text).error).toBeDefined();
    },
  );
});

describe("keys", () => {
  it("are made of all 32 characters, five bits of a byte each", () => {
    const words = randomWord((into) => into.set(Array.from(into.keys())), 64);
    expect(new Set(words).size).toBe(32);
    expect(words.slice(0, 32)).toBe(words.slice(32));
  });
});
