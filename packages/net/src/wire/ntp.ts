import { readAddress, writeAddress } from "./ipv4-address.ts";

/** NTP headers, RFC 5905 7.3, without extension fields and authentication. */
export const LEAP_VERSION_MODE = 0;
export const STRATUM = 1;
export const ROOT_DELAY = 4;
export const ROOT_DISPERSION = 8;
export const REFERENCE_ID = 12;
export const ORIGIN = 24;
export const RECEIVE = 32;
export const TRANSMIT = 40;
export const HEADER_LENGTH = 48;

export const PORT = 123;
export const VERSION = 4;
export const MODE_CLIENT = 3;
export const MODE_SERVER = 4;
/** The server's own clock is not right. */
export const LEAP_UNSYNCHRONIZED = 3;

/** Seconds from 1900 to 1970. */
const EPOCH = 2_208_988_800;
const ERA = 0x1_0000_0000;

export interface NtpFields {
  leap: number;
  version: number;
  mode: number;
  /** 0: a kiss-o'-death, whose code is `reference`; 1: a reference clock; up to 15. */
  stratum: number;
  /** Milliseconds. */
  rootDelay: number;
  rootDispersion: number;
  /** Four ASCII letters or an address, int32. */
  reference: number;
  /** Our transmit timestamp, as two int32 that the server does not interpret. */
  originHigh: number;
  originLow: number;
  /** Milliseconds since 1970 at the server; NaN when it is zero, which means unknown. */
  receive: number;
  transmit: number;
}

/** `undefined`: too short. */
export function parseNtp(bytes: Uint8Array, at: number, length: number): NtpFields | undefined {
  if (length < HEADER_LENGTH) return undefined;
  const first = bytes[at + LEAP_VERSION_MODE]!;
  return {
    leap: first >> 6,
    version: (first >> 3) & 7,
    mode: first & 7,
    stratum: bytes[at + STRATUM]!,
    rootDelay: readShort(bytes, at + ROOT_DELAY),
    rootDispersion: readShort(bytes, at + ROOT_DISPERSION),
    reference: readAddress(bytes, at + REFERENCE_ID),
    originHigh: readAddress(bytes, at + ORIGIN),
    originLow: readAddress(bytes, at + ORIGIN + 4),
    receive: readTimestamp(bytes, at + RECEIVE),
    transmit: readTimestamp(bytes, at + TRANSMIT),
  };
}

/**
 * Writes a client's question. Its transmit timestamp is any 64 bits, which the server sends back: random ones tell nothing
 * of our clock and cannot be guessed.
 */
export function emitNtpRequest(into: Uint8Array, at: number, transmitHigh: number, transmitLow: number): number {
  into.fill(0, at, at + HEADER_LENGTH);
  into[at + LEAP_VERSION_MODE] = (VERSION << 3) | MODE_CLIENT;
  writeAddress(into, at + TRANSMIT, transmitHigh);
  writeAddress(into, at + TRANSMIT + 4, transmitLow);
  return HEADER_LENGTH;
}

/** Writes a server's answer; for tests and small servers. */
export function emitNtp(into: Uint8Array, at: number, fields: NtpFields): number {
  into.fill(0, at, at + HEADER_LENGTH);
  into[at + LEAP_VERSION_MODE] = (fields.leap << 6) | (fields.version << 3) | fields.mode;
  into[at + STRATUM] = fields.stratum;
  writeAddress(into, at + ROOT_DELAY, Math.round((fields.rootDelay / 1000) * 0x10000));
  writeAddress(into, at + ROOT_DISPERSION, Math.round((fields.rootDispersion / 1000) * 0x10000));
  writeAddress(into, at + REFERENCE_ID, fields.reference);
  writeAddress(into, at + ORIGIN, fields.originHigh);
  writeAddress(into, at + ORIGIN + 4, fields.originLow);
  writeTimestamp(into, at + RECEIVE, fields.receive);
  writeTimestamp(into, at + TRANSMIT, fields.transmit);
  return HEADER_LENGTH;
}

/** 16.16 bits of seconds, as milliseconds. */
function readShort(bytes: Uint8Array, at: number): number {
  return ((readAddress(bytes, at) >>> 0) / 0x10000) * 1000;
}

function readTimestamp(bytes: Uint8Array, at: number): number {
  const seconds = readAddress(bytes, at) >>> 0;
  const fraction = readAddress(bytes, at + 4) >>> 0;
  if (seconds === 0 && fraction === 0) return Number.NaN;
  // "If bit 0 is not set, the time is in the range 2036-2104" (RFC 4330 3).
  const era = seconds < 0x8000_0000 ? ERA : 0;
  return (seconds + era - EPOCH) * 1000 + (fraction / ERA) * 1000;
}

function writeTimestamp(into: Uint8Array, at: number, milliseconds: number): void {
  if (Number.isNaN(milliseconds)) return;
  const whole = Math.floor(milliseconds / 1000);
  const fraction = Math.floor(((milliseconds - whole * 1000) / 1000) * ERA);
  writeAddress(into, at, ((whole + EPOCH) % ERA) | 0);
  writeAddress(into, at + 4, fraction | 0);
}
