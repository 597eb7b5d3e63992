/** The remote copy of a ConfigMap. Upstream: pkg/virtualKubelet/forge/configmaps.go */
import type { ConfigMap } from "kubernetes-types/core/v1";
import { forgeReflectedMetadata, type ReflectionScope } from "./reflected-metadata.ts";

export const ROOT_CA = "kube-root-ca.crt";

export function forgeConfigMap(local: ConfigMap, namespace: string, scope: ReflectionScope): ConfigMap {
  const { data, binaryData, immutable } = local;
  const name = remoteConfigMapName(local.metadata?.name ?? "", scope.origin);
  return {
    metadata: forgeReflectedMetadata(local, namespace, scope, name),
    ...(data !== undefined && { data }),
    ...(binaryData !== undefined && { binaryData }),
    ...(immutable !== undefined && { immutable }),
  };
}

/** Each namespace has a root CA of its own cluster already, so the consumer's gets another name. */
export function remoteConfigMapName(name: string, origin: string): string {
  return name === ROOT_CA ? rootCaName(origin) : name;
}

export function localConfigMapName(name: string, origin: string): string {
  return name === rootCaName(origin) ? ROOT_CA : name;
}

/** `kube-root-ca.crt.clust` for cluster-a. */
function rootCaName(origin: string): string {
  const name = `${ROOT_CA}.${origin.slice(0, 5)}`;
  return /[a-z0-9]$/.test(name) ? name : `${name}a`;
}
