// echo ADDRESS PORT BYTES [SEED]: sends pseudo-random bytes, half-closes, and compares every byte that comes back.
// Prints {"sent","received","wrong","seconds"}; `wrong` is the offset of the first byte that differs, or -1.
import { connect } from "node:net";

const [address, port, size, seed = "1"] = process.argv.slice(2) as [string, string, string, string?];
const total = Number(size);

/** Bytes of a long sequence by offset, the same in both directions: xorshift32 in blocks of 64 KiB, each seeded by its number. */
const BLOCK = 65536;
function block(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(BLOCK);
  let state = (Number(seed) * 0x9e3779b1 + number * 0x85ebca6b) | 1;
  for (let at = 0; at < BLOCK; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state, at);
  }
  return bytes;
}

const socket = connect(Number(port), address);
socket.setNoDelay(true);
socket.setTimeout(240_000, () => socket.destroy(new Error("nothing came for 240 s")));
const started = performance.now();
let sent = 0;
let received = 0;
let wrong = -1;
let expected = block(0);
let expectedNumber = 0;

socket.on("data", (chunk: Buffer) => {
  let at = 0;
  while (at < chunk.length && wrong < 0) {
    const number = Math.floor(received / BLOCK);
    if (number !== expectedNumber) {
      expected = block(number);
      expectedNumber = number;
    }
    const offset = received % BLOCK;
    const length = Math.min(chunk.length - at, BLOCK - offset);
    if (chunk.compare(expected, offset, offset + length, at, at + length) !== 0) {
      wrong = received;
      for (let i = 0; i < length && chunk[at + i] === expected[offset + i]; i++) wrong++;
    }
    at += length;
    received += length;
  }
});

const finished = new Promise<void>((resolve, reject) => {
  socket.on("end", resolve);
  socket.on("error", reject);
});

async function send(): Promise<void> {
  for (let number = 0; sent < total; number++) {
    const bytes = block(number).subarray(0, Math.min(BLOCK, total - sent));
    sent += bytes.length;
    if (!socket.write(bytes)) await new Promise((resolve) => socket.once("drain", resolve));
  }
  socket.end();
}

await Promise.all([send(), finished]);
console.log(JSON.stringify({ sent, received, wrong, seconds: (performance.now() - started) / 1000 }));
