/** Ethernet II: destination, source, type. IEEE 802.3 clause 3. */
export const DESTINATION = 0;
export const SOURCE = 6;
export const TYPE = 12;
export const HEADER_LENGTH = 14;

export const TYPE_IPV4 = 0x0800;
export const TYPE_ARP = 0x0806;
export const TYPE_IPV6 = 0x86dd;

export const BROADCAST_MAC: Uint8Array = new Uint8Array([255, 255, 255, 255, 255, 255]);

/** MAC addresses are two numbers, which compare fast: the first two bytes, and the last four as an int32. */
export interface EthernetFields {
  destinationHigh: number;
  destinationLow: number;
  sourceHigh: number;
  sourceLow: number;
  type: number;
}

export function createEthernetFields(): EthernetFields {
  return { destinationHigh: 0, destinationLow: 0, sourceHigh: 0, sourceLow: 0, type: 0 };
}

export function macHigh(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function macLow(bytes: Uint8Array, at: number): number {
  return (bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
}

export function writeMac(into: Uint8Array, at: number, high: number, low: number): void {
  into[at] = high >> 8;
  into[at + 1] = high;
  into[at + 2] = low >> 24;
  into[at + 3] = low >> 16;
  into[at + 4] = low >> 8;
  into[at + 5] = low;
}

/** Whether the frame was long enough; only then are the fields written. */
export function parseEthernet(bytes: Uint8Array, at: number, length: number, fields: EthernetFields): boolean {
  if (length < HEADER_LENGTH) return false;
  fields.destinationHigh = macHigh(bytes, at + DESTINATION);
  fields.destinationLow = macLow(bytes, at + DESTINATION);
  fields.sourceHigh = macHigh(bytes, at + SOURCE);
  fields.sourceLow = macLow(bytes, at + SOURCE);
  fields.type = (bytes[at + TYPE]! << 8) | bytes[at + TYPE + 1]!;
  return true;
}

export function emitEthernet(into: Uint8Array, at: number, fields: EthernetFields): void {
  writeMac(into, at + DESTINATION, fields.destinationHigh, fields.destinationLow);
  writeMac(into, at + SOURCE, fields.sourceHigh, fields.sourceLow);
  into[at + TYPE] = fields.type >> 8;
  into[at + TYPE + 1] = fields.type;
}

/** `02:00:00:00:00:01` */
export function formatMac(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < 6; index++) text += (index > 0 ? ":" : "") + bytes[index]!.toString(16).padStart(2, "0");
  return text;
}
