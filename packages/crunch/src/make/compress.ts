import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Shorter ones fit into one segment whatever is done to them. */
const MIN_SIZE = 256;
/** Quality 11 takes about 2 s a megabyte, 9 a tenth of it for 5 to 10 % more bytes. */
const MAX_SIZE_BEST = 1 << 20;
/** Compressed already: nothing to gain, and most of the time would be spent here. */
const DENSE =
  /^(?:image\/(?!svg|bmp|x-icon|vnd\.microsoft\.icon)|video\/|audio\/(?!wav|midi)|font\/woff|application\/(?:zip|gzip|zstd|x-7z|x-bzip|x-xz|x-rar|pdf|epub|java-archive|vnd\.(?:rar|openxml|oasis)))/;
/** A variant has to save this share of the bytes: decoding costs the client time. */
const MIN_SAVING = 0.02;

export interface Compressed {
  readonly br: Uint8Array | undefined;
  readonly gzip: Uint8Array | undefined;
}

/** Compresses a file where that makes it smaller. The same bytes give the same result (of the same version of Node.js). */
export async function compress(bytes: Uint8Array, type: string): Promise<Compressed> {
  if (bytes.length < MIN_SIZE || DENSE.test(type)) return { br: undefined, gzip: undefined };
  const isText = /^text\/|[/+](?:json|xml|javascript)\b/.test(type);
  const [br, gz] = await Promise.all([
    compressBrotli(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: bytes.length <= MAX_SIZE_BEST ? 11 : 9,
        [constants.BROTLI_PARAM_MODE]: isText ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
    compressGzip(bytes, { level: 9 }),
  ]);
  // The operating system's number in gzip's header (RFC 1952 2.3) is the only trace of the machine: 255 is "unknown".
  gz[9] = 255;
  const most = bytes.length * (1 - MIN_SAVING);
  return { br: br.length < most ? br : undefined, gzip: gz.length < most ? gz : undefined };
}
