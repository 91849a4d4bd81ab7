import { utf8 } from "./bytes.ts";

/** Cookies of one request at most: the rest is not looked at. */
export const MAX_COOKIES = 100;

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 6265 4.1.1 cookie-octet. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;

/** All cookies of a Cookie header; of equal names the first, which is the most specific (RFC 6265 5.4). Values are percent-decoded. */
export function parseCookies(header: string | null): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? "").split(";", MAX_COOKIES)) {
    const equals = pair.indexOf("=");
    if (equals < 0) continue;
    const name = pair.slice(0, equals).trim();
    if (name === "" || cookies.has(name)) continue;
    const raw = pair.slice(equals + 1).trim();
    cookies.set(name, decode(raw.startsWith('"') && raw.endsWith('"') && raw.length > 1 ? raw.slice(1, -1) : raw));
  }
  return cookies;
}

function decode(value: string): string {
  try {
    return value.includes("%") ? decodeURIComponent(value) : value;
  } catch {
    return value;
  }
}

export interface CookieOptions {
  /** Default "/". `false`: none, so that the request's own folder is it. */
  readonly path?: string | false;
  readonly domain?: string;
  /** Seconds; 0 and less delete the cookie. */
  readonly maxAge?: number;
  readonly expires?: Date;
  /** Default true: scripts do not see it. */
  readonly httpOnly?: boolean;
  readonly secure?: boolean;
  /** Default "Lax". */
  readonly sameSite?: "Strict" | "Lax" | "None";
  readonly partitioned?: boolean;
  readonly priority?: "Low" | "Medium" | "High";
}

/**
 * A Set-Cookie field's value. `__Host-` and `__Secure-` names are held to their rules (RFC 6265bis 4.1.3).
 *
 * @throws TypeError for a name or attribute that no cookie can have.
 * @example
 * response.headers.append("set-cookie", setCookie("theme", "dark", { maxAge: 31536000 }));
 */
export function setCookie(name: string, value: string, options: CookieOptions = {}): string {
  if (!NAME.test(name)) throw new TypeError(`Cookie: ${JSON.stringify(name)} is not a name`);
  const { path = "/", domain, maxAge, expires, httpOnly = true, secure = false, sameSite = "Lax" } = options;
  const host = /^__Host-/i.test(name);
  if ((host || /^__Secure-/i.test(name)) && !secure) throw new TypeError(`Cookie ${name} must be secure`);
  if (host && (path !== "/" || domain !== undefined)) throw new TypeError(`Cookie ${name} has path "/" and no domain`);
  if ((sameSite === "None" || options.partitioned) && !secure) throw new TypeError(`Cookie ${name} must be secure`);
  let text = `${name}=${VALUE.test(value) && !value.includes("%") ? value : encodeURIComponent(value)}`;
  if (path !== false) text += `; Path=${attribute(path)}`;
  if (domain !== undefined) text += `; Domain=${attribute(domain)}`;
  if (maxAge !== undefined) text += `; Max-Age=${Math.trunc(maxAge)}`;
  if (expires !== undefined) text += `; Expires=${expires.toUTCString()}`;
  if (httpOnly) text += "; HttpOnly";
  if (secure) text += "; Secure";
  text += `; SameSite=${sameSite}`;
  if (options.partitioned) text += "; Partitioned";
  if (options.priority !== undefined) text += `; Priority=${options.priority}`;
  return text;
}

function attribute(value: string): string {
  if (/[^ -:<-~]/.test(value)) throw new TypeError(`Cookie: ${JSON.stringify(value)} cannot stand in an attribute`);
  return value;
}

/** Makes and reads values that only the holder of a key can make. */
export interface CookieSealer {
  /** `name` is part of what is protected: a value fits no other cookie. */
  seal(name: string, value: string): Promise<string>;
  /** `undefined` for a value that no key has made. */
  open(name: string, sealed: string): Promise<string | undefined>;
}

const KEY_LENGTH = 32;

function assertKeys(keys: readonly Uint8Array[]): void {
  if (keys.length === 0) throw new TypeError("Cookies: a key is needed, there is none by default");
  for (const key of keys) {
    if (key.length < KEY_LENGTH)
      throw new RangeError(`Cookies: a key has at least ${KEY_LENGTH} bytes, not ${key.length}`);
  }
}

/** Readable, not changeable: HMAC with SHA-256. The first key signs; the others still verify, so that keys can be rotated. */
export function signedCookies(keys: readonly Uint8Array[]): CookieSealer {
  assertKeys(keys);
  const made = keys.map((key) => importKey(key, { name: "HMAC", hash: "SHA-256" }, ["sign", "verify"]));
  return {
    async seal(name, value) {
      const mac = await crypto.subtle.sign("HMAC", await made[0]!(), utf8(`${name}=${value}`));
      return `${value}.${toBase64Url(new Uint8Array(mac))}`;
    },
    async open(name, sealed) {
      const dot = sealed.lastIndexOf(".");
      const mac = dot < 0 ? undefined : fromBase64Url(sealed.slice(dot + 1));
      if (mac === undefined) return undefined;
      const value = sealed.slice(0, dot);
      for (const key of made) {
        if (await crypto.subtle.verify("HMAC", await key(), mac, utf8(`${name}=${value}`))) return value;
      }
      return undefined;
    },
  };
}

/** Neither readable nor changeable: AES-256-GCM. The first key seals; the others still open, so that keys can be rotated. */
export function sealedCookies(keys: readonly Uint8Array[]): CookieSealer {
  assertKeys(keys);
  const made = keys.map((key) => importKey(key.subarray(0, KEY_LENGTH), "AES-GCM", ["encrypt", "decrypt"]));
  return {
    async seal(name, value) {
      // Random 96-bit nonces: fewer than 2^32 cookies a key (NIST SP 800-38D 8.3).
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const parameters = { name: "AES-GCM", iv, additionalData: utf8(name) };
      const content = new Uint8Array(await crypto.subtle.encrypt(parameters, await made[0]!(), utf8(value)));
      const whole = new Uint8Array(12 + content.length);
      whole.set(iv);
      whole.set(content, 12);
      return toBase64Url(whole);
    },
    async open(name, sealed) {
      const whole = fromBase64Url(sealed);
      if (whole === undefined || whole.length < 28) return undefined;
      const parameters = { name: "AES-GCM", iv: whole.subarray(0, 12), additionalData: utf8(name) };
      for (const key of made) {
        try {
          return new TextDecoder().decode(await crypto.subtle.decrypt(parameters, await key(), whole.subarray(12)));
        } catch {
          // Another key's.
        }
      }
      return undefined;
    },
  };
}

/** Imported when first used: keys are made when the image is built, crypto is the booted machine's. */
function importKey(
  key: Uint8Array,
  algorithm: "AES-GCM" | { name: "HMAC"; hash: "SHA-256" },
  usages: ("sign" | "verify" | "encrypt" | "decrypt")[],
): () => ReturnType<typeof crypto.subtle.importKey> {
  let imported: ReturnType<typeof crypto.subtle.importKey> | undefined;
  return () => {
    imported ??= crypto.subtle.importKey("raw", key.slice(), algorithm, false, usages);
    return imported;
  };
}

export function toBase64Url(content: Uint8Array): string {
  let text = "";
  for (const byte of content) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
