import decodeQR from "qr/decode.js";
import { describe, expect, it } from "vitest";
import { qrSvg } from "../src/qr.ts";

/** What a camera sees of the SVG: `scale` pixels a module. */
function draw(svg: string, scale: number): { width: number; height: number; data: Uint8Array } {
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)![1]);
  const width = size * scale;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1H/g)) {
    for (let row = 0; row < scale; row++) {
      for (let column = 0; column < Number(length) * scale; column++) {
        const at = ((Number(y) * scale + row) * width + Number(x) * scale + column) * 4;
        data.fill(0, at, at + 3);
      }
    }
  }
  return { width, height: width, data };
}

describe("QR codes", () => {
  it.each([["http://short.test/xvw"], [`http://links.example.org:8080/${"a".repeat(40)}`]])("say %s", (text) => {
    expect(decodeQR(draw(qrSvg(text), 4))).toBe(text);
  });

  it("have a quiet zone and are dark on light, whatever the page is", () => {
    const svg = qrSvg("http://short.test/xvw");
    expect(svg).toMatch(/<path fill="#fff" d="M0 0h\d+v\d+H0z"\/><path d="M4 4h7v1H4z/);
  });
});
