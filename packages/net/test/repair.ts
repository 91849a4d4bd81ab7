import { byteHelpers } from "@soloist/testing";

/** Makes the checksums of an IPv4 packet right again, so that mutations get past them. */
export function repairIpv4(frame: Uint8Array): void {
  if (frame.length < 34) return;
  const view = new DataView(frame.buffer, frame.byteOffset);
  const header = (frame[14]! & 15) << 2;
  if (frame.length < 14 + header || header < 20) return;
  view.setUint16(24, 0);
  view.setUint16(24, ~byteHelpers.checksum(frame, 14, header, 0));
  const at = 14 + header;
  const length = Math.min(view.getUint16(16) - header, frame.length - at);
  const field = frame[23] === 1 ? 2 : frame[23] === 6 ? 16 : 6;
  if (length < field + 2) return;
  view.setUint16(at + field, 0);
  const pseudo = frame[23] === 1 ? 0 : byteHelpers.checksum(frame, 26, 8, frame[23]! + length);
  view.setUint16(at + field, ~byteHelpers.checksum(frame, at, length, pseudo));
}

/** Makes the checksum of the transport over IPv6 right again, so that mutations get past it. */
export function repairIpv6(bytes: Uint8Array): void {
  if (bytes.length < 62) return;
  const at = { 58: 2, 17: 6, 6: 16 }[bytes[20]!];
  if (at === undefined || bytes.length < 54 + at + 2) return;
  const pseudo = new Uint8Array(bytes.length - 54 + 40);
  pseudo.set(bytes.subarray(22, 54));
  new DataView(pseudo.buffer).setUint32(32, bytes.length - 54);
  pseudo[39] = bytes[20]!;
  bytes[54 + at] = 0;
  bytes[54 + at + 1] = 0;
  pseudo.set(bytes.subarray(54), 40);
  let sum = 0;
  for (let index = 0; index < pseudo.length; index += 2) sum += (pseudo[index]! << 8) | (pseudo[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes[54 + at] = ~sum >> 8;
  bytes[54 + at + 1] = ~sum;
}
