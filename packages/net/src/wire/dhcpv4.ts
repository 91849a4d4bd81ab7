import { prefixMask, readAddress, writeAddress } from "./ipv4-address.ts";

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
export const SERVER_NAME = 44;
export const FILE = 108;
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
export const OPTION_HOST_NAME = 12;
export const OPTION_DOMAIN_NAME = 15;
export const OPTION_INTERFACE_MTU = 26;
export const OPTION_NTP = 42;
export const OPTION_REQUESTED_ADDRESS = 50;
export const OPTION_LEASE_TIME = 51;
export const OPTION_OVERLOAD = 52;
export const OPTION_MESSAGE_TYPE = 53;
export const OPTION_SERVER = 54;
export const OPTION_PARAMETERS = 55;
export const OPTION_RENEWAL_TIME = 58;
export const OPTION_REBINDING_TIME = 59;
export const OPTION_CLIENT_ID = 61;
/** RFC 3442. */
export const OPTION_CLASSLESS_ROUTES = 121;
export const OPTION_END = 255;

export const DISCOVER = 1;
export const OFFER = 2;
export const REQUEST = 3;
export const DECLINE = 4;
export const ACK = 5;
export const NAK = 6;
export const RELEASE = 7;
export const INFORM = 8;

/** "A client must be prepared to receive … at least 312 octets of options" (RFC 2131 2): BOOTP relays like 300 bytes and more. */
const MIN_LENGTH = 300;
/** "labels 63 octets or less" (RFC 1035 2.3.4), of names and routes that we write, so that all fits in 548 bytes. */
const MAX_NAME = 63;
const MAX_EMITTED_ROUTES = 8;

/** A route of option 121; gateway 0: on the link. */
export interface DhcpRoute {
  readonly destination: number;
  readonly prefix: number;
  readonly gateway: number;
}

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
  ntp: number[];
  /** "" when absent. */
  hostName: string;
  domainName: string;
  /** 0 when absent. */
  mtu: number;
  /** `undefined` when absent: then, and only then, `routers` counts (RFC 3442). */
  routes: DhcpRoute[] | undefined;
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
    ntp: [],
    hostName: "",
    domainName: "",
    mtu: 0,
    routes: undefined,
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
  const options = new Map<number, number[]>();
  if (!collectOptions(options, bytes, at + OPTIONS, at + length)) return undefined;
  // RFC 2131 4.1: first the options field, then `file`, then `sname`.
  const overload = options.get(OPTION_OVERLOAD)?.[0] ?? 0;
  if ((overload & 1) !== 0 && !collectOptions(options, bytes, at + FILE, at + MAGIC_COOKIE)) return undefined;
  if ((overload & 2) !== 0 && !collectOptions(options, bytes, at + SERVER_NAME, at + FILE)) return undefined;
  for (const [option, value] of options) readOption(message, option, Uint8Array.from(value));
  return message.type === 0 ? undefined : message;
}

/** An option that comes several times is one, in pieces (RFC 3396 7). False: an option ends behind the field. */
function collectOptions(options: Map<number, number[]>, bytes: Uint8Array, from: number, end: number): boolean {
  let position = from;
  while (position < end) {
    const option = bytes[position]!;
    if (option === OPTION_END) break;
    if (option === OPTION_PAD) {
      position++;
      continue;
    }
    if (position + 1 >= end) return false;
    const size = bytes[position + 1]!;
    if (position + 2 + size > end) return false;
    let value = options.get(option);
    if (value === undefined) {
      value = [];
      options.set(option, value);
    }
    for (let index = 0; index < size; index++) value.push(bytes[position + 2 + index]!);
    position += 2 + size;
  }
  return true;
}

function readOption(message: DhcpMessage, option: number, bytes: Uint8Array): void {
  const size = bytes.length;
  if (option === OPTION_MESSAGE_TYPE && size === 1) message.type = bytes[0]!;
  else if (option === OPTION_ROUTER) message.routers = readAddresses(bytes, 0, size);
  else if (option === OPTION_DNS) message.dns = readAddresses(bytes, 0, size);
  else if (option === OPTION_NTP) message.ntp = readAddresses(bytes, 0, size);
  else if (option === OPTION_HOST_NAME) message.hostName = readText(bytes);
  else if (option === OPTION_DOMAIN_NAME) message.domainName = readText(bytes);
  else if (option === OPTION_INTERFACE_MTU && size === 2) message.mtu = (bytes[0]! << 8) | bytes[1]!;
  else if (option === OPTION_CLASSLESS_ROUTES) message.routes = readRoutes(bytes);
  if (size !== 4) return;
  const value = readAddress(bytes, 0);
  if (option === OPTION_SUBNET_MASK) message.mask = value;
  else if (option === OPTION_SERVER) message.server = value;
  else if (option === OPTION_REQUESTED_ADDRESS) message.requestedAddress = value;
  else if (option === OPTION_LEASE_TIME) message.leaseTime = value >>> 0;
  else if (option === OPTION_RENEWAL_TIME) message.renewalTime = value >>> 0;
  else if (option === OPTION_REBINDING_TIME) message.rebindingTime = value >>> 0;
}

/** A name; "" when it holds anything but what names hold, since it may end up in logs and queries. */
function readText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) if (byte !== 0) text += String.fromCharCode(byte);
  return /^[A-Za-z0-9._-]{1,253}$/.test(text) ? text : "";
}

/** RFC 3442: prefix length, as many bytes of the destination as it covers, router. `undefined` when broken. */
function readRoutes(bytes: Uint8Array): DhcpRoute[] | undefined {
  const routes: DhcpRoute[] = [];
  let at = 0;
  while (at < bytes.length) {
    const prefix = bytes[at++]!;
    const significant = (prefix + 7) >> 3;
    if (prefix > 32 || at + significant + 4 > bytes.length) return undefined;
    let destination = 0;
    for (let index = 0; index < significant; index++) destination |= bytes[at + index]! << (24 - 8 * index);
    at += significant;
    routes.push({ destination: destination & prefixMask(prefix), prefix, gateway: readAddress(bytes, at) });
    at += 4;
  }
  return routes;
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
  const text = (option: number, value: string): void => {
    if (value === "" || value.length > MAX_NAME) return;
    into[position++] = option;
    into[position++] = value.length;
    for (let index = 0; index < value.length; index++) into[position++] = value.charCodeAt(index);
  };
  text(OPTION_HOST_NAME, message.hostName);
  text(OPTION_DOMAIN_NAME, message.domainName);
  if (message.mtu !== 0) {
    into[position++] = OPTION_INTERFACE_MTU;
    into[position++] = 2;
    into[position++] = message.mtu >> 8;
    into[position++] = message.mtu;
  }
  if (message.ntp.length > 0) numbers(OPTION_NTP, message.ntp.slice(0, 4));
  if (message.routes !== undefined && message.routes.length > 0) {
    into[position++] = OPTION_CLASSLESS_ROUTES;
    const sizeAt = position++;
    for (const { destination, prefix, gateway } of message.routes.slice(0, MAX_EMITTED_ROUTES)) {
      into[position++] = prefix;
      for (let index = 0; index < (prefix + 7) >> 3; index++) into[position++] = destination >> (24 - 8 * index);
      writeAddress(into, position, gateway);
      position += 4;
    }
    into[sizeAt] = position - sizeAt - 1;
  }
  // RFC 2131 table 5: neither DECLINE nor RELEASE asks for anything.
  if (message.op === OP_REQUEST) {
    into[position++] = OPTION_CLIENT_ID;
    into[position++] = 7;
    into[position++] = 1;
    into.set(message.mac, position);
    position += 6;
  }
  if (message.op === OP_REQUEST && message.type !== DECLINE && message.type !== RELEASE) {
    const wanted = [
      OPTION_SUBNET_MASK,
      // Before the router (RFC 3442).
      OPTION_CLASSLESS_ROUTES,
      OPTION_ROUTER,
      OPTION_DNS,
      OPTION_HOST_NAME,
      OPTION_DOMAIN_NAME,
      OPTION_INTERFACE_MTU,
      OPTION_NTP,
    ];
    // "the client MUST NOT … request … lease time parameters" for an address of its own (RFC 2131 4.4.3).
    if (message.type !== INFORM) wanted.push(OPTION_LEASE_TIME, OPTION_RENEWAL_TIME, OPTION_REBINDING_TIME);
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
