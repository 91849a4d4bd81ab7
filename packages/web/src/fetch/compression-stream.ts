import { Deflate, Gzip, Zlib } from "fflate";
import { TransformStream } from "web-streams-polyfill";

const FORMATS = { gzip: Gzip, deflate: Zlib, "deflate-raw": Deflate } as const;

/** The Compression standard's CompressionStream. */
export class CompressionStream {
  readonly readable: AsyncIterable<Uint8Array> & {
    getReader(): { read(): Promise<{ done: boolean; value?: unknown }> };
  };
  readonly writable: TransformStream["writable"];

  constructor(format: keyof typeof FORMATS) {
    const Format = FORMATS[format];
    if (Format === undefined) throw new TypeError(`CompressionStream: ${String(format)} is not a format`);
    const encoder = new Format();
    const stream = new TransformStream<Uint8Array, Uint8Array>({
      start(controller) {
        encoder.ondata = (piece) => {
          if (piece.length > 0) controller.enqueue(piece);
        };
      },
      transform(piece) {
        encoder.push(piece);
      },
      flush() {
        encoder.push(new Uint8Array(0), true);
      },
    });
    this.readable = stream.readable;
    this.writable = stream.writable;
  }
}
