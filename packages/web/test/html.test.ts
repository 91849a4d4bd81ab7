import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createApp, Html, type HtmlStream, html, htmlStream, unsafeHtml } from "../src/index.ts";

const bad = `<script>"'&`;
const escaped = "&lt;script&gt;&quot;&#39;&amp;";

describe("html: escapes as the place asks for", () => {
  it.each([
    ["text", html`<p>${bad}</p>`, `<p>${escaped}</p>`],
    ["behind a closing tag", html`<p></p>${bad}`, `<p></p>${escaped}`],
    ["what looks like a tag", html`1 < 2 ${bad}`, `1 < 2 ${escaped}`],
    ["a quoted attribute", html`<p title="${bad}">`, `<p title="${escaped}">`],
    ["single quotes", html`<p title='a ${bad}'>`, `<p title='a ${escaped}'>`],
    ["HTML in an attribute", html`<p title="${html`a"b`}">`, `<p title="a&quot;b">`],
    ["HTML among attributes", html`<p${html` hidden`}${false}>`, "<p hidden>"],
    ["a textarea", html`<textarea>${bad}</textarea>`, `<textarea>${escaped}</textarea>`],
    ["trusted script", html`<script>let a = ${unsafeHtml("1")}</script>${bad}`, `<script>let a = 1</script>${escaped}`],
    ["behind a style", html`<STYLE>a{}</sTyle><p>${bad}`, `<STYLE>a{}</sTyle><p>${escaped}`],
    ["behind a comment", html`<!-- <b title= -->${bad}`, `<!-- <b title= -->${escaped}`],
    ["numbers and lists", html`${[1, [2n, null, "<"], true]}`, "12&lt;true"],
  ])("%s", (_name, made, expected) => {
    expect(made).toBeInstanceOf(Html);
    expect(String(made)).toBe(expected);
  });

  it.each<[string, () => Html]>([
    ["an attribute without quotes", () => html`<p title=${bad}>`],
    ["part of one", () => html`<p title=a${bad}>`],
    ["a tag's name", () => html`<${bad}>`],
    ["part of it", () => html`<h${1}>`],
    ["an attribute's name", () => html`<p data-${bad}="1">`],
    ["text among attributes", () => html`<p ${"hidden"}>`],
    ["a script", () => html`<script>let a = ${1}</script>`],
    ["a style with attributes", () => html`<style media="print">${bad}</style>`],
    ["a comment", () => html`<!-- ${bad} -->`],
    ["an event handler", () => html`<p onclick="go(${bad})">`],
    ["a document in an attribute", () => html`<iframe srcdoc="${bad}">`],
  ])("no value may stand in %s", (_name, make) => expect(make).toThrow(TypeError));

  it.each([
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "\u0001javascript:alert(1)",
    "vbscript:x",
    "data:text/html,<script>",
  ])("%j is no address", (address) => {
    expect(String(html`<a href="${address}">`)).toBe('<a href="about:invalid#unsafe">');
    expect(String(html`<form action='${address}'>`)).toBe("<form action='about:invalid#unsafe'>");
    expect(String(html`${html` href="${address}"`}`)).toBe(' href="about:invalid#unsafe"');
    expect(String(html`<img src="${address}">`)).toBe('<img src="about:invalid#unsafe">');
  });

  it.each(["/a?b=javascript:1", "https://example.com/", "mailto:a@b", "", "a:b", "#x"])("%j is one", (address) => {
    expect(String(html`<a href="${address}">`)).toBe(`<a href="${address}">`);
  });

  it("pictures may be in their address, and what follows an address's beginning is only escaped", () => {
    expect(String(html`<img src="${"data:image/png;base64,AA"}">`)).toContain("data:image/png");
    expect(String(html`<a href="/x/${"javascript:1"}">`)).toBe('<a href="/x/javascript:1">');
  });

  it("no text leaves its place", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const made = String(html`<p title="${text}">${text}</p>`);
        expect(made.match(/[<>"']/g)).toEqual(["<", '"', '"', ">", "<", ">"]);
      }),
    );
  });
});

describe("htmlStream", () => {
  const pieces = async (stream: HtmlStream) => {
    const all: string[] = [];
    for await (const piece of stream) all.push(piece);
    return all;
  };
  const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), 1));

  it("sends what stands before a value that is waited for, and escapes it when it is there", async () => {
    const names = async function* () {
      yield html`<li>${bad}</li>`;
      yield* ["a", "<"];
    };
    expect(await pieces(htmlStream`<ul>${names()}</ul>${[1, later("&")]}<p>${later(html`<b>`)}end`)).toEqual([
      "<ul>",
      `<li>${escaped}</li>`,
      "a",
      "&lt;",
      "</ul>1",
      "&amp;<p>",
      "<b>end",
    ]);
  });

  it("streams hold streams; a template without waits is one piece", async () => {
    const inner = htmlStream`<i>${later("x")}</i>`;
    expect((await pieces(htmlStream`<p>${inner}${later(htmlStream`<u>`)}</p>`)).join("")).toBe("<p><i>x</i><u></p>");
    expect(await pieces(htmlStream`<p>${"<"}</p>`)).toEqual(["<p>&lt;</p>"]);
    expect(() => htmlStream`<p title=${bad}>`).toThrow(TypeError);
    await expect(pieces(htmlStream`<p title="${inner}">`)).rejects.toThrow(TypeError);
    await expect(pieces(htmlStream`<script>${later(bad)}`)).rejects.toThrow(TypeError);
  });

  it("is an answer with its type, and its failure is the stream's", async () => {
    const app = createApp()
      .get("/", () => htmlStream`<p>${later("x")}`)
      .get("/fails", () => htmlStream`<p>${Promise.reject(new Error("gone"))}`);
    const response = await app.request("/");
    expect([response.headers.get("content-type"), await response.text()]).toEqual(["text/html; charset=utf-8", "<p>x"]);
    await expect((await app.request("/fails")).text()).rejects.toThrow("gone");
  });
});
