/** How pods of this virtual node reach the API server of their own cluster. Upstream: pkg/virtualKubelet/reflection/workload (KubernetesServiceIPGetter) */
import type { IP } from "#api/ipam/ip.ts";
import { IP_TYPE } from "#api/labels.ts";
import type { ApiServerAccess } from "#forge/pod/api-server.ts";
import type { ReflectionDeps, ReflectionSettings } from "../deps.ts";

const API_SERVER = "api-server";

type AccessSettings = Pick<
  ReflectionSettings,
  "hasApiServerSupport" | "apiServerPort" | "apiServerHost" | "remotePodCidrs"
>;

export function apiServerAccess({ settings, localIps }: ReflectionDeps): ApiServerAccess {
  return apiServerAccessOf(settings, localIps.store.list());
}

/** The addresses are as the home cluster has them; the provider puts in their place what leads there from its pods. */
export function apiServerAccessOf(settings: AccessSettings, ips: readonly IP[]): ApiServerAccess {
  // They are of use, and upstream's providers make pods with them, only where there is a network with this peer.
  const hasNetwork = settings.remotePodCidrs.length > 0;
  const addresses = ips
    .filter(({ metadata }) => hasNetwork && metadata?.labels?.[IP_TYPE] === API_SERVER)
    .flatMap(({ status }) => status?.ip ?? []);
  return {
    support: settings.hasApiServerSupport ? "TokenAPI" : "Disabled",
    port: settings.apiServerPort,
    addresses,
    hostOverride: settings.apiServerHost,
  };
}
