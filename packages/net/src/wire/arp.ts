import { macHigh, macLow, writeMac } from "./ethernet.ts";
import { readAddress, writeAddress } from "./ipv4-address.ts";

/** ARP for IPv4 over Ethernet, RFC 826. */
export const HARDWARE_TYPE = 0;
export const PROTOCOL_TYPE = 2;
export const HARDWARE_LENGTH = 4;
export const PROTOCOL_LENGTH = 5;
export const OPERATION = 6;
export const SENDER_MAC = 8;
export const SENDER_ADDRESS = 14;
export const TARGET_MAC = 18;
export const TARGET_ADDRESS = 24;
export const LENGTH = 28;

export const OPERATION_REQUEST = 1;
export const OPERATION_REPLY = 2;

export interface ArpFields {
  operation: typeof OPERATION_REQUEST | typeof OPERATION_REPLY;
  senderHigh: number;
  senderLow: number;
  senderAddress: number;
  targetHigh: number;
  targetLow: number;
  targetAddress: number;
}

export function createArpFields(): ArpFields {
  return {
    operation: OPERATION_REQUEST,
    senderHigh: 0,
    senderLow: 0,
    senderAddress: 0,
    targetHigh: 0,
    targetLow: 0,
    targetAddress: 0,
  };
}

/** Whether it is a request or reply for IPv4 over Ethernet from a unicast MAC; only then are the fields written. */
export function parseArp(bytes: Uint8Array, at: number, length: number, fields: ArpFields): boolean {
  if (length < LENGTH) return false;
  if (bytes[at + HARDWARE_TYPE] !== 0 || bytes[at + HARDWARE_TYPE + 1] !== 1) return false;
  if (bytes[at + PROTOCOL_TYPE] !== 8 || bytes[at + PROTOCOL_TYPE + 1] !== 0) return false;
  if (bytes[at + HARDWARE_LENGTH] !== 6 || bytes[at + PROTOCOL_LENGTH] !== 4) return false;
  const operation = (bytes[at + OPERATION]! << 8) | bytes[at + OPERATION + 1]!;
  if (operation !== OPERATION_REQUEST && operation !== OPERATION_REPLY) return false;
  // A group address is nobody's own (IEEE 802 group bit): believing it would send unicast traffic to everyone.
  if ((bytes[at + SENDER_MAC]! & 1) !== 0) return false;
  fields.operation = operation;
  fields.senderHigh = macHigh(bytes, at + SENDER_MAC);
  fields.senderLow = macLow(bytes, at + SENDER_MAC);
  fields.senderAddress = readAddress(bytes, at + SENDER_ADDRESS);
  fields.targetHigh = macHigh(bytes, at + TARGET_MAC);
  fields.targetLow = macLow(bytes, at + TARGET_MAC);
  fields.targetAddress = readAddress(bytes, at + TARGET_ADDRESS);
  return true;
}

export function emitArp(into: Uint8Array, at: number, fields: ArpFields): void {
  into[at + HARDWARE_TYPE] = 0;
  into[at + HARDWARE_TYPE + 1] = 1;
  into[at + PROTOCOL_TYPE] = 8;
  into[at + PROTOCOL_TYPE + 1] = 0;
  into[at + HARDWARE_LENGTH] = 6;
  into[at + PROTOCOL_LENGTH] = 4;
  into[at + OPERATION] = 0;
  into[at + OPERATION + 1] = fields.operation;
  writeMac(into, at + SENDER_MAC, fields.senderHigh, fields.senderLow);
  writeAddress(into, at + SENDER_ADDRESS, fields.senderAddress);
  writeMac(into, at + TARGET_MAC, fields.targetHigh, fields.targetLow);
  writeAddress(into, at + TARGET_ADDRESS, fields.targetAddress);
}
