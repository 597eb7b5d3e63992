/**
 * What each kind of bearer token must offer, and where a request carries one: the Authorization header, or, for
 * browsers, the WebSocket protocol list. Kubernetes: apiserver/pkg/authentication/{authenticator,request/bearertoken,
 * request/websocket}
 */
import type { UserInfo } from "../request.ts";

export interface AuthenticatedToken {
  readonly user: UserInfo;
  /** Those of the asked audiences that the token is good for. */
  readonly audiences: readonly string[];
}

export interface TokenAuthenticator {
  /** `undefined`: not this kind of token. Throws an Error when it is, and is not valid. */
  authenticateToken(token: string, audiences: readonly string[]): Promise<AuthenticatedToken | undefined>;
}

const WEBSOCKET_PREFIX = "base64url.bearer.authorization.k8s.io.";

export function bearerTokenOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const authorization = headers.authorization;
  if (typeof authorization === "string") {
    const match = /^bearer\s+(\S+)\s*$/i.exec(authorization);
    if (match !== null) return match[1];
  }
  const protocols = String(headers["sec-websocket-protocol"] ?? "").split(",");
  const carrier = protocols
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(WEBSOCKET_PREFIX));
  return carrier === undefined
    ? undefined
    : Buffer.from(carrier.slice(WEBSOCKET_PREFIX.length), "base64url").toString();
}
