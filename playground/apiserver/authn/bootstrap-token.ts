/**
 * Bootstrap tokens `<id>.<secret>`: Secrets of type bootstrap.kubernetes.io/token in kube-system.
 * Kubernetes: plugin/pkg/auth/authenticator/token/bootstrap/bootstrap.go
 */
import { timingSafeEqual } from "node:crypto";
import { secrets } from "#machinery/builtin.ts";
import type { ObjectReader } from "../request.ts";
import type { TokenAuthenticator } from "./bearer-token.ts";

const FORM = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const DEFAULT_GROUP = "system:bootstrappers";

export function bootstrapTokenAuthenticator(reader: ObjectReader, now: () => number): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      const [, id, key] = FORM.exec(token) ?? [];
      if (id === undefined || key === undefined) return undefined;
      const secret = reader.get(secrets, "kube-system", `bootstrap-token-${id}`);
      if (secret?.type !== "bootstrap.kubernetes.io/token" || secret.metadata?.deletionTimestamp !== undefined)
        return undefined;
      const field = (name: string): string => Buffer.from(secret.data?.[name] ?? "", "base64").toString();
      const expected = Buffer.from(field("token-secret"));
      const actual = Buffer.from(key);
      if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return undefined;
      if (field("token-id") !== id || field("usage-bootstrap-authentication") !== "true") return undefined;
      const expiration = field("expiration");
      if (expiration !== "" && !(Date.parse(expiration) > now())) return undefined;
      const extra = field("auth-extra-groups")
        .split(",")
        .filter((group) => group !== "");
      return { user: { name: `system:bootstrap:${id}`, groups: [DEFAULT_GROUP, ...extra] }, audiences };
    },
  };
}
