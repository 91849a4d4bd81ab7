import { utf8 } from "../bytes.ts";
import { BodyView, type Content, decodeText, ENCODE } from "./body.ts";

/** What a Blob is made of, one piece after another. */
export type BlobPart = string | Blob | ArrayBuffer | ArrayBufferView;

let bytesOf: (blob: Blob) => Uint8Array;

/** The File API's Blob, held in memory. Slices share its bytes. */
export class Blob {
  readonly type: string;
  #bytes: Uint8Array;

  constructor(parts: Iterable<BlobPart> = [], options: { type?: string } = {}) {
    const type = options.type === undefined ? "" : String(options.type);
    this.type = /[^ -~]/.test(type) ? "" : type.toLowerCase();
    const pieces = Array.from(parts, bytesOfPart);
    if (pieces.length === 1) {
      const [piece] = pieces as [Uint8Array];
      this.#bytes = piece;
      return;
    }
    let length = 0;
    for (const piece of pieces) length += piece.length;
    this.#bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      this.#bytes.set(piece, at);
      at += piece.length;
    }
  }

  static {
    bytesOf = (blob) => blob.#bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  get [Symbol.toStringTag](): string {
    return "Blob";
  }

  /** Bytes from `start` up to `end`; negative ones count from the end. */
  slice(start = 0, end = this.size, type = ""): Blob {
    const slice = new Blob([], { type });
    slice.#bytes = this.#bytes.subarray(
      clamp(start, this.size),
      Math.max(clamp(start, this.size), clamp(end, this.size)),
    );
    return slice;
  }

  async text(): Promise<string> {
    return decodeText(this.#bytes);
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#bytes.slice();
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }

  [ENCODE](): { content: Content; type: string | undefined } {
    return { content: this.#bytes, type: this.type === "" ? undefined : this.type };
  }

  stream(): BodyView {
    return new BodyView(() => this.#bytes);
  }
}

/** A Blob with a name: a file of a form. */
export class File extends Blob {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;

  constructor(parts: Iterable<BlobPart>, name: string, options: { type?: string; lastModified?: number } = {}) {
    super(parts, options);
    this.name = String(name);
    this.lastModified = options.lastModified ?? Date.now();
  }

  override get [Symbol.toStringTag](): string {
    return "File";
  }
}

/** The bytes of a Blob. Not a copy. */
export function blobBytes(blob: Blob): Uint8Array {
  return bytesOf(blob);
}

function bytesOfPart(part: BlobPart): Uint8Array {
  if (part instanceof Blob) return bytesOf(part);
  if (part instanceof ArrayBuffer) return new Uint8Array(part.slice(0));
  if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength).slice();
  return utf8(String(part));
}

function clamp(position: number, size: number): number {
  return position < 0 ? Math.max(0, size + position) : Math.min(position, size);
}
