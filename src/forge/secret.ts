/** The remote copy of a Secret. Upstream: pkg/virtualKubelet/forge/secrets.go */
import type { Secret } from "kubernetes-types/core/v1";
import { forgeReflectedMetadata, type ReflectionScope } from "./reflected-metadata.ts";

export const SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token";

export function forgeSecret(local: Secret, namespace: string, scope: ReflectionScope): Secret {
  const { data, type, immutable } = local;
  return {
    metadata: forgeReflectedMetadata(local, namespace, scope),
    ...(data !== undefined && { data }),
    ...(type !== undefined && { type }),
    ...(immutable !== undefined && { immutable }),
  };
}
