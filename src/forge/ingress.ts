/** The remote copy of an Ingress. Upstream: pkg/virtualKubelet/forge/ingresses.go */
import type { Ingress } from "kubernetes-types/networking/v1";
import { forgeReflectedMetadata, type ReflectionScope, without } from "./reflected-metadata.ts";

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

export function forgeIngress(
  local: Ingress,
  namespace: string,
  scope: ReflectionScope,
  ingressClassName?: string,
): Ingress {
  const { annotations, ...metadata } = forgeReflectedMetadata(local, namespace, scope);
  const kept = without(annotations, [CLASS_ANNOTATION]);
  const { defaultBackend, rules, tls } = local.spec ?? {};
  return {
    metadata: { ...metadata, ...(Object.keys(kept).length > 0 && { annotations: kept }) },
    spec: {
      ...(defaultBackend !== undefined && { defaultBackend }),
      ...(rules !== undefined && { rules }),
      ...(tls !== undefined && { tls }),
      ...(ingressClassName !== undefined && { ingressClassName }),
    },
  };
}
