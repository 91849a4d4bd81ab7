/** Offsets and sizes of an archive; FORMAT.md is the specification. All numbers are little endian. */

/** "SLCRUNCH" */
export const MAGIC = [0x53, 0x4c, 0x43, 0x52, 0x55, 0x4e, 0x43, 0x48] as const;
export const VERSION = 1;

export const HEADER_SIZE = 32;
export const HEADER_VERSION = 8;
export const HEADER_CRC = 12;
/** What the checksum covers starts here and ends where the data start. */
export const HEADER_LENGTH = 16;
export const HEADER_FILES = 20;
export const HEADER_BLOBS = 24;
export const HEADER_STRINGS = 28;

export const FILE_SIZE = 48;
export const FILE_PATH = 0;
export const FILE_TYPE = 8;
export const FILE_DATE = 16;
export const FILE_MODIFIED = 24;
export const FILE_IDENTITY = 32;
export const FILE_GZIP = 36;
export const FILE_BR = 40;
/** In place of a blob: there is no such variant. */
export const NO_BLOB = 0xffffffff;

export const BLOB_SIZE = 32;
export const BLOB_OFFSET = 0;
export const BLOB_LENGTH = 4;
export const BLOB_ETAG = 8;
/** Two quotes and 22 characters of base64url: 128 bits of SHA-256. */
export const ETAG_LENGTH = 24;
/** `Sun, 06 Nov 1994 08:49:37 GMT` */
export const DATE_LENGTH = 29;

export const ALIGNMENT = 8;
/** Offsets are 32 bits, and so are addresses in an image. */
export const MAX_ARCHIVE = 0xffffffff;
export const MAX_PATH = 4096;

export const align = (offset: number) => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
