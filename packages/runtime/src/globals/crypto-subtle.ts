/// <reference path="../native-engine.d.ts" />
import { CryptoKey, crypto, SubtleCrypto } from "native:engine/crypto";

/** `crypto.subtle`: the engine's module (mbedTLS). Which algorithms it has is in the README. */
const { subtle } = crypto;

export {
  CryptoKey,
  CryptoKey as "globalThis.CryptoKey",
  SubtleCrypto,
  SubtleCrypto as "globalThis.SubtleCrypto",
  subtle as "crypto.subtle",
  subtle as "globalThis.crypto.subtle",
};
