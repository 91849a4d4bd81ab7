import { readAddress, writeAddress } from "./ipv4-address.ts";

/** DHCP messages: RFC 2131 2, RFC 2132. */
export const OP = 0;
export const HARDWARE_TYPE = 1;
export const HARDWARE_LENGTH = 2;
export const TRANSACTION = 4;
export const SECONDS = 8;
export const FLAGS = 10;
export const CLIENT_ADDRESS = 12;
export const YOUR_ADDRESS = 16;
export const CLIENT_HARDWARE = 28;
export const MAGIC_COOKIE = 236;
export const OPTIONS = 240;

export const CLIENT_PORT = 68;
export const SERVER_PORT = 67;

export const OP_REQUEST = 1;
export const OP_REPLY = 2;
export const FLAG_BROADCAST = 0x8000;
const COOKIE = 0x63825363;

export const OPTION_PAD = 0;
export const OPTION_SUBNET_MASK = 1;
export const OPTION_ROUTER = 3;
export const OPTION_DNS = 6;
export const OPTION_REQUESTED_ADDRESS = 50;
export const OPTION_LEASE_TIME = 51;
export const OPTION_MESSAGE_TYPE = 53;
export const OPTION_SERVER = 54;
export const OPTION_PARAMETERS = 55;
export const OPTION_RENEWAL_TIME = 58;
export const OPTION_REBINDING_TIME = 59;
export const OPTION_CLIENT_ID = 61;
export const OPTION_END = 255;

export const DISCOVER = 1;
export const OFFER = 2;
export const REQUEST = 3;
export const DECLINE = 4;
export const ACK = 5;
export const NAK = 6;
export const RELEASE = 7;

/** "A client must be prepared to receive … at least 312 octets of options" (RFC 2131 2): BOOTP relays like 300 bytes and more. */
const MIN_LENGTH = 300;

/** One message. Times are seconds; addresses int32, 0 when absent. */
export interface DhcpMessage {
  op: number;
  type: number;
  transaction: number;
  seconds: number;
  broadcast: boolean;
  clientAddress: number;
  yourAddress: number;
  mac: Uint8Array;
  requestedAddress: number;
  server: number;
  mask: number;
  routers: number[];
  dns: number[];
  /** -1 when absent; 0xffffffff: for ever. */
  leaseTime: number;
  renewalTime: number;
  rebindingTime: number;
}

export function createDhcpMessage(): DhcpMessage {
  return {
    op: OP_REQUEST,
    type: 0,
    transaction: 0,
    seconds: 0,
    broadcast: false,
    clientAddress: 0,
    yourAddress: 0,
    mac: new Uint8Array(6),
    requestedAddress: 0,
    server: 0,
    mask: 0,
    routers: [],
    dns: [],
    leaseTime: -1,
    renewalTime: -1,
    rebindingTime: -1,
  };
}

/** `undefined`: not a DHCP message for Ethernet, or broken. */
export function parseDhcp(bytes: Uint8Array, at: number, length: number): DhcpMessage | undefined {
  if (length < OPTIONS) return undefined;
  if (readAddress(bytes, at + MAGIC_COOKIE) !== COOKIE) return undefined;
  if (bytes[at + HARDWARE_TYPE] !== 1 || bytes[at + HARDWARE_LENGTH] !== 6) return undefined;
  const message = createDhcpMessage();
  message.op = bytes[at + OP]!;
  message.transaction = readAddress(bytes, at + TRANSACTION);
  message.seconds = (bytes[at + SECONDS]! << 8) | bytes[at + SECONDS + 1]!;
  message.broadcast = (bytes[at + FLAGS]! & 0x80) !== 0;
  message.clientAddress = readAddress(bytes, at + CLIENT_ADDRESS);
  message.yourAddress = readAddress(bytes, at + YOUR_ADDRESS);
  message.mac = bytes.slice(at + CLIENT_HARDWARE, at + CLIENT_HARDWARE + 6);
  const end = at + length;
  let position = at + OPTIONS;
  while (position < end) {
    const option = bytes[position]!;
    if (option === OPTION_END) break;
    if (option === OPTION_PAD) {
      position++;
      continue;
    }
    if (position + 1 >= end) return undefined;
    const size = bytes[position + 1]!;
    if (position + 2 + size > end) return undefined;
    readOption(message, option, bytes, position + 2, size);
    position += 2 + size;
  }
  return message.type === 0 ? undefined : message;
}

function readOption(message: DhcpMessage, option: number, bytes: Uint8Array, at: number, size: number): void {
  if (option === OPTION_MESSAGE_TYPE && size === 1) {
    message.type = bytes[at]!;
    return;
  }
  if (option === OPTION_ROUTER) message.routers = readAddresses(bytes, at, size);
  if (option === OPTION_DNS) message.dns = readAddresses(bytes, at, size);
  if (size !== 4) return;
  const value = readAddress(bytes, at);
  if (option === OPTION_SUBNET_MASK) message.mask = value;
  else if (option === OPTION_SERVER) message.server = value;
  else if (option === OPTION_REQUESTED_ADDRESS) message.requestedAddress = value;
  else if (option === OPTION_LEASE_TIME) message.leaseTime = value >>> 0;
  else if (option === OPTION_RENEWAL_TIME) message.renewalTime = value >>> 0;
  else if (option === OPTION_REBINDING_TIME) message.rebindingTime = value >>> 0;
}

function readAddresses(bytes: Uint8Array, at: number, size: number): number[] {
  const addresses: number[] = [];
  for (let offset = 0; offset + 4 <= size; offset += 4) addresses.push(readAddress(bytes, at + offset));
  return addresses;
}

/** Writes the message and returns its length, at most 576 - 28 bytes. */
export function emitDhcp(into: Uint8Array, at: number, message: DhcpMessage): number {
  into.fill(0, at, at + MIN_LENGTH);
  into[at + OP] = message.op;
  into[at + HARDWARE_TYPE] = 1;
  into[at + HARDWARE_LENGTH] = 6;
  writeAddress(into, at + TRANSACTION, message.transaction);
  into[at + SECONDS] = message.seconds >> 8;
  into[at + SECONDS + 1] = message.seconds;
  if (message.broadcast) into[at + FLAGS] = FLAG_BROADCAST >> 8;
  writeAddress(into, at + CLIENT_ADDRESS, message.clientAddress);
  writeAddress(into, at + YOUR_ADDRESS, message.yourAddress);
  into.set(message.mac, at + CLIENT_HARDWARE);
  writeAddress(into, at + MAGIC_COOKIE, COOKIE);
  let position = at + OPTIONS;
  into[position++] = OPTION_MESSAGE_TYPE;
  into[position++] = 1;
  into[position++] = message.type;
  const numbers = (option: number, values: readonly number[]): void => {
    into[position++] = option;
    into[position++] = values.length * 4;
    for (const value of values) {
      writeAddress(into, position, value);
      position += 4;
    }
  };
  if (message.op === OP_REQUEST) {
    into[position++] = OPTION_CLIENT_ID;
    into[position++] = 7;
    into[position++] = 1;
    into.set(message.mac, position);
    position += 6;
    const wanted = [
      OPTION_SUBNET_MASK,
      OPTION_ROUTER,
      OPTION_DNS,
      OPTION_LEASE_TIME,
      OPTION_RENEWAL_TIME,
      OPTION_REBINDING_TIME,
    ];
    into[position++] = OPTION_PARAMETERS;
    into[position++] = wanted.length;
    for (const option of wanted) into[position++] = option;
  }
  if (message.requestedAddress !== 0) numbers(OPTION_REQUESTED_ADDRESS, [message.requestedAddress]);
  if (message.server !== 0) numbers(OPTION_SERVER, [message.server]);
  if (message.mask !== 0) numbers(OPTION_SUBNET_MASK, [message.mask]);
  if (message.routers.length > 0) numbers(OPTION_ROUTER, message.routers.slice(0, 8));
  if (message.dns.length > 0) numbers(OPTION_DNS, message.dns.slice(0, 8));
  if (message.leaseTime >= 0) numbers(OPTION_LEASE_TIME, [message.leaseTime | 0]);
  if (message.renewalTime >= 0) numbers(OPTION_RENEWAL_TIME, [message.renewalTime | 0]);
  if (message.rebindingTime >= 0) numbers(OPTION_REBINDING_TIME, [message.rebindingTime | 0]);
  into[position++] = OPTION_END;
  return Math.max(position - at, MIN_LENGTH);
}
