/** What a station is told (RFC 2131, RFC 2132). Addresses are numbers. */
export interface Lease {
  readonly address: number;
  readonly prefix: number;
  readonly router?: number;
  readonly server: number;
  readonly nameServer: number;
  readonly domain: string;
  readonly hostname: string;
}

const HEADER_SIZE = 240;
const MAGIC = 0x6382_5363;
const REQUEST = 1;
const REPLY = 2;
/** Shortest message that every relay and client takes (RFC 1542 2.1). */
const MINIMUM_SIZE = 300;
const LEASE_SECONDS = 86_400;

const OPTION = {
  mask: 1,
  router: 3,
  nameServer: 6,
  hostname: 12,
  domain: 15,
  requestedAddress: 50,
  leaseTime: 51,
  messageType: 53,
  server: 54,
  end: 255,
} as const;

const TYPE = { discover: 1, offer: 2, request: 3, ack: 5, nak: 6, inform: 8 } as const;

/**
 * The answer to a client's message: each station has one address, which it is told whenever it asks. Undefined when there is
 * none: bad bytes, a message for another server, one that needs no answer.
 */
export function answerDhcp(message: Uint8Array, lease: Lease): Uint8Array | undefined {
  if (message.length < HEADER_SIZE || message[0] !== REQUEST) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  if (view.getUint32(236) !== MAGIC) return undefined;
  const options = parseOptions(message);
  const type = options.get(OPTION.messageType)?.[0];
  const server = number(options.get(OPTION.server));
  if (server !== undefined && server !== lease.server) return undefined;
  if (type === TYPE.discover) return emit(message, lease, TYPE.offer);
  if (type === TYPE.inform) return emit(message, lease, TYPE.ack);
  if (type !== TYPE.request) return undefined;
  // What the client wants is in the option while it has no address, and in `ciaddr` when it renews (RFC 2131 4.3.2).
  const wanted = number(options.get(OPTION.requestedAddress)) ?? view.getUint32(12);
  return emit(message, lease, wanted === lease.address ? TYPE.ack : TYPE.nak);
}

function emit(message: Uint8Array, lease: Lease, type: number): Uint8Array {
  const options = [OPTION.messageType, 1, type, OPTION.server, 4, ...bytesOf(lease.server)];
  if (type !== TYPE.nak) {
    const mask = (0xffff_ffff << (32 - lease.prefix)) >>> 0;
    options.push(OPTION.leaseTime, 4, ...bytesOf(LEASE_SECONDS), OPTION.mask, 4, ...bytesOf(mask));
    if (lease.router !== undefined) options.push(OPTION.router, 4, ...bytesOf(lease.router));
    options.push(OPTION.nameServer, 4, ...bytesOf(lease.nameServer));
    options.push(OPTION.domain, ...text(lease.domain), OPTION.hostname, ...text(lease.hostname));
  }
  options.push(OPTION.end);
  const reply = new Uint8Array(Math.max(MINIMUM_SIZE, HEADER_SIZE + options.length));
  // Hardware type and address, transaction, flags and relay are the client's.
  reply.set(message.subarray(0, 8));
  reply.set(message.subarray(10, 12), 10);
  reply.set(message.subarray(24, 44), 24);
  const view = new DataView(reply.buffer);
  view.setUint8(0, REPLY);
  view.setUint8(3, 0);
  if (type !== TYPE.nak) {
    view.setUint32(16, lease.address);
    view.setUint32(20, lease.server);
  }
  view.setUint32(236, MAGIC);
  reply.set(options, HEADER_SIZE);
  return reply;
}

function parseOptions(message: Uint8Array): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  for (let at = HEADER_SIZE; at < message.length && message[at] !== OPTION.end; ) {
    const code = message[at]!;
    if (code === 0) {
      at++;
      continue;
    }
    const length = message[at + 1] ?? message.length;
    if (at + 2 + length > message.length) break;
    if (!options.has(code)) options.set(code, message.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}

function number(bytes: Uint8Array | undefined): number | undefined {
  return bytes?.length === 4 ? bytes.reduce((value, byte) => value * 256 + byte, 0) : undefined;
}

const bytesOf = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
