/** How an offloaded pod reaches the API server of its own cluster. Upstream: pkg/virtualKubelet/forge/pods.go (RemoteContainersAPIServerSupport) */
import type { Container, EnvVar, HostAlias } from "kubernetes-types/core/v1";

/** TokenAPI: the consumer's API server with tokens asked for there. Remote: the provider's own. */
export type ApiServerSupport = "Disabled" | "TokenAPI" | "Remote";

export interface ApiServerAccess {
  readonly support: ApiServerSupport;
  /** Replaces `kubernetes.default`, which then needs no alias. */
  readonly hostOverride?: string | undefined;
  readonly port: string;
  /** Addresses in the external CIDR, from the IP objects of the API server. */
  readonly addresses: readonly string[];
}

const SERVICE = "kubernetes.default";

export function withApiServerEnvironment<C extends Pick<Container, "env">>(
  containers: readonly C[],
  access: ApiServerAccess,
  serviceAccount: string | undefined,
): C[] {
  if (access.support !== "TokenAPI") return [...containers];
  const added = forgeEnvironment(access.hostOverride ?? SERVICE, access.port);
  return containers.map((container) => {
    const own = (container.env ?? []).map((variable) => withServiceAccount(variable, serviceAccount));
    return { ...container, env: [...own, ...added] };
  });
}

/** The downward API would say the provider's service account. */
function withServiceAccount(variable: EnvVar, serviceAccount: string | undefined): EnvVar {
  if (variable.valueFrom?.fieldRef?.fieldPath !== "spec.serviceAccountName") return variable;
  return { name: variable.name, value: serviceAccount ?? "default" };
}

function forgeEnvironment(host: string, port: string): EnvVar[] {
  const url = `tcp://${host}:${port}`;
  return [
    { name: "KUBERNETES_SERVICE_HOST", value: host },
    { name: "KUBERNETES_SERVICE_PORT", value: port },
    { name: "KUBERNETES_PORT", value: url },
    { name: `KUBERNETES_PORT_${port}_TCP`, value: url },
    { name: `KUBERNETES_PORT_${port}_TCP_PROTO`, value: "tcp" },
    { name: `KUBERNETES_PORT_${port}_TCP_ADDR`, value: host },
    { name: `KUBERNETES_PORT_${port}_TCP_PORT`, value: port },
  ];
}

export function apiServerAliases(access: ApiServerAccess): HostAlias[] {
  if (access.support !== "TokenAPI" || access.hostOverride !== undefined) return [];
  return access.addresses.map((ip) => ({ ip, hostnames: [SERVICE, `${SERVICE}.svc`] }));
}
