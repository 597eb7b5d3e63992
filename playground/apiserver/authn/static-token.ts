/** Bearer tokens fixed at start, as `--token-auth-file`. Kubernetes: apiserver/pkg/authentication/token/tokenfile */
import { createHash } from "node:crypto";
import type { UserInfo } from "../request.ts";
import type { TokenAuthenticator } from "./bearer-token.ts";

/** `tokens` maps each token to its user. Tokens are looked up by digest, so that timing tells nothing. */
export function staticTokenAuthenticator(tokens: Readonly<Record<string, UserInfo>>): TokenAuthenticator {
  const users = new Map(Object.entries(tokens).map(([token, user]) => [digest(token), user]));
  return {
    async authenticateToken(token, audiences) {
      const user = users.get(digest(token));
      return user === undefined ? undefined : { user, audiences };
    },
  };
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
