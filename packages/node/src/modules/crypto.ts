/**
 * `crypto`: hashes, HMAC, PBKDF2 and random bytes, by @noble/hashes and Web Cryptography; and `webcrypto`, which clients of
 * today ask for first.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { pbkdf2 as noblePbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { argumentError } from "../errors.ts";
import { Buffer } from "./buffer.ts";

const HASHES = { md5, sha1, sha224, sha256, sha384, sha512 } as const;
type Data = string | Uint8Array;

function hashOf(name: string): (typeof HASHES)["sha256"] {
  const key = name.toLowerCase().replace("sha-", "sha");
  if (!Object.hasOwn(HASHES, key)) throw argumentError("ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${name}`);
  return HASHES[key as "sha256"];
}

const bytesOf = (data: Data, encoding?: string): Uint8Array =>
  typeof data === "string" ? Buffer.from(data, encoding ?? "utf8") : data;

interface State {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** What `createHash` and `createHmac` return. */
export class Hash {
  readonly #state: State;
  #done = false;

  constructor(state: State) {
    this.#state = state;
  }

  update(data: Data, encoding?: string): this {
    if (this.#done) throw argumentError("ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
    this.#state.update(bytesOf(data, encoding));
    return this;
  }

  digest(): Buffer;
  digest(encoding: string | undefined): Buffer | string;
  digest(encoding?: string): Buffer | string {
    if (this.#done) throw argumentError("ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
    this.#done = true;
    const bytes = this.#state.digest();
    const buffer = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
    return encoding === undefined || encoding === "buffer" ? buffer : buffer.toString(encoding);
  }
}

export const createHash = (name: string): Hash => new Hash(hashOf(name).create());
export const createHmac = (name: string, key: Data): Hash => new Hash(hmac.create(hashOf(name), bytesOf(key)));
export const getHashes = (): string[] => Object.keys(HASHES);

export function pbkdf2Sync(password: Data, salt: Data, iterations: number, length: number, digest: string): Buffer {
  const key = noblePbkdf2(hashOf(digest), bytesOf(password), bytesOf(salt), { c: iterations, dkLen: length });
  return Buffer.from(key.buffer as ArrayBuffer, key.byteOffset, key.length);
}

type Done = (error: Error | null, key?: Buffer) => void;

export function pbkdf2(
  password: Data,
  salt: Data,
  iterations: number,
  length: number,
  digest: string,
  done: Done,
): void {
  setTimeout(() => done(null, pbkdf2Sync(password, salt, iterations, length, digest)), 0);
}

export function randomBytes(size: number, done?: Done): Buffer {
  const bytes = Buffer.alloc(size);
  // As much as one call gives.
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  if (done !== undefined) queueMicrotask(() => done(null, bytes));
  return bytes;
}

export function randomInt(least: number, bound?: number): number {
  const [from, to] = bound === undefined ? [0, least] : [least, bound];
  const range = to - from;
  if (!Number.isSafeInteger(from) || !(range > 0 && range <= 2 ** 32)) {
    throw argumentError("ERR_OUT_OF_RANGE", `no random integer from ${from} up to below ${to}: up to 2^32 values`);
  }
  const word = new Uint32Array(1);
  // Beyond the last whole multiple some values would be more likely than others.
  const limit = Math.floor(2 ** 32 / range) * range;
  do crypto.getRandomValues(word);
  while (word[0]! >= limit);
  return from + (word[0]! % range);
}

export const randomUUID = (): string => crypto.randomUUID();

/** Takes the same time wherever they differ. */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) {
    throw argumentError("ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
  }
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}

type WebCrypto = typeof globalThis.crypto;

export const webcrypto: Pick<WebCrypto, "subtle" | "getRandomValues" | "randomUUID"> = {
  subtle: crypto.subtle,
  getRandomValues: ((array: Uint8Array) => crypto.getRandomValues(array)) as WebCrypto["getRandomValues"],
  randomUUID: () => crypto.randomUUID(),
};
export const subtle: WebCrypto["subtle"] = webcrypto.subtle;
export const getRandomValues: WebCrypto["getRandomValues"] = webcrypto.getRandomValues;

export default {
  createHash,
  createHmac,
  getHashes,
  pbkdf2,
  pbkdf2Sync,
  randomBytes,
  randomInt,
  randomUUID,
  timingSafeEqual,
  webcrypto,
  subtle,
  getRandomValues,
};
