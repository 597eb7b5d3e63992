/**
 * What the proxy must do, out of Services, EndpointSlices and this node: pure. One entry per address and port that is served.
 * Kubernetes: pkg/proxy/serviceport.go, pkg/proxy/topology.go (CategorizeEndpoints)
 */
import type { Service, ServicePort } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";

export type Protocol = "tcp" | "udp" | "sctp";

export interface Backend {
  readonly ip: string;
  readonly port: number;
  readonly isLocal: boolean;
}

/** One port of one Service. */
export interface ServiceRules {
  /** `namespace/name/port/protocol`. */
  readonly key: string;
  readonly protocol: Protocol;
  readonly clusterIps: readonly { readonly ip: string; readonly port: number }[];
  /** Addresses that clients outside the cluster use: load balancer and external IPs. */
  readonly externalIps: readonly { readonly ip: string; readonly port: number }[];
  readonly nodePort?: number;
  /** For clients inside the cluster. */
  readonly internal: readonly Backend[];
  /** For clients outside; `drop` when this node must not forward although the Service has endpoints. */
  readonly external: readonly Backend[] | "drop";
  /** externalTrafficPolicy Local keeps the client's address. */
  readonly keepsClientIp: boolean;
  /** Seconds of ClientIP affinity. */
  readonly affinitySeconds?: number;
  readonly sourceRanges: readonly string[];
}

// Kubernetes: pkg/apis/core/v1/defaults.go
const DEFAULT_AFFINITY_SECONDS = 10_800;

export function serviceRules(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  nodeName: string,
): ServiceRules[] {
  const byService = Map.groupBy(slices, (slice) => {
    const { namespace, labels } = slice.metadata ?? {};
    return `${namespace}/${labels?.["kubernetes.io/service-name"] ?? ""}`;
  });
  return services
    .flatMap((service) => {
      const own = byService.get(`${service.metadata?.namespace}/${service.metadata?.name}`) ?? [];
      return (service.spec?.ports ?? []).flatMap((port) => portRules(service, port, own, nodeName));
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function portRules(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  nodeName: string,
): ServiceRules[] {
  const { spec, metadata } = service;
  if (spec === undefined || spec.type === "ExternalName" || spec.clusterIP === undefined) return [];
  if (spec.clusterIP === "None" || spec.clusterIP === "") return [];
  const protocol = (port.protocol ?? "TCP").toLowerCase() as Protocol;
  const all = candidates(slices, port, nodeName);
  const internal =
    spec.internalTrafficPolicy === "Local" ? readyBackends(all.filter((e) => e.isLocal)) : readyBackends(all);
  const keepsClientIp = spec.externalTrafficPolicy === "Local";
  const local = readyBackends(all.filter((endpoint) => endpoint.isLocal));
  const external = !keepsClientIp
    ? readyBackends(all)
    : local.length > 0
      ? local
      : readyBackends(all).length > 0
        ? ("drop" as const)
        : [];
  const balancers = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  const affinity = spec.sessionAffinity === "ClientIP";
  return [
    {
      key: `${metadata?.namespace}/${metadata?.name}/${port.name ?? ""}/${protocol}`,
      protocol,
      clusterIps: [{ ip: spec.clusterIP, port: port.port }],
      externalIps: [...(spec.externalIPs ?? []), ...balancers].map((ip) => ({ ip, port: port.port })),
      ...(port.nodePort !== undefined && port.nodePort > 0 && { nodePort: port.nodePort }),
      internal,
      external,
      keepsClientIp,
      ...(affinity && {
        affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS,
      }),
      sourceRanges: spec.loadBalancerSourceRanges ?? [],
    },
  ];
}

interface Candidate extends Backend {
  readonly isReady: boolean;
  readonly isServingAndTerminating: boolean;
}

function candidates(slices: readonly EndpointSlice[], port: ServicePort, nodeName: string): Candidate[] {
  const found = slices
    .filter((slice) => slice.addressType === "IPv4")
    .flatMap((slice) => {
      const target = (slice.ports ?? []).find(
        (p) => (p.name ?? "") === (port.name ?? "") && (p.protocol ?? "TCP") === (port.protocol ?? "TCP"),
      )?.port;
      return target === undefined
        ? []
        : (slice.endpoints ?? []).flatMap((endpoint) => candidate(endpoint, target, nodeName));
    });
  // The same endpoint may be in two slices while it moves from one to the other.
  return [...new Map(found.map((item) => [`${item.ip}:${item.port}`, item])).values()].sort((a, b) =>
    a.ip === b.ip ? a.port - b.port : a.ip < b.ip ? -1 : 1,
  );
}

function candidate(endpoint: Endpoint, port: number, nodeName: string): Candidate[] {
  const [ip] = endpoint.addresses;
  if (ip === undefined) return [];
  const { ready = true, serving = ready, terminating = false } = endpoint.conditions ?? {};
  return [
    {
      ip,
      port,
      isLocal: endpoint.nodeName === nodeName,
      isReady: ready,
      isServingAndTerminating: serving && terminating,
    },
  ];
}

/** Ready endpoints; when there is none, those that still serve while they end. */
function readyBackends(endpoints: readonly Candidate[]): Backend[] {
  const ready = endpoints.filter((endpoint) => endpoint.isReady);
  const chosen = ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.isServingAndTerminating);
  return chosen.map(({ ip, port, isLocal }) => ({ ip, port, isLocal }));
}
