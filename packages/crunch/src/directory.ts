import { crc32 } from "./crc32.ts";
import { ArchiveError } from "./errors.ts";
import {
  align,
  BLOB_ETAG,
  BLOB_LENGTH,
  BLOB_OFFSET,
  BLOB_SIZE,
  DATE_LENGTH,
  ETAG_LENGTH,
  FILE_BR,
  FILE_DATE,
  FILE_GZIP,
  FILE_IDENTITY,
  FILE_MODIFIED,
  FILE_PATH,
  FILE_SIZE,
  FILE_TYPE,
  HEADER_BLOBS,
  HEADER_CRC,
  HEADER_FILES,
  HEADER_LENGTH,
  HEADER_SIZE,
  HEADER_STRINGS,
  HEADER_VERSION,
  MAGIC,
  NO_BLOB,
  VERSION,
} from "./layout.ts";
import { pathFault } from "./path.ts";

/** The index of an archive, checked: every number that it gives lies where it should. */
export interface Directory {
  /** Paths of all files, in order. */
  readonly paths: readonly string[];
  fileField(file: number, field: number): number;
  fileNumber(file: number, field: number): number;
  type(file: number): string;
  date(file: number): string;
  blob(blob: number): Uint8Array;
  etag(blob: number): string;
}

const ETAG = /^"[\w-]{22}"$/;
const DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
/** Printable ASCII: what a header field may hold. */
const TYPE = /^[!-~][ -~]*$/;

/** Throws an {@link ArchiveError} for bytes that are no valid archive. */
export function readDirectory(bytes: Uint8Array): Directory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (offset: number) => view.getUint32(offset, true);
  const fail = (message: string): never => {
    throw new ArchiveError(message);
  };

  if (bytes.length < HEADER_SIZE) fail(`${bytes.length} bytes are too few`);
  for (let index = 0; index < MAGIC.length; index++)
    if (bytes[index] !== MAGIC[index]) fail("the magic number is missing");
  if (u32(HEADER_VERSION) !== VERSION) fail(`its version is ${u32(HEADER_VERSION)}, this reader knows ${VERSION}`);
  const length = u32(HEADER_LENGTH);
  if (length !== bytes.length) fail(`it has ${bytes.length} bytes instead of ${length}`);

  const fileCount = u32(HEADER_FILES);
  const blobCount = u32(HEADER_BLOBS);
  const stringsLength = u32(HEADER_STRINGS);
  const blobTable = HEADER_SIZE + fileCount * FILE_SIZE;
  const strings = blobTable + blobCount * BLOB_SIZE;
  const data = align(strings + stringsLength);
  if (data > length) fail("its index is longer than the archive");
  if (crc32(bytes, HEADER_LENGTH, data) !== u32(HEADER_CRC)) fail("the checksum of its index is wrong");

  const decoder = new TextDecoder("utf-8", { fatal: true });
  const ascii = (offset: number, size: number) => {
    let text = "";
    for (let index = offset; index < offset + size; index++) text += String.fromCharCode(bytes[index]!);
    return text;
  };
  /** Range of a string of the pool. */
  const pooled = (file: number, field: number): [number, number] => {
    const at = u32(HEADER_SIZE + file * FILE_SIZE + field);
    const size = u32(HEADER_SIZE + file * FILE_SIZE + field + 4);
    if (at + size > stringsLength) fail(`file ${file}: a string lies outside of the strings`);
    return [strings + at, size];
  };
  const path = (file: number) => {
    const [at, size] = pooled(file, FILE_PATH);
    try {
      return decoder.decode(bytes.subarray(at, at + size));
    } catch {
      return fail(`file ${file}: its path is not UTF-8`);
    }
  };
  const fileField = (file: number, field: number) => u32(HEADER_SIZE + file * FILE_SIZE + field);
  const fileNumber = (file: number, field: number) => view.getFloat64(HEADER_SIZE + file * FILE_SIZE + field, true);
  const blobLength = (blob: number) => u32(blobTable + blob * BLOB_SIZE + BLOB_LENGTH);
  const directory: Directory = {
    paths: Array.from({ length: fileCount }, (_, file) => path(file)),
    fileField,
    fileNumber,
    type: (file) => ascii(...pooled(file, FILE_TYPE)),
    date: (file) => ascii(...pooled(file, FILE_DATE)),
    blob: (blob) => {
      const offset = u32(blobTable + blob * BLOB_SIZE + BLOB_OFFSET);
      return bytes.subarray(offset, offset + blobLength(blob));
    },
    etag: (blob) => ascii(blobTable + blob * BLOB_SIZE + BLOB_ETAG, ETAG_LENGTH),
  };

  let end = data;
  for (let blob = 0; blob < blobCount; blob++) {
    const offset = u32(blobTable + blob * BLOB_SIZE + BLOB_OFFSET);
    if (offset !== align(end)) fail(`blob ${blob} does not follow the one before it`);
    end = offset + blobLength(blob);
    if (end > length) fail(`blob ${blob} ends behind the archive`);
    if (!ETAG.test(directory.etag(blob))) fail(`blob ${blob} has no entity tag`);
  }
  if (align(end) !== length) fail("there are bytes behind the last blob");

  for (let file = 0; file < fileCount; file++) {
    const name = directory.paths[file]!;
    const fault = pathFault(name);
    if (fault !== undefined) fail(`the path ${JSON.stringify(name)} ${fault}`);
    if (file > 0 && !isBefore(bytes, pooled(file - 1, FILE_PATH), pooled(file, FILE_PATH))) {
      fail(`the path ${JSON.stringify(name)} is out of order`);
    }
    if (!TYPE.test(directory.type(file))) fail(`${name} has no type`);
    if (pooled(file, FILE_DATE)[1] !== DATE_LENGTH || !DATE.test(directory.date(file))) fail(`${name} has no date`);
    const modified = fileNumber(file, FILE_MODIFIED);
    if (!Number.isSafeInteger(modified)) fail(`${name} was modified at ${modified}`);
    const identity = fileField(file, FILE_IDENTITY);
    if (identity >= blobCount) fail(`${name} has no content`);
    for (const field of [FILE_GZIP, FILE_BR]) {
      const blob = fileField(file, field);
      if (blob === NO_BLOB) continue;
      if (blob >= blobCount) fail(`${name} names a blob that does not exist`);
      if (blobLength(blob) >= blobLength(identity)) fail(`${name} has a variant that is not smaller`);
    }
  }
  return directory;
}

/** Order of bytes; equal ones are not in order. */
function isBefore(bytes: Uint8Array, [a, aLength]: [number, number], [b, bLength]: [number, number]): boolean {
  const common = Math.min(aLength, bLength);
  for (let index = 0; index < common; index++) {
    const difference = bytes[a + index]! - bytes[b + index]!;
    if (difference !== 0) return difference < 0;
  }
  return aLength < bLength;
}
