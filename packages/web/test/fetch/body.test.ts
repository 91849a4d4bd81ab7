import { describe, expect, test } from "vitest";
import { MAX_JSON_DEPTH } from "../../src/fetch/body.ts";
import { HttpError, Request, Response } from "../../src/index.ts";

async function* pieces(...parts: (string | Uint8Array)[]) {
  yield* parts;
}

describe("Response", () => {
  test.each([
    ["text", () => "héllo"],
    ["bytes", () => new TextEncoder().encode("héllo")],
    ["a buffer", () => new TextEncoder().encode("héllo").buffer],
    ["a view", () => new DataView(new TextEncoder().encode("xhéllox").buffer, 1, 6)],
    ["an async iterable", () => pieces("hé", new TextEncoder().encode("llo"))],
    ["a ReadableStream", () => new globalThis.Response("héllo").body!],
    ["URLSearchParams", () => new URLSearchParams({ héllo: "" })],
  ])("from %s: text, bytes and arrayBuffer", async (name, make) => {
    const expected = name === "URLSearchParams" ? "h%C3%A9llo=" : "héllo";
    expect(await new Response(make() as never).text()).toBe(expected);
    expect(new TextDecoder().decode(await new Response(make() as never).bytes())).toBe(expected);
    expect(new TextDecoder().decode(await new Response(make() as never).arrayBuffer())).toBe(expected);
    const collected: number[] = [];
    for await (const piece of new Response(make() as never).body!) collected.push(...(piece as Uint8Array));
    expect(new TextDecoder().decode(Uint8Array.from(collected))).toBe(expected);
  });

  test("a body can be handed to another Response, or read through a reader", async () => {
    const first = new Response("text", { headers: { a: "b" } });
    const second = new Response(first.body, first);
    expect([first.bodyUsed, second.headers.get("a"), await second.text()]).toEqual([true, "b", "text"]);
    const reader = new Response(pieces("a", "b")).body!.getReader();
    expect(await reader.read()).toEqual({ done: false, value: Uint8Array.of(97) });
    expect(await reader.read()).toEqual({ done: false, value: Uint8Array.of(98) });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(new Response(null).body).toBeNull();
  });

  test("the content type that a body implies, unless there is one", () => {
    expect(new Response("x").headers.get("content-type")).toBe("text/plain;charset=UTF-8");
    expect(new Response("x", { headers: { "Content-Type": "a/b" } }).headers.get("content-type")).toBe("a/b");
    expect(new Response(Uint8Array.of(1)).headers.get("content-type")).toBeNull();
    expect(new Response(new URLSearchParams() as never).headers.get("content-type")).toMatch(/urlencoded/);
  });

  test("a body is read once", async () => {
    const response = new Response("x");
    expect(response.bodyUsed).toBe(false);
    await response.text();
    expect(response.bodyUsed).toBe(true);
    await expect(response.text()).rejects.toThrow(TypeError);
    expect(() => response.clone()).toThrow(TypeError);
  });

  test("a clone is read apart, streams too", async () => {
    for (const make of [() => "abc", () => pieces("a", "bc")]) {
      const first = new Response(make(), { status: 201, headers: { a: "b" } });
      const second = first.clone();
      second.headers.set("a", "c");
      expect([await first.text(), await second.text(), second.status, first.headers.get("a")]).toEqual([
        "abc",
        "abc",
        201,
        "b",
      ]);
    }
  });

  test.each([[199], [600], [200.5], [Number.NaN]])("status %d is a RangeError", (status) => {
    expect(() => new Response(null, { status })).toThrow(RangeError);
  });

  test("statuses without a body refuse one; a reason phrase holds no controls", () => {
    expect(() => new Response("x", { status: 204 })).toThrow(TypeError);
    expect(() => new Response(null, { statusText: "a\r\nb" })).toThrow(TypeError);
  });

  test("json and redirect", async () => {
    const json = Response.json({ a: 1 }, { status: 201 });
    expect([json.status, json.headers.get("content-type"), await json.json()]).toEqual([
      201,
      "application/json",
      { a: 1 },
    ]);
    expect(() => Response.json(undefined)).toThrow(TypeError);
    const redirect = Response.redirect("/x", 303);
    expect([redirect.status, redirect.headers.get("location")]).toEqual([303, "/x"]);
    expect(() => Response.redirect("/x", 200)).toThrow(RangeError);
    expect(() => Response.redirect("/x\r\nSet-Cookie: a")).toThrow(TypeError);
  });

  test("a byte order mark is not text; broken UTF-8 becomes U+FFFD", async () => {
    expect(await new Response(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xff)).text()).toBe("a\ufffd");
  });

  test("Node's own Blobs and forms are not supported, and say so", async () => {
    expect(() => new Response(new FormData() as never)).toThrow("not supported");
    expect(() => new Response(new Blob(["x"]) as never)).toThrow("not supported");
    await expect(new Response("x").formData()).rejects.toMatchObject({ status: 415 });
  });
});

describe("Request", () => {
  test("methods are normalized as the standard says", () => {
    expect(new Request("http://a/", { method: "post" }).method).toBe("POST");
    expect(new Request("http://a/", { method: "patch" }).method).toBe("patch");
    expect(() => new Request("http://a/", { method: "a b" })).toThrow(TypeError);
    expect(() => new Request("/relative")).toThrow("absolute");
    expect(() => new Request("http://a/", { body: "x" })).toThrow("no body");
  });

  test("from a request: takes its body, unless it gets another", async () => {
    const first = new Request("http://a/x", { method: "PUT", body: "one", headers: { a: "b" } });
    const second = new Request(first, { headers: { c: "d" } });
    expect([second.method, second.url, second.headers.get("a"), await second.text(), first.bodyUsed]).toEqual([
      "PUT",
      "http://a/x",
      null,
      "one",
      true,
    ]);
  });

  test("JSON: depth is bounded, brackets in strings do not count", async () => {
    const json = (body: string) => new Request("http://a/", { method: "POST", body }).json();
    const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(await json(deep(MAX_JSON_DEPTH))).toBeInstanceOf(Array);
    await expect(json(deep(MAX_JSON_DEPTH + 1))).rejects.toThrow(HttpError);
    await expect(json(`{"a":${'{"a":'.repeat(300)}`)).rejects.toMatchObject({ status: 400, code: "ERR_JSON_DEPTH" });
    expect(await json(JSON.stringify({ text: '[{\\"'.repeat(500) }))).toEqual({ text: '[{\\"'.repeat(500) });
    await expect(json("nope")).rejects.toMatchObject({ status: 400, code: "ERR_JSON" });
    await expect(json(`"${"\\".repeat(301)}`)).rejects.toMatchObject({ status: 400 });
  });
});
