/// <reference path="../native-engine.d.ts" />
import { CryptoKey, crypto, SubtleCrypto } from "native:engine/crypto";
import { createKeyFormats, type ExportKey, type ImportKey } from "../standards/subtle-keys.ts";

/** `crypto.subtle`: the engine's module (mbedTLS), with keys in the standard's formats. Which algorithms it has is in the README. */
const { subtle } = crypto;

const engine = subtle as unknown as { importKey: ImportKey; exportKey: ExportKey };
const { importKey, exportKey } = createKeyFormats({
  importKey: engine.importKey.bind(subtle),
  exportKey: engine.exportKey.bind(subtle),
});
// In the prototype, so that all see the same functions, whichever way they come by them.
for (const [name, value] of Object.entries({ importKey, exportKey }))
  Object.defineProperty(SubtleCrypto.prototype, name, { value, writable: true, configurable: true });

export {
  CryptoKey,
  CryptoKey as "globalThis.CryptoKey",
  SubtleCrypto,
  SubtleCrypto as "globalThis.SubtleCrypto",
  subtle as "crypto.subtle",
  subtle as "globalThis.crypto.subtle",
};
