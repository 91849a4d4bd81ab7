import fc from "fast-check";
import { expect, it } from "vitest";
import { createFrameReader, emitFrame, FrameStreamError } from "../../src/switch/frame-stream.ts";

it("frames come out as they went in, however the stream is cut", () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 });
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(emitFrame));
      const received: Uint8Array[] = [];
      const read = createFrameReader((frame) => received.push(new Uint8Array(frame)));
      for (let at = 0, index = 0; at < stream.length; index++) {
        const size = cuts[index % cuts.length]!;
        read(stream.subarray(at, at + size));
        at += size;
      }
      expect(received).toEqual(sent.map((frame) => new Uint8Array(frame)));
    }),
  );
});

it("a length that no frame has ends the stream", () => {
  const read = createFrameReader(() => {});
  expect(() => read(new Uint8Array([0, 1, 0, 15]))).toThrow(FrameStreamError);
});
