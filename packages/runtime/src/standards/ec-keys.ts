import * as der from "./der.ts";
import { dataError, emitMember, type Jwk, parseMember } from "./jwk.ts";

/** Keys on NIST's curves between the formats of Web Cryptography and the numbers they hold. */

export interface Curve {
  readonly name: string;
  /** Bytes of a coordinate, and of a private key. */
  readonly size: number;
  /** RFC 5480 2.1.1.1: the named curve's object identifier, contents only. */
  readonly identifier: Uint8Array;
  /** RFC 7518 3.4: its algorithm for signatures. */
  readonly alg: string;
}

/** A public key has its point (SEC 1 2.3.3, uncompressed), a private one its scalar, and maybe the point that belongs to it. */
export interface EcKey {
  readonly point?: Uint8Array | undefined;
  readonly scalar?: Uint8Array | undefined;
}

export const curves: readonly Curve[] = [
  {
    name: "P-256",
    size: 32,
    identifier: Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07),
    alg: "ES256",
  },
  { name: "P-384", size: 48, identifier: Uint8Array.of(0x2b, 0x81, 0x04, 0x00, 0x22), alg: "ES384" },
  { name: "P-521", size: 66, identifier: Uint8Array.of(0x2b, 0x81, 0x04, 0x00, 0x23), alg: "ES512" },
];

/** RFC 5480 2.1: id-ecPublicKey. */
const EC_PUBLIC_KEY = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
const PARAMETERS = 0xa0;
const PUBLIC_KEY = 0xa1;
const ATTRIBUTES = 0xa0;

/** A key in the format "raw" (a point), "spki" (RFC 5480), "pkcs8" (RFC 5958, RFC 5915) or "jwk" (RFC 7518 6.2); else a DataError. */
export function parseEcKey(format: string, data: Uint8Array | Jwk, curve: Curve): EcKey {
  if (!(data instanceof Uint8Array)) return parseJwk(data, curve);
  if (format === "raw") return { point: checkedPoint(data, curve) };
  const [outer] = der.parseDer(data, [der.SEQUENCE]);
  if (format === "spki") {
    const [algorithm, key] = der.parseDer(outer!, [der.SEQUENCE, der.BIT_STRING]);
    assertAlgorithm(algorithm!, curve);
    return { point: checkedPoint(der.parseBits(key!), curve) };
  }
  const [version, algorithm, wrapped] = der.parseDer(
    outer!,
    [der.INTEGER, der.SEQUENCE, der.OCTET_STRING],
    [ATTRIBUTES],
  );
  if (version!.length !== 1 || version![0] !== 0) throw dataError("importKey() takes version 0 of PKCS #8");
  assertAlgorithm(algorithm!, curve);
  const [inner] = der.parseDer(wrapped!, [der.SEQUENCE]);
  return parsePrivate(inner!, curve);
}

/** RFC 5915 3. */
function parsePrivate(inner: Uint8Array, curve: Curve): EcKey {
  const parts = der.parseDer(inner, [der.INTEGER, der.OCTET_STRING], [PARAMETERS, PUBLIC_KEY]);
  const [version, scalar] = parts;
  if (version!.length !== 1 || version![0] !== 1) throw dataError("importKey() takes version 1 of ECPrivateKey");
  if (scalar!.length !== curve.size) throw dataError(`a private key on ${curve.name} has ${curve.size} bytes`);
  let point: Uint8Array | undefined;
  for (const part of parts.slice(2)) {
    // An object identifier is too short to be taken for the point.
    if (part[0] === der.OBJECT_IDENTIFIER) {
      const [identifier] = der.parseDer(part, [der.OBJECT_IDENTIFIER]);
      if (!der.equalBytes(identifier!, curve.identifier)) throw dataError(`the key is not on ${curve.name}`);
    } else {
      const [bits] = der.parseDer(part, [der.BIT_STRING]);
      point = checkedPoint(der.parseBits(bits!), curve);
    }
  }
  return { scalar: scalar!, point };
}

function parseJwk(jwk: Jwk, curve: Curve): EcKey {
  if (jwk.crv !== curve.name) throw dataError(`the JWK's crv is not ${curve.name}`);
  const number = (name: string) => {
    const bytes = parseMember(jwk, name);
    // RFC 7518 6.2.1.2: leading zeros are not left out.
    if (bytes.length !== curve.size) throw dataError(`the JWK's ${name} has ${curve.size} bytes on ${curve.name}`);
    return bytes;
  };
  const point = new Uint8Array(1 + 2 * curve.size);
  point[0] = 4;
  point.set(number("x"), 1);
  point.set(number("y"), 1 + curve.size);
  return jwk.d === undefined ? { point } : { point, scalar: number("d") };
}

/** The reverse of `parseEcKey`: "raw", "spki" and "jwk" of a point; "pkcs8" and "jwk" of a scalar with its point. */
export function emitEcKey(format: string, { point, scalar }: EcKey, curve: Curve): Uint8Array | Jwk {
  const { size, name } = curve;
  if (format === "raw") return point!;
  if (format === "jwk") {
    const x = emitMember(point!.subarray(1, 1 + size));
    const jwk = { kty: "EC", crv: name, x, y: emitMember(point!.subarray(1 + size)) };
    return scalar ? { ...jwk, d: emitMember(scalar) } : jwk;
  }
  const algorithm = der.emitDer(
    der.SEQUENCE,
    der.emitDer(der.OBJECT_IDENTIFIER, EC_PUBLIC_KEY),
    der.emitDer(der.OBJECT_IDENTIFIER, curve.identifier),
  );
  if (format === "spki") return der.emitDer(der.SEQUENCE, algorithm, der.emitBits(point!));
  const inner = der.emitDer(
    der.SEQUENCE,
    der.emitDer(der.INTEGER, Uint8Array.of(1)),
    der.emitDer(der.OCTET_STRING, scalar!),
    der.emitDer(PUBLIC_KEY, der.emitBits(point!)),
  );
  return der.emitDer(
    der.SEQUENCE,
    der.emitDer(der.INTEGER, Uint8Array.of(0)),
    algorithm,
    der.emitDer(der.OCTET_STRING, inner),
  );
}

function checkedPoint(point: Uint8Array, curve: Curve): Uint8Array {
  // Compressed points (2 and 3) would need a square root; Web Cryptography leaves them to the implementation.
  if (point[0] !== 4 || point.length !== 1 + 2 * curve.size)
    throw dataError(`importKey() takes an uncompressed point of ${1 + 2 * curve.size} bytes on ${curve.name}`);
  return point;
}

function assertAlgorithm(algorithm: Uint8Array, curve: Curve): void {
  const [identifier, named] = der.parseDer(algorithm, [der.OBJECT_IDENTIFIER, der.OBJECT_IDENTIFIER]);
  if (!der.equalBytes(identifier!, EC_PUBLIC_KEY)) throw dataError("the key is not one of elliptic curves");
  if (!der.equalBytes(named!, curve.identifier)) throw dataError(`the key is not on ${curve.name}`);
}
