/** Sets of bytes for `findInSet`: an entry that is not 0 ends the search. */

export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const TAB = 9;
export const COLON = 58;

function setOf(contains: (byte: number) => boolean): Uint8Array {
  const set = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) set[byte] = contains(byte) ? 1 : 0;
  return set;
}

const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HOST = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~%!$&'()*+,;=:[]";

/** What a token (RFC 9110 5.6.2) cannot hold. */
export const NOT_TOKEN = setOf((byte) => !TOKEN.includes(String.fromCharCode(byte)));

/**
 * What a request target cannot hold. RFC 3986 forbids some visible characters too (`"<>^{|}` and more), but browsers send
 * them in queries and they cannot be mistaken for anything else; a fragment (`#`) is never sent.
 */
export const NOT_TARGET = setOf((byte) => byte <= 0x20 || byte >= 0x7f || byte === 0x23);

/** What a field value cannot hold (RFC 9110 5.5): controls other than HTAB. CR and LF, that end it, are among them. */
export const NOT_VALUE = setOf((byte) => (byte < 0x20 && byte !== TAB) || byte === 0x7f);

/** What uri-host [ ":" port ] (RFC 9110 7.2) cannot hold. */
export const NOT_HOST = setOf((byte) => !HOST.includes(String.fromCharCode(byte)));
