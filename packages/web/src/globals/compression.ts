/** The Compression standard, over fflate: in an image only when an app names one of them. */
export { CompressionStream, DecompressionStream } from "../fetch/compression-stream.ts";
