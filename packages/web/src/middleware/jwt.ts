import { jwtVerify } from "jose";

export interface JwtOptions {
  /** The only algorithms that are accepted: what a token says of itself is not trusted. HS, ES and RS; for EdDSA there is `eddsaVerifier`. */
  readonly algorithms: readonly string[];
  readonly issuer?: string | readonly string[];
  readonly audience?: string | readonly string[];
  /** Seconds that clocks may differ. Default 0. */
  readonly tolerance?: number;
  /** Default: now. */
  readonly now?: () => Date;
}

/** What a token says. */
export type JwtClaims = Readonly<Record<string, unknown>>;

/**
 * Verifies JSON Web Tokens (RFC 7519) by jose: signature, algorithm, `exp`, `nbf`, issuer, audience. `undefined` for a token
 * that does not hold.
 *
 * `key`: bytes for HS, a CryptoKey of `crypto.subtle` for the others.
 *
 * @example
 * const verify = jwtVerifier(key, { algorithms: ["HS256"] });
 * app.use(bearerAuth(async (token) => (await verify(token)) !== undefined));
 */
export function jwtVerifier(
  key: Uint8Array | Parameters<typeof crypto.subtle.sign>[1],
  options: JwtOptions,
): (token: string) => Promise<JwtClaims | undefined> {
  if (options.algorithms.length === 0) throw new TypeError("jwtVerifier: an algorithm is needed");
  // RFC 7518 3.2: at least as long as the hash.
  if (key instanceof Uint8Array && key.length < 32) throw new RangeError("jwtVerifier: a key has at least 32 bytes");
  if (options.algorithms.some((name) => /^ed/i.test(name)))
    throw new TypeError("jwtVerifier: use eddsaVerifier for EdDSA");
  const claims = claimOptions(options);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, key as Uint8Array, {
        algorithms: [...options.algorithms],
        ...claims(),
      });
      return payload;
    } catch {
      return undefined;
    }
  };
}

/** What jose has to check of a token's claims, at the time of the call. */
export function claimOptions({ issuer, audience, now, tolerance = 0 }: Omit<JwtOptions, "algorithms">) {
  const list = (value: string | readonly string[]) => (typeof value === "string" ? value : [...value]);
  return () => ({
    clockTolerance: tolerance,
    ...(issuer === undefined ? {} : { issuer: list(issuer) }),
    ...(audience === undefined ? {} : { audience: list(audience) }),
    ...(now === undefined ? {} : { currentDate: now() }),
  });
}
