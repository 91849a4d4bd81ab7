/** The native platform module, played by Node.js: a clock that stands still, a console that is a string, devices of bytes. */

type Handlers = Parameters<typeof import("native:platform").register>[0];

export interface FakeNetDevice {
  mtu: number;
  mac: readonly number[];
  /** Frames that `netRead` will give. */
  incoming: Uint8Array[];
  sent: Uint8Array[];
  isFull: boolean;
  /** What it does for who asks, as `state[10]` has it. */
  offloads: number;
  /** What was asked of it, for each frame sent. */
  asked: number[];
  rx: Uint8Array;
  tx: Uint8Array;
  state: Int32Array;
}

export interface FakeBlockDevice {
  blockSize: number;
  data: Uint8Array;
  isBroken: boolean;
}

const initial = () => ({
  handlers: undefined as Handlers | undefined,
  commandLine: "",
  console: "",
  exitCode: undefined as number | undefined,
  time: 0,
  epoch: 1_700_000_000_000,
  /** What `setWall` was called with last. */
  wallLine: [] as readonly number[],
  /** What each entropy source fills with; how many bytes it can. */
  entropy: (_source: number, into: Uint8Array): number => {
    crypto.getRandomValues(into as Uint8Array<ArrayBuffer>);
    return into.length;
  },
  /** What `memoryUsage` tells. */
  memory: [2_000_000, 64_000_000, 300_000, 450_000, 3],
  mathSeeds: [] as Uint8Array[],
  seeds: [] as Uint8Array[],
  nets: new Map<string, FakeNetDevice>(),
  blocks: new Map<string, FakeBlockDevice>(),
});

export const fake = initial();

export function resetFake(): void {
  Object.assign(fake, initial());
  netHandles.length = 0;
  blockHandles.length = 0;
}

const netHandles: FakeNetDevice[] = [];
const blockHandles: FakeBlockDevice[] = [];
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function register(handlers: Handlers): void {
  fake.handlers = handlers;
}
export function commandLine(): string {
  return fake.commandLine;
}
export function memoryUsage(into: Float64Array): void {
  into.set(fake.memory);
}
/** Unlike the real one it returns: the first code counts. */
export function exit(code: number): void {
  fake.exitCode ??= code;
}
export function consoleWrite(text: string | Uint8Array): void {
  fake.console += typeof text === "string" ? text : decoder.decode(text);
}
export function monotonic(): number {
  return fake.time;
}
export function wall(): number {
  return fake.epoch + fake.time;
}
export function setWall(base: number, slew: number, from: number, rate: number): void {
  fake.wallLine = [base, slew, from, rate];
}
export function entropy(source: number, into: Uint8Array): number {
  return fake.entropy(source, into);
}
export function seedMathRandom(seed: Uint8Array): void {
  fake.mathSeeds.push(seed.slice());
}
export function seedRandom(seed: Uint8Array): void {
  fake.seeds.push(seed.slice());
}
export function chacha20(): void {
  throw new Error("the fake kernel has no chacha20");
}

export function addFakeNet(name: string): FakeNetDevice {
  const device: FakeNetDevice = {
    mtu: 1500,
    mac: [2, 0, 0, 0, 0, 1],
    incoming: [],
    sent: [],
    isFull: false,
    offloads: 0,
    asked: [],
    rx: new Uint8Array(0),
    tx: new Uint8Array(0),
    state: new Int32Array(0),
  };
  fake.nets.set(name, device);
  return device;
}
export function netAcquire(name: string, rx: Uint8Array, tx: Uint8Array, state: Int32Array, offloads: boolean): number {
  const device = fake.nets.get(name);
  if (device === undefined) return -1;
  if (offloads) state[10] = device.offloads;
  Object.assign(device, { rx, tx, state });
  state[3] = device.mtu;
  state.set(device.mac, 4);
  return netHandles.push(device) - 1;
}
export function netRead(handle: number): number {
  const device = netHandles[handle]!;
  const frame = device.incoming.shift();
  if (frame === undefined) return 0;
  const offset = 2048 + 12;
  device.rx.set(frame, offset);
  device.state[0] = offset;
  return frame.length;
}
export function netReserve(handle: number, length = 1514): number {
  const device = netHandles[handle]!;
  return device.isFull || length > (device.state[10] === 0 ? 1514 : 65_549) ? -1 : 4096;
}
export function netSend(handle: number, offset: number, length: number, offload = 0): void {
  const device = netHandles[handle]!;
  device.asked.push(offload);
  device.sent.push(device.tx.slice(offset, offset + length));
}

export function addFakeBlock(name: string, blockSize: number, blocks: number): FakeBlockDevice {
  const device = { blockSize, data: new Uint8Array(blockSize * blocks), isBroken: false };
  fake.blocks.set(name, device);
  return device;
}
export function blockAcquire(name: string, state: Float64Array): number {
  const device = fake.blocks.get(name);
  if (device === undefined) return -1;
  state[0] = device.blockSize;
  state[1] = device.data.length / device.blockSize;
  return blockHandles.push(device) - 1;
}
export function blockRead(handle: number, block: number, into: Uint8Array, offset: number): number {
  const { isBroken, data, blockSize } = blockHandles[handle]!;
  if (isBroken) return -1;
  into.set(data.subarray(block * blockSize, (block + 1) * blockSize), offset);
  return 0;
}
export function blockWrite(handle: number, block: number, from: Uint8Array, offset: number): number {
  const { isBroken, data, blockSize } = blockHandles[handle]!;
  if (isBroken) return -1;
  data.set(from.subarray(offset, offset + blockSize), block * blockSize);
  return 0;
}

export function checksum(): number {
  throw new Error("not played");
}
export function findByte(bytes: Uint8Array, byte: number, offset: number, length: number): number {
  const index = bytes.subarray(offset, offset + length).indexOf(byte);
  return index < 0 ? -1 : offset + index;
}
export function findInSet(bytes: Uint8Array, set: Uint8Array, offset: number, length: number): number {
  const index = bytes.subarray(offset, offset + length).findIndex((byte) => set[byte] !== 0);
  return index < 0 ? -1 : offset + index;
}
export function copy(to: Uint8Array, toOffset: number, from: Uint8Array, fromOffset: number, length: number): void {
  to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
}
export function parseSegment(): number {
  throw new Error("not played");
}
export function emitSegment(): number {
  throw new Error("not played");
}
export function equal(): boolean {
  throw new Error("not played");
}
export function utf8Decode(bytes: Uint8Array, offset: number, length: number): string {
  return decoder.decode(bytes.subarray(offset, offset + length));
}
export function utf8Encode(text: string, into: Uint8Array, offset: number): number {
  const bytes = encoder.encode(text);
  if (offset + bytes.length > into.length) return -1;
  into.set(bytes, offset);
  return bytes.length;
}
export function latin1Decode(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}
