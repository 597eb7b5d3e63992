/**
 * The JSON web tokens of service accounts: signing, verification and the public key set.
 * Kubernetes: pkg/serviceaccount/{jwt.go,claims.go,legacy.go,openidmetadata.go}
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from "node:crypto";
import { exportJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from "jose";

export const SERVICE_ACCOUNT_ISSUER = "https://kubernetes.default.svc.cluster.local";
/** Issuer of tokens that live in Secrets of type kubernetes.io/service-account-token. */
export const LEGACY_ISSUER = "kubernetes/serviceaccount";

export interface BoundReference {
  readonly name: string;
  readonly uid: string;
}

/** The private claim `kubernetes.io`. */
export interface BoundClaims {
  readonly namespace: string;
  readonly serviceaccount: BoundReference;
  readonly pod?: BoundReference;
  readonly secret?: BoundReference;
  readonly node?: BoundReference;
  /** Seconds since the epoch: from then on the holder should have renewed. */
  readonly warnafter?: number;
}

export interface TokenRequest {
  readonly claims: BoundClaims;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly nowMs: number;
}

export interface VerifiedToken {
  readonly issuer: string;
  readonly subject: string;
  readonly id: string | undefined;
  readonly audiences: readonly string[];
  /** Absent in legacy tokens, which do not expire. */
  readonly expiresAtMs: number | undefined;
  readonly claims: BoundClaims;
}

/** One signing key, from a private key in PEM (RSA or ECDSA P-256). */
export class TokenSigner {
  readonly issuer: string;
  readonly #private: KeyObject;
  readonly #public: KeyObject;
  readonly #keyId: string;
  readonly #algorithm: "ES256" | "RS256";

  constructor(privateKey: string, issuer: string = SERVICE_ACCOUNT_ISSUER) {
    this.issuer = issuer;
    this.#private = createPrivateKey(privateKey);
    this.#public = createPublicKey(this.#private);
    this.#algorithm = this.#private.asymmetricKeyType === "ec" ? "ES256" : "RS256";
    const spki = this.#public.export({ type: "spki", format: "der" });
    this.#keyId = createHash("sha256").update(spki).digest("base64url");
  }

  sign(request: TokenRequest): Promise<string> {
    const seconds = Math.floor(request.nowMs / 1000);
    const { namespace, serviceaccount } = request.claims;
    return this.#signer({ "kubernetes.io": request.claims })
      .setIssuer(this.issuer)
      .setSubject(`system:serviceaccount:${namespace}:${serviceaccount.name}`)
      .setAudience([...request.audiences])
      .setJti(randomUUID())
      .setIssuedAt(seconds)
      .setNotBefore(seconds)
      .setExpirationTime(seconds + request.expirationSeconds)
      .sign(this.#private);
  }

  /** The token of a Secret of type kubernetes.io/service-account-token: bound to the Secret, never expiring. */
  signLegacy(claims: BoundClaims & { readonly secret: BoundReference }): Promise<string> {
    const prefix = "kubernetes.io/serviceaccount";
    return this.#signer({
      [`${prefix}/namespace`]: claims.namespace,
      [`${prefix}/secret.name`]: claims.secret.name,
      [`${prefix}/service-account.name`]: claims.serviceaccount.name,
      [`${prefix}/service-account.uid`]: claims.serviceaccount.uid,
    })
      .setIssuer(LEGACY_ISSUER)
      .setSubject(`system:serviceaccount:${claims.namespace}:${claims.serviceaccount.name}`)
      .sign(this.#private);
  }

  /** Checks signature, issuer and times; `undefined` when it is not one of our tokens or no longer valid. */
  async verify(token: string, nowMs: number): Promise<VerifiedToken | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#public, {
        algorithms: [this.#algorithm],
        issuer: [this.issuer, LEGACY_ISSUER],
        currentDate: new Date(nowMs),
      });
      return decodePayload(payload, this.issuer);
    } catch (error) {
      // jose reports each way in which a token can be bad by throwing; anything else is a fault of ours.
      if (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_J")) return undefined;
      throw error;
    }
  }

  /** The document of `/openid/v1/jwks`. */
  async keySet(): Promise<{ keys: JWK[] }> {
    const key = await exportJWK(this.#public);
    return { keys: [{ use: "sig", kid: this.#keyId, alg: this.#algorithm, ...key }] };
  }

  /** The document of `/.well-known/openid-configuration`. */
  openidConfiguration(serverUrl: string): Record<string, unknown> {
    return {
      issuer: this.issuer,
      jwks_uri: `${serverUrl}/openid/v1/jwks`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [this.#algorithm],
    };
  }

  #signer(payload: Record<string, unknown>): SignJWT {
    return new SignJWT(payload).setProtectedHeader({ alg: this.#algorithm, kid: this.#keyId });
  }
}

/** Whether the text has the form of a JWT, so that other bearer tokens are left to others. */
export function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

function decodePayload(payload: JWTPayload, issuer: string): VerifiedToken | undefined {
  const claims = payload.iss === issuer ? boundClaims(payload) : legacyClaims(payload);
  if (claims === undefined || payload.sub === undefined) return undefined;
  return {
    issuer: payload.iss ?? "",
    subject: payload.sub,
    id: payload.jti,
    audiences: typeof payload.aud === "string" ? [payload.aud] : (payload.aud ?? []),
    expiresAtMs: payload.exp === undefined ? undefined : payload.exp * 1000,
    claims,
  };
}

function boundClaims(payload: JWTPayload): BoundClaims | undefined {
  const claims = payload["kubernetes.io"] as BoundClaims | undefined;
  return typeof claims?.namespace === "string" && typeof claims.serviceaccount?.name === "string" ? claims : undefined;
}

function legacyClaims(payload: JWTPayload): BoundClaims | undefined {
  const claim = (name: string): string => String(payload[`kubernetes.io/serviceaccount/${name}`] ?? "");
  const secret = claim("secret.name");
  if (secret === "") return undefined;
  return {
    namespace: claim("namespace"),
    serviceaccount: { name: claim("service-account.name"), uid: claim("service-account.uid") },
    secret: { name: secret, uid: "" },
  };
}
