import { Deflate, Gunzip, Gzip, Inflate, Unzlib, Zlib } from "fflate";
import { TransformStream } from "web-streams-polyfill";

/** One of fflate's streams. */
interface Coder {
  ondata: (piece: Uint8Array<ArrayBuffer>, final: boolean) => void;
  push(piece: Uint8Array, final?: boolean): void;
}

const ENCODERS = { gzip: Gzip, deflate: Zlib, "deflate-raw": Deflate } as const;
const DECODERS = { gzip: Gunzip, deflate: Unzlib, "deflate-raw": Inflate } as const;

type Format = keyof typeof ENCODERS;

type ByteStream = AsyncIterable<Uint8Array> & {
  getReader(): { read(): Promise<{ done: boolean; value?: unknown }> };
};

/** What both directions are: bytes in, bytes out. */
class CodingStream {
  readonly readable: ByteStream;
  readonly writable: TransformStream["writable"];

  constructor(coders: Readonly<Record<Format, new (options: object) => Coder>>, format: Format, name: string) {
    const Made = Object.hasOwn(coders, format) ? coders[format] : undefined;
    if (Made === undefined) throw new TypeError(`${name}: ${String(format)} is not a format`);
    const coder = new Made({});
    /** The Compression standard: what goes wrong is a TypeError. */
    const push = (piece: Uint8Array, final: boolean) => {
      try {
        coder.push(piece, final);
      } catch (cause) {
        throw new TypeError(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      }
    };
    const stream = new TransformStream<Uint8Array | ArrayBuffer, Uint8Array>({
      start(controller) {
        coder.ondata = (piece) => {
          if (piece.length > 0) controller.enqueue(piece);
        };
      },
      transform(piece) {
        push(bytesOf(piece), false);
      },
      flush() {
        push(new Uint8Array(0), true);
      },
    });
    this.readable = stream.readable;
    this.writable = stream.writable;
  }
}

/** The Compression standard's CompressionStream. */
export class CompressionStream extends CodingStream {
  constructor(format: Format) {
    super(ENCODERS, format, "CompressionStream");
  }
}

/** The Compression standard's DecompressionStream. Content that is broken or cut short fails with a TypeError. */
export class DecompressionStream extends CodingStream {
  constructor(format: Format) {
    super(DECODERS, format, "DecompressionStream");
  }
}

function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  if (piece instanceof ArrayBuffer) return new Uint8Array(piece);
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  throw new TypeError("A piece to be compressed or decompressed is no bytes");
}
