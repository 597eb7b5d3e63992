/** How pods of this virtual node reach the API server of their own cluster. Upstream: pkg/virtualKubelet/reflection/workload (KubernetesServiceIPGetter) */
import { IP_TYPE } from "#api/labels.ts";
import type { ApiServerAccess } from "#forge/pod/api-server.ts";
import type { ReflectionDeps } from "../deps.ts";

const API_SERVER = "api-server";

export function apiServerAccess({ settings, localIps }: ReflectionDeps): ApiServerAccess {
  const addresses = localIps.store
    .list()
    .filter(({ metadata }) => metadata?.labels?.[IP_TYPE] === API_SERVER)
    .flatMap(({ status }) => status?.ip ?? []);
  return {
    support: settings.hasApiServerSupport ? "TokenAPI" : "Disabled",
    port: settings.apiServerPort,
    addresses,
    hostOverride: settings.apiServerHost,
  };
}
