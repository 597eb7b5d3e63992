/**
 * Who asks: certificates, then tokens, then nobody in particular; afterwards impersonation.
 * Kubernetes: pkg/kubeapiserver/authenticator/config.go
 */
import { systemClock } from "#base/clock.ts";
import { failure } from "#machinery/status-error.ts";
import { SERVICE_ACCOUNT_ISSUER, type TokenSigner } from "#pki/service-account-token.ts";
import type { Authenticator, Authorizer, ObjectReader, UserInfo } from "../request.ts";
import { bearerTokenOf, type TokenAuthenticator } from "./bearer-token.ts";
import { bootstrapTokenAuthenticator } from "./bootstrap-token.ts";
import { clientCertificateAuthenticator } from "./client-certificate.ts";
import { impersonate } from "./impersonation.ts";
import { serviceAccountAuthenticator } from "./service-account.ts";
import { staticTokenAuthenticator } from "./static-token.ts";

export interface TokenOptions {
  readonly reader: ObjectReader;
  readonly signer: TokenSigner;
  /** Token → user, fixed at start. */
  readonly staticTokens?: Readonly<Record<string, UserInfo>>;
  readonly now?: () => number;
}

export interface AuthenticatorOptions extends TokenOptions {
  readonly authorizer: Authorizer;
  /** Whether requests without credentials are let in as system:anonymous. Default true. */
  readonly anonymous?: boolean;
}

const AUTHENTICATED = "system:authenticated";
const ANONYMOUS: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** All bearer tokens that the server knows; the TokenReview resource asks it too. */
export function createTokenAuthenticator(options: TokenOptions): TokenAuthenticator {
  const { reader, signer, staticTokens = {}, now = systemClock.epochMs } = options;
  const kinds = [
    staticTokenAuthenticator(staticTokens),
    serviceAccountAuthenticator({ signer, reader, now }),
    bootstrapTokenAuthenticator(reader, now),
  ];
  return {
    async authenticateToken(token, audiences) {
      for (const kind of kinds) {
        const found = await kind.authenticateToken(token, audiences);
        if (found !== undefined) return { ...found, user: withGroup(found.user) };
      }
      return undefined;
    },
  };
}

/** Always gives a user, anonymous included, or throws 401; 403 when impersonation is refused. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const certificates = clientCertificateAuthenticator(options.now ?? systemClock.epochMs);
  const tokens = createTokenAuthenticator(options);
  const audiences = [options.signer.issuer, SERVICE_ACCOUNT_ISSUER];
  const identify = async (request: Parameters<Authenticator["authenticate"]>[0]): Promise<UserInfo | undefined> => {
    const holder = await certificates.authenticate(request);
    if (holder !== undefined) return withGroup(holder);
    const token = bearerTokenOf(request.headers);
    if (token === undefined) return options.anonymous === false ? undefined : ANONYMOUS;
    return (await tokens.authenticateToken(token, audiences))?.user;
  };
  return {
    async authenticate(request) {
      const user = await identify(request).catch((cause: unknown) => {
        throw unauthorized(cause);
      });
      if (user === undefined) throw unauthorized();
      return impersonate(options.authorizer, user, request);
    },
  };
}

function unauthorized(cause?: unknown): Error {
  const error = failure(401, "Unauthorized", "Unauthorized");
  if (cause !== undefined) error.cause = cause;
  return error;
}

function withGroup(user: UserInfo): UserInfo {
  return user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: [...user.groups, AUTHENTICATED] };
}
