import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCookies, sealedCookies, setCookie, signedCookies } from "../src/index.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte);

describe("cookies", () => {
  it("all of a header are read; of equal names the first", () => {
    expect([...parseCookies('a=1; b="two"; a=3; =x; nothing; c=%C3%A4; d=%zz; __proto__=p')]).toEqual([
      ["a", "1"],
      ["b", "two"],
      ["c", "ä"],
      ["d", "%zz"],
      ["__proto__", "p"],
    ]);
  });

  it("what is set is read back, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const pair = setCookie("n", value).split("; ")[0]!;
        expect(parseCookies(pair).get("n")).toBe(value);
      }),
    );
  });

  it("attributes are written, the careful ones unless told otherwise", () => {
    expect(setCookie("a", "b")).toBe("a=b; Path=/; HttpOnly; SameSite=Lax");
    expect(
      setCookie("a", "b", { path: "/x", domain: "e.org", maxAge: 5, secure: true, sameSite: "None", httpOnly: false }),
    ).toBe("a=b; Path=/x; Domain=e.org; Max-Age=5; Secure; SameSite=None");
  });

  it.each([
    ["a name with a space", () => setCookie("a b", "")],
    ["a path with a semicolon", () => setCookie("a", "", { path: "/; Domain=evil" })],
    ["a path with a line break", () => setCookie("a", "", { path: "/\r\nx: y" })],
    ["__Host- without Secure", () => setCookie("__Host-a", "")],
    ["__Host- with a domain", () => setCookie("__Host-a", "", { secure: true, domain: "e.org" })],
    ["__Secure- without Secure", () => setCookie("__Secure-a", "")],
    ["SameSite=None without Secure", () => setCookie("a", "", { sameSite: "None" })],
  ])("%s is refused", (_name, make) => expect(make).toThrow(TypeError));

  it("there is no default key, and short ones are refused", () => {
    for (const make of [signedCookies, sealedCookies]) {
      expect(() => make([])).toThrow("a key is needed");
      expect(() => make([new Uint8Array(31)])).toThrow("at least 32 bytes");
    }
  });

  describe.each([
    ["signed", signedCookies],
    ["sealed", sealedCookies],
  ] as const)("%s", (kind, make) => {
    it("opens what it made, and nothing else", async () => {
      const sealer = make([key(1)]);
      const sealed = await sealer.seal("who", "ada.größe");
      expect(await sealer.open("who", sealed)).toBe("ada.größe");
      expect(await sealer.open("other", sealed)).toBeUndefined();
      expect(await make([key(2)]).open("who", sealed)).toBeUndefined();
      for (const at of [0, sealed.length >> 1, sealed.length - 3]) {
        const changed = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
        expect(await sealer.open("who", changed)).toBeUndefined();
      }
      for (const wrong of ["", ".", "a", "a.b", "*"]) expect(await sealer.open("who", wrong)).toBeUndefined();
      expect(sealed.includes("ada")).toBe(kind === "signed");
    });

    it("old keys still open, the first one makes", async () => {
      const old = await make([key(1)]).seal("n", "v");
      const rotated = make([key(2), key(1)]);
      expect(await rotated.open("n", old)).toBe("v");
      expect(await make([key(1)]).open("n", await rotated.seal("n", "v"))).toBeUndefined();
    });
  });
});
