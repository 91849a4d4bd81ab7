import { createHash } from "node:crypto";
import { crc32 } from "../crc32.ts";
import {
  align,
  BLOB_ETAG,
  BLOB_LENGTH,
  BLOB_OFFSET,
  BLOB_SIZE,
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
} from "../layout.ts";

/** A file that is ready to be stored. */
export interface PreparedFile {
  readonly path: string;
  readonly type: string;
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly modified: number;
  readonly bytes: Uint8Array;
  readonly gzip: Uint8Array | undefined;
  readonly br: Uint8Array | undefined;
}

interface Blob {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Stores files in the order given, which has to be that of their paths' bytes. Equal content is stored once. */
export function emitArchive(files: readonly PreparedFile[]): Uint8Array<ArrayBuffer> {
  const blobs: Blob[] = [];
  const blobIndex = new Map<string, number>();
  const blobOf = (bytes: Uint8Array | undefined) => {
    if (bytes === undefined) return NO_BLOB;
    const hash = createHash("sha256").update(bytes).digest();
    const key = hash.toString("hex");
    const known = blobIndex.get(key);
    if (known !== undefined) return known;
    blobIndex.set(key, blobs.length);
    return blobs.push({ bytes, etag: `"${hash.subarray(0, 16).toString("base64url")}"` }) - 1;
  };

  const strings: Buffer[] = [];
  const stringIndex = new Map<string, readonly [number, number]>();
  let stringsLength = 0;
  const stringOf = (text: string) => {
    const known = stringIndex.get(text);
    if (known !== undefined) return known;
    const bytes = Buffer.from(text);
    const place = [stringsLength, bytes.length] as const;
    stringIndex.set(text, place);
    strings.push(bytes);
    stringsLength += bytes.length;
    return place;
  };

  const records = files.map((file) => ({
    path: stringOf(file.path),
    type: stringOf(file.type),
    date: stringOf(new Date(file.modified * 1000).toUTCString()),
    modified: file.modified,
    identity: blobOf(file.bytes),
    gzip: blobOf(file.gzip),
    br: blobOf(file.br),
  }));

  const blobTable = HEADER_SIZE + records.length * FILE_SIZE;
  const stringsAt = blobTable + blobs.length * BLOB_SIZE;
  const data = align(stringsAt + stringsLength);
  const length = blobs.reduce((end, blob) => align(end + blob.bytes.length), data);
  const archive = Buffer.from(new ArrayBuffer(length));
  const u32 = (value: number, offset: number) => archive.writeUInt32LE(value, offset);

  archive.set(MAGIC);
  u32(VERSION, HEADER_VERSION);
  u32(length, HEADER_LENGTH);
  u32(records.length, HEADER_FILES);
  u32(blobs.length, HEADER_BLOBS);
  u32(stringsLength, HEADER_STRINGS);
  records.forEach((record, index) => {
    const at = HEADER_SIZE + index * FILE_SIZE;
    for (const [field, [offset, size]] of [
      [FILE_PATH, record.path],
      [FILE_TYPE, record.type],
      [FILE_DATE, record.date],
    ] as const) {
      u32(offset, at + field);
      u32(size, at + field + 4);
    }
    archive.writeDoubleLE(record.modified, at + FILE_MODIFIED);
    u32(record.identity, at + FILE_IDENTITY);
    u32(record.gzip, at + FILE_GZIP);
    u32(record.br, at + FILE_BR);
  });
  let offset = data;
  blobs.forEach((blob, index) => {
    const at = blobTable + index * BLOB_SIZE;
    u32(offset, at + BLOB_OFFSET);
    u32(blob.bytes.length, at + BLOB_LENGTH);
    archive.write(blob.etag, at + BLOB_ETAG, "latin1");
    archive.set(blob.bytes, offset);
    offset = align(offset + blob.bytes.length);
  });
  archive.set(Buffer.concat(strings), stringsAt);
  u32(crc32(archive, HEADER_LENGTH, data), HEADER_CRC);
  return new Uint8Array(archive.buffer);
}
