/** Offsets in commits and records; FORMAT.md is the specification. Numbers are little endian. */

/** Tag of a commit's first block ("KVCH") and of those that continue it ("KVCC"). */
export const TAG_HEAD = 0x4843564b;
export const TAG_CONTINUED = 0x4343564b;

/** Of the commit's bytes, which are its blocks' without their tags. */
export const COMMIT_CRC = 0;
export const COMMIT_SEQUENCE = 4;
export const COMMIT_NUMBER = 8;
export const COMMIT_OLDEST = 12;
export const COMMIT_PREVIOUS = 16;
export const COMMIT_BLOCKS = 20;
export const COMMIT_LENGTH = 24;
export const COMMIT_COUNT = 28;
export const COMMIT_HEADER = 32;

export const RECORD_CRC = 0;
export const RECORD_KIND = 4;
export const RECORD_KEY_LENGTH = 6;
export const RECORD_VALUE_LENGTH = 8;
export const RECORD_HEADER = 12;

export const KIND_SET = 1;
export const KIND_DELETE = 2;
