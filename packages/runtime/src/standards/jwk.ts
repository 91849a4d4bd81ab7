/** JSON Web Key (RFC 7517), what is common to all kinds. */

export interface Jwk {
  readonly kty?: string;
  readonly [member: string]: unknown;
}

/** What was asked of a key besides its bytes. */
export interface JwkUse {
  readonly kty: "EC" | "RSA";
  /** RFC 7518's name, when the algorithm has one. */
  readonly alg: string | undefined;
  /** What `use` must be when it is there. */
  readonly use: "sig" | "enc";
  readonly extractable: boolean;
  readonly usages: readonly string[];
}

export const dataError = (message: string): DOMException => new DOMException(message, "DataError");

/** Web Cryptography 23.7 and on: members that contradict what was asked are a DataError. */
export function assertJwk(jwk: Jwk, { kty, alg, use, extractable, usages }: JwkUse): void {
  if (jwk.kty !== kty) throw dataError(`importKey() takes a JWK with kty ${kty} here`);
  if (jwk.use !== undefined && usages.length > 0 && jwk.use !== use) throw dataError(`the JWK's use is not ${use}`);
  if (jwk.alg !== undefined && alg !== undefined && jwk.alg !== alg) throw dataError(`the JWK's alg is not ${alg}`);
  if (jwk.ext === false && extractable) throw dataError("the JWK says that the key is not extractable");
  const operations = jwk.key_ops;
  if (operations === undefined) return;
  if (!Array.isArray(operations) || !usages.every((usage) => operations.includes(usage)))
    throw dataError("the JWK's key_ops do not hold the usages that were asked for");
}

/** RFC 7515 2: base64url without padding; bytes of a member that must be there. */
export function parseMember(jwk: Jwk, name: string): Uint8Array {
  const text = jwk[name];
  if (typeof text !== "string" || !/^[\w-]+$/.test(text) || text.length % 4 === 1)
    throw dataError(`the JWK's ${name} is not base64url`);
  const binary = atob(
    text
      .replaceAll("-", "+")
      .replaceAll("_", "/")
      .padEnd(Math.ceil(text.length / 4) * 4, "="),
  );
  return Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
}

export function emitMember(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
