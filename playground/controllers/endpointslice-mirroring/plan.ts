/**
 * The EndpointSlices that mirror Endpoints made by hand: a pure function.
 * Kubernetes: pkg/controller/endpointslicemirroring/reconciler.go, utils.go
 */
import { isIP } from "node:net";
import type { EndpointAddress, Endpoints, Service } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointPort, EndpointSlice } from "kubernetes-types/discovery/v1";
import { controllerReference } from "#machinery/meta.ts";
import { MANAGED_BY, SERVICE_NAME } from "../endpointslice/owned.ts";
import { shortHash } from "../pods.ts";

export const MANAGER = "endpointslicemirroring-controller.k8s.io";
const SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror";
// Endpoints as locks of older leader elections: nobody's addresses, rewritten every other second.
const LEADER = "control-plane.alpha.kubernetes.io/leader";
const NOT_COPIED = [
  "endpoints.kubernetes.io/last-change-trigger-time",
  "kubectl.kubernetes.io/last-applied-configuration",
];
// Kubernetes: --mirroring-max-endpoints-per-subset
const MAX_PER_SUBSET = 1000;

interface Group {
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: EndpointPort[];
  readonly members: Map<string, Endpoint>;
}

/** None when the Endpoints are not to be mirrored: the Service has a selector, or they say so themselves. */
export function planMirror(service: Service | undefined, found: Endpoints | undefined): EndpointSlice[] {
  if (service === undefined || found === undefined || !isMirrored(service, found)) return [];
  const groups = new Map<string, Group>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of found.subsets ?? []) {
    const slicePorts = ports.map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol !== undefined && { appProtocol }),
    }));
    const all = [
      ...addresses.map((address) => ({ address, ready: true })),
      ...notReadyAddresses.map((address) => ({ address, ready: false })),
    ];
    for (const { address, ready } of all.slice(0, MAX_PER_SUBSET)) {
      const version = isIP(address.ip);
      if (version === 0) continue;
      const addressType = version === 4 ? "IPv4" : "IPv6";
      const key = `${addressType}${JSON.stringify(slicePorts)}`;
      const group: Group = groups.get(key) ?? { addressType, ports: slicePorts, members: new Map() };
      groups.set(key, group);
      if (!group.members.has(address.ip)) group.members.set(address.ip, forgeEndpoint(address, ready));
    }
  }
  return [...groups].map(([key, group]) => forgeSlice(found, group, key));
}

function isMirrored({ metadata, spec }: Service, found: Endpoints): boolean {
  return (
    spec?.selector === undefined &&
    metadata?.deletionTimestamp === undefined &&
    found.metadata?.deletionTimestamp === undefined &&
    found.metadata?.labels?.[SKIP_MIRROR] !== "true" &&
    found.metadata?.annotations?.[LEADER] === undefined
  );
}

function forgeEndpoint({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    ...(targetRef !== undefined && { targetRef }),
  };
}

function forgeSlice(found: Endpoints, { addressType, ports, members }: Group, salt: string): EndpointSlice {
  const { name = "", namespace = "", uid, labels, annotations = {} } = found.metadata ?? {};
  const copied = Object.entries(annotations).filter(([key]) => !NOT_COPIED.includes(key));
  return {
    metadata: {
      name: `${name}-${shortHash([uid, salt], 5)}`,
      namespace,
      labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER },
      ...(copied.length > 0 && { annotations: Object.fromEntries(copied) }),
      ownerReferences: [controllerReference({ apiVersion: "v1", kind: "Endpoints", ...found })],
    },
    addressType,
    endpoints: [...members.values()],
    ports,
  };
}
