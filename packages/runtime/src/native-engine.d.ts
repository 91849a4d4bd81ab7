/**
 * Modules of the engine: web standards that QuickJS itself lacks, as native code. Importing one puts it into the image, and
 * gives what the module puts on the global object.
 */

/** Parser and serialiser of the URL Standard (ada), without `searchParams` and `URL.parse`. */
declare module "native:engine/url" {
  export const URL: {
    new (url: string, base?: string): Omit<globalThis.URL, "searchParams">;
    canParse(url: string, base?: string): boolean;
  };
}

/** Web Cryptography (mbedTLS). */
declare module "native:engine/crypto" {
  export const crypto: { readonly subtle: SubtleCrypto };
  export const CryptoKey: { prototype: CryptoKey };
  export const SubtleCrypto: { prototype: SubtleCrypto };
}
