import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CompressionStream, DecompressionStream } from "../../src/fetch/compression-stream.ts";
import { Response } from "../../src/index.ts";

const text = "again and ".repeat(5000);
const formats = [
  ["gzip", gzipSync, gunzipSync],
  ["deflate", deflateSync, inflateSync],
  ["deflate-raw", deflateRawSync, inflateRawSync],
] as const;

async function* cut(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const unpack = (body: AsyncIterable<Uint8Array>, format: "gzip" | "deflate" | "deflate-raw") =>
  new Response(new Response(body).body!.pipeThrough(new DecompressionStream(format)));

describe("Compression standard", () => {
  it.each(formats)("%s: as zlib, both ways", async (format, pack, inflate) => {
    const packed = new Response(new Response(text).body!.pipeThrough(new CompressionStream(format)));
    expect(inflate(await packed.bytes()).toString()).toBe(text);
    expect(await unpack(cut(pack(text), 7), format).text()).toBe(text);
  });

  it.each(formats)("%s: broken or short content fails", async (format, pack) => {
    const whole = pack(text);
    await expect(unpack(cut(whole.subarray(0, whole.length / 2), 100), format).text()).rejects.toThrow(TypeError);
    const broken = Uint8Array.from(whole).fill(0xff, 0, 20);
    await expect(unpack(cut(broken, 100), format).text()).rejects.toThrow(TypeError);
  });

  it("an unknown format and pieces that are no bytes are TypeErrors", async () => {
    expect(() => new DecompressionStream("br" as never)).toThrow(TypeError);
    expect(() => new CompressionStream("toString" as never)).toThrow(TypeError);
    const { readable, writable } = new DecompressionStream("gzip");
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const written = writer.write("text");
    written.catch(() => {});
    await expect(readable.getReader().read()).rejects.toThrow(TypeError);
    await expect(written).rejects.toThrow(TypeError);
  });
});
