/**
 * Modules of the engine: web standards that QuickJS itself lacks, as native code. Importing one puts it into the image, and
 * gives what the module puts on the global object.
 */

/** Parser and serialiser of the URL Standard (ada), without `searchParams` and `URL.parse`. */
declare module "native:engine/url" {
  export class URL {
    constructor(url: string, base?: string);
    static canParse(url: string, base?: string): boolean;
    get href(): string;
    set href(value: string);
    get search(): string;
    set search(value: string);
    get hash(): string;
    set hash(value: string);
    get host(): string;
    set host(value: string);
    get hostname(): string;
    set hostname(value: string);
    get pathname(): string;
    set pathname(value: string);
    get port(): string;
    set port(value: string);
    get protocol(): string;
    set protocol(value: string);
    get username(): string;
    set username(value: string);
    get password(): string;
    set password(value: string);
    get origin(): string;
    toString(): string;
    toJSON(): string;
  }
}

/** Web Cryptography (mbedTLS). */
declare module "native:engine/crypto" {
  type Subtle = (typeof globalThis.crypto)["subtle"];
  export const crypto: { readonly subtle: Subtle };
  export const CryptoKey: { prototype: object };
  export const SubtleCrypto: { prototype: Subtle };
}
