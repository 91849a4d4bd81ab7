/** The Compression standard's one direction, over fflate: in an image only when an app names it. */
export { CompressionStream } from "../fetch/compression-stream.ts";
