import { ed25519 } from "@noble/curves/ed25519.js";
import { UnsecuredJWT } from "jose";
import { utf8 } from "../bytes.ts";
import { fromBase64Url, toBase64Url } from "../cookies.ts";
import { decodeText } from "../fetch/body.ts";
import { claimOptions, type JwtClaims, type JwtOptions } from "./jwt.ts";

/**
 * As `jwtVerifier`, for tokens that are signed with Ed25519 (RFC 8037; `alg` is "EdDSA" or "Ed25519"). By @noble/curves,
 * since `crypto.subtle` of images lacks Ed25519.
 *
 * `key`: the 32 bytes of a public key.
 *
 * @throws RangeError for a key of another length.
 * @example
 * const verify = eddsaVerifier(publicKey, { issuer: "https://login.example.com" });
 * app.use(bearerAuth(async (token) => (await verify(token)) !== undefined));
 */
export function eddsaVerifier(
  key: Uint8Array,
  options: Omit<JwtOptions, "algorithms"> = {},
): (token: string) => Promise<JwtClaims | undefined> {
  if (key.length !== 32) throw new RangeError(`eddsaVerifier: a public key has 32 bytes, not ${key.length}`);
  const claims = claimOptions(options);
  return async (token) => {
    try {
      const [header = "", payload = "", signature = "", ...more] = token.split(".");
      if (more.length > 0) return undefined;
      const [head, given] = [fromBase64Url(header), fromBase64Url(signature)];
      if (head === undefined || given === undefined) return undefined;
      const { alg, crit } = JSON.parse(decodeText(head)) as { alg?: unknown; crit?: unknown };
      // RFC 7515 4.1.11: what must be understood is not, here.
      if ((alg !== "EdDSA" && alg !== "Ed25519") || crit !== undefined) return undefined;
      // RFC 8032 5.1.7 as it stands, without the laxer rules of ZIP 215: one signature for one message.
      if (!ed25519.verify(given, utf8(`${header}.${payload}`), key, { zip215: false })) {
        return undefined;
      }
      // The signature holds; what is left is what jose checks of a token that has none.
      const unsigned = `${toBase64Url(utf8('{"alg":"none"}'))}.${payload}.`;
      return UnsecuredJWT.decode(unsigned, claims()).payload;
    } catch {
      return undefined;
    }
  };
}
