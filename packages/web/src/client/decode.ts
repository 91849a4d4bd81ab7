import { Decompress } from "fflate";
import type { BodyStream } from "../fetch/body.ts";
import { FetchError } from "./errors.ts";

/** Bytes that are unpacked at a time: they become a thousand times as many at most, and the reader decides about the next. */
const STEP = 1024;

/** What is asked for unless the request says otherwise. */
export const CODINGS = "gzip, deflate";

/** Undoes the codings of a Content-Encoding field, last one first (RFC 9110 8.4); as it is where one is not known. */
export function decoded(content: BodyStream, encoding: string): BodyStream {
  const codings = encoding.toLowerCase().split(",");
  let stream = content;
  for (const coding of codings.reverse()) {
    const name = coding.trim();
    if (name === "" || name === "identity") continue;
    // Neither brotli nor zstd: their decoders are several times the size of all of this client.
    if (name !== "gzip" && name !== "x-gzip" && name !== "deflate") return stream;
    stream = unpack(stream);
  }
  return stream;
}

/** gzip, zlib and raw deflate: fflate looks at the first bytes, since servers take both of the latter for "deflate". */
async function* unpack(content: BodyStream): AsyncGenerator<Uint8Array, undefined> {
  const made: Uint8Array[] = [];
  const decompress = new Decompress((piece) => {
    if (piece.length > 0) made.push(piece);
  });
  let any = false;
  for await (const piece of content) {
    const packed = piece as Uint8Array;
    for (let at = 0; at < packed.length; at += STEP) {
      any = true;
      push(decompress, packed.subarray(at, at + STEP), false);
      yield* made.splice(0);
    }
  }
  // Some servers name a coding for no content at all.
  if (!any) return;
  push(decompress, new Uint8Array(0), true);
  yield* made;
}

function push(decompress: Decompress, piece: Uint8Array, last: boolean): void {
  try {
    decompress.push(piece, last);
  } catch (cause) {
    throw new FetchError("ERR_CONTENT_CODING", "The response's compressed content is broken", { cause });
  }
}
