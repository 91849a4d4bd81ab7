import { type Curve, curves, type EcKey, emitEcKey, parseEcKey } from "./ec-keys.ts";
import { assertJwk, dataError, type Jwk } from "./jwk.ts";
import { emitRsaKey, parseRsaKey } from "./rsa-keys.ts";

/**
 * importKey and exportKey of Web Cryptography over an engine that takes elliptic curves' keys as bare numbers (the point as
 * "spki", the scalar as "pkcs8") and RSA's as PKCS #1 (likewise). Other keys pass as they are.
 */

export interface Key {
  readonly type: string;
  readonly extractable: boolean;
  readonly usages: readonly string[];
  readonly algorithm: { readonly name: string; readonly [parameter: string]: unknown };
}

export type ImportKey = (
  format: string,
  data: unknown,
  algorithm: unknown,
  extractable: boolean,
  usages: readonly string[],
) => Promise<Key>;
export type ExportKey = (format: string, key: Key) => Promise<ArrayBuffer | object>;

interface Kind {
  readonly name: string;
  readonly kty: "EC" | "RSA";
  readonly use: "sig" | "enc";
  readonly public: readonly string[];
  readonly private: readonly string[];
  /** RFC 7518 3.1 and 4.1: what comes before the hash's bits in `alg`. */
  readonly alg: string;
}

const SIGNS = { use: "sig", public: ["verify"], private: ["sign"] } as const;
const kinds: readonly Kind[] = [
  { name: "ECDSA", kty: "EC", ...SIGNS, alg: "ES" },
  { name: "ECDH", kty: "EC", use: "enc", public: [], private: ["deriveKey", "deriveBits"], alg: "" },
  { name: "RSASSA-PKCS1-v1_5", kty: "RSA", ...SIGNS, alg: "RS" },
  { name: "RSA-PSS", kty: "RSA", ...SIGNS, alg: "PS" },
  {
    name: "RSA-OAEP",
    kty: "RSA",
    use: "enc",
    public: ["encrypt", "wrapKey"],
    private: ["decrypt", "unwrapKey"],
    alg: "RSA-OAEP-",
  },
];

const nameOf = (algorithm: unknown) =>
  String(typeof algorithm === "object" ? (algorithm as { name?: unknown } | null)?.name : algorithm);

const kindOf = (algorithm: unknown) => {
  const name = nameOf(algorithm).toUpperCase();
  return kinds.find((kind) => kind.name.toUpperCase() === name);
};

function curveOf(algorithm: unknown): Curve {
  const { namedCurve } = algorithm as { namedCurve?: unknown };
  const curve = curves.find(({ name }) => name === namedCurve);
  if (!curve) throw new DOMException(`namedCurve ${String(namedCurve)}`, "NotSupportedError");
  return curve;
}

function algOf(kind: Kind, algorithm: unknown): string | undefined {
  if (kind.kty === "EC") return kind.alg === "" ? undefined : curveOf(algorithm).alg;
  const bits = nameOf((algorithm as { hash?: unknown }).hash).replace(/^SHA-/i, "");
  return kind.name === "RSA-OAEP" && bits === "1" ? "RSA-OAEP" : `${kind.alg}${bits}`;
}

function bytesOf(data: unknown): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (data instanceof ArrayBuffer) return new Uint8Array(data).slice();
  throw new TypeError("importKey() takes bytes in this format");
}

export function createKeyFormats(engine: { importKey: ImportKey; exportKey: ExportKey }): {
  importKey: ImportKey;
  exportKey: ExportKey;
} {
  const point = async (key: Key) => new Uint8Array((await engine.exportKey("spki", key)) as ArrayBuffer);

  return {
    async importKey(format, data, algorithm, extractable, usages) {
      const kind = kindOf(algorithm);
      if (!kind) return engine.importKey(format, data, algorithm, extractable, usages);
      const formats = kind.kty === "EC" ? ["raw", "spki", "pkcs8", "jwk"] : ["spki", "pkcs8", "jwk"];
      if (!formats.includes(format)) throw new DOMException(`format ${format} of ${kind.name}`, "NotSupportedError");
      if (format === "jwk") {
        if (typeof data !== "object" || data === null) throw new TypeError("importKey() takes a JWK as an object");
        const { kty, use } = kind;
        assertJwk(data as Jwk, { kty, use, alg: algOf(kind, algorithm), extractable, usages });
      }
      const source = format === "jwk" ? { ...(data as Jwk) } : bytesOf(data);
      let belongs: Uint8Array | undefined;
      let type: "public" | "private";
      let bytes: Uint8Array;
      if (kind.kty === "EC") {
        const key: EcKey = parseEcKey(format, source, curveOf(algorithm));
        type = key.scalar ? "private" : "public";
        bytes = (key.scalar ?? key.point)!;
        if (key.scalar) belongs = key.point;
      } else {
        ({ type, pkcs1: bytes } = parseRsaKey(format, source));
      }
      if (!usages.every((usage) => kind[type].includes(usage)) || (type === "private" && usages.length === 0))
        throw new DOMException(`usages [${usages.join()}] of a ${type} key of ${kind.name}`, "SyntaxError");
      const form = type === "public" ? "spki" : "pkcs8";
      try {
        if (belongs) {
          const own = await point(await engine.importKey(form, bytes, algorithm, true, usages));
          if (!own.every((byte, index) => byte === belongs[index])) throw dataError("");
        }
        return await engine.importKey(form, bytes, algorithm, extractable, usages);
      } catch {
        throw dataError(`the engine refuses this ${type} key of ${kind.name}`);
      }
    },

    async exportKey(format, key) {
      const kind = kindOf(key.algorithm);
      if (!kind) return engine.exportKey(format, key);
      if (!key.extractable) throw new DOMException("the key is not extractable", "InvalidAccessError");
      const fits = key.type === "public" ? ["spki", "jwk", kind.kty === "EC" ? "raw" : ""] : ["pkcs8", "jwk"];
      if (!fits.includes(format) || format === "")
        throw new DOMException(`exportKey("${format}") of a ${key.type} key of ${kind.name}`, "InvalidAccessError");
      const type = key.type === "public" ? "public" : "private";
      const bytes = new Uint8Array((await engine.exportKey(type === "public" ? "spki" : "pkcs8", key)) as ArrayBuffer);
      const result =
        kind.kty === "RSA"
          ? emitRsaKey(format, { type, pkcs1: bytes })
          : emitEcKey(
              format,
              type === "public" ? { point: bytes } : { point: await point(key), scalar: bytes },
              curveOf(key.algorithm),
            );
      if (result instanceof Uint8Array) return result.slice().buffer;
      // The engine gives the keys of a pair that it made more usages than they can have.
      const common = { key_ops: key.usages.filter((usage) => kind[type].includes(usage)), ext: true };
      return kind.kty === "RSA" ? { ...result, alg: algOf(kind, key.algorithm), ...common } : { ...result, ...common };
    },
  };
}
