/** Indices of what `parseSegment` of the byte helpers reads and writes: plain constants, which the bundler puts in place. */
export const MAC_TOP = 0;
export const MAC_END = 1;
/** Our IPv4 address. */
export const ADDRESS = 2;
/** Source address of IPv4. */
export const REMOTE = 3;
/** Source and destination port. */
export const PORTS = 4;
export const SEQ = 5;
export const ACK_NUMBER = 6;
/** Data offset, reserved bits and flags. */
export const OFFSET_FLAGS = 7;
export const WINDOW_FIELD = 8;
export const DATA_AT = 9;
export const DATA_LENGTH = 10;
/** Type of service or traffic class. */
export const TRAFFIC_CLASS = 11;
/** 1: the options are timestamps alone, with this value. */
export const STAMPED = 12;
export const STAMP = 13;
export const SEGMENT_FIELDS = 16;
