import * as der from "./der.ts";
import { dataError, emitMember, type Jwk, parseMember } from "./jwk.ts";

/** RSA keys between the formats of Web Cryptography and PKCS #1's own (RFC 8017 A.1). */

export interface RsaKey {
  readonly type: "public" | "private";
  /** DER of RSAPublicKey or RSAPrivateKey. */
  readonly pkcs1: Uint8Array;
}

/** RFC 8017 A.1: rsaEncryption. */
const RSA_ENCRYPTION = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01);
const ATTRIBUTES = 0xa0;
/** RFC 7518 6.3, in the order of RFC 8017 A.1. */
const PUBLIC_MEMBERS = ["n", "e"];
const PRIVATE_MEMBERS = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

/** A key in the format "spki", "pkcs8" or "jwk" (with all of its primes' numbers); else a DataError. */
export function parseRsaKey(format: string, data: Uint8Array | Jwk): RsaKey {
  if (!(data instanceof Uint8Array)) return parseJwk(data);
  const [outer] = der.parseDer(data, [der.SEQUENCE]);
  if (format === "spki") {
    const [algorithm, key] = der.parseDer(outer!, [der.SEQUENCE, der.BIT_STRING]);
    assertAlgorithm(algorithm!);
    const pkcs1 = der.parseBits(key!);
    numbers(pkcs1, PUBLIC_MEMBERS.length);
    return { type: "public", pkcs1 };
  }
  const [version, algorithm, pkcs1] = der.parseDer(outer!, [der.INTEGER, der.SEQUENCE, der.OCTET_STRING], [ATTRIBUTES]);
  if (version!.length !== 1 || version![0] !== 0) throw dataError("importKey() takes version 0 of PKCS #8");
  assertAlgorithm(algorithm!);
  numbers(pkcs1!, 1 + PRIVATE_MEMBERS.length);
  return { type: "private", pkcs1: pkcs1! };
}

function parseJwk(jwk: Jwk): RsaKey {
  if (jwk.oth !== undefined) throw new DOMException("RSA keys of more than two primes", "NotSupportedError");
  const type = jwk.d === undefined ? "public" : "private";
  const members = type === "public" ? PUBLIC_MEMBERS : PRIVATE_MEMBERS;
  const fields = members.map((name) => der.emitUnsigned(parseMember(jwk, name)));
  if (type === "private") fields.unshift(der.emitUnsigned(new Uint8Array(1)));
  return { type, pkcs1: der.emitDer(der.SEQUENCE, ...fields) };
}

/** The reverse of `parseRsaKey`: "spki" and "jwk" of a public key, "pkcs8" and "jwk" of a private one. */
export function emitRsaKey(format: string, { type, pkcs1 }: RsaKey): Uint8Array | Jwk {
  if (format === "jwk") {
    const members = type === "public" ? PUBLIC_MEMBERS : PRIVATE_MEMBERS;
    const fields = numbers(pkcs1, members.length + (type === "public" ? 0 : 1)).slice(-members.length);
    return {
      kty: "RSA",
      ...Object.fromEntries(members.map((name, index) => [name, emitMember(fields[index]!)])),
    };
  }
  const algorithm = der.emitDer(
    der.SEQUENCE,
    der.emitDer(der.OBJECT_IDENTIFIER, RSA_ENCRYPTION),
    der.emitDer(der.NULL),
  );
  if (format === "spki") return der.emitDer(der.SEQUENCE, algorithm, der.emitBits(pkcs1));
  return der.emitDer(
    der.SEQUENCE,
    der.emitDer(der.INTEGER, Uint8Array.of(0)),
    algorithm,
    der.emitDer(der.OCTET_STRING, pkcs1),
  );
}

function numbers(pkcs1: Uint8Array, count: number): Uint8Array[] {
  const [fields] = der.parseDer(pkcs1, [der.SEQUENCE]);
  return der.parseDer(fields!, new Array<number>(count).fill(der.INTEGER)).map(der.parseUnsigned);
}

function assertAlgorithm(algorithm: Uint8Array): void {
  const [identifier, parameters] = der.parseDer(algorithm, [der.OBJECT_IDENTIFIER, der.NULL]);
  if (!der.equalBytes(identifier!, RSA_ENCRYPTION) || parameters!.length !== 0)
    throw dataError("the key is not one of RSA");
}
