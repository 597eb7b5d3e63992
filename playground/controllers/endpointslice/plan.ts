/** The EndpointSlices of a Service with a selector: a pure function. Kubernetes: endpointslice/reconciler.go, utils.go */
import type { Pod, Service, ServicePort } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointPort, EndpointSlice } from "kubernetes-types/discovery/v1";
import { controllerReference } from "#machinery/meta.ts";
import { isReady, isTerminal, isTerminating } from "#machinery/pod.ts";
import { shortHash } from "../pods.ts";
import { MANAGED_BY, SERVICE_NAME } from "./owned.ts";

export const MANAGER = "endpointslice-controller.k8s.io";
// Kubernetes: --max-endpoints-per-slice
const MAX_PER_SLICE = 100;

/** Whether a pod has an address to give. */
export function isListed(pod: Pod): boolean {
  return (pod.status?.podIP ?? "") !== "" && !isTerminal(pod);
}

/** The slices a Service should have: one group per distinct set of resolved ports, cut at 100 endpoints. */
export function planSlices(service: Service, chosen: readonly Pod[]): EndpointSlice[] {
  const groups = new Map<string, { ports: EndpointPort[]; pods: Pod[] }>();
  for (const pod of [...chosen].sort((a, b) => ((a.metadata?.uid ?? "") < (b.metadata?.uid ?? "") ? -1 : 1))) {
    const ports = resolvePorts(service.spec?.ports ?? [], pod);
    const group = groups.get(JSON.stringify(ports)) ?? { ports, pods: [] };
    group.pods.push(pod);
    groups.set(JSON.stringify(ports), group);
  }
  if (groups.size === 0) groups.set("", { ports: [], pods: [] });
  return [...groups.values()].flatMap(({ ports, pods: members }) => {
    const count = Math.max(1, Math.ceil(members.length / MAX_PER_SLICE));
    return Array.from({ length: count }, (_, i) =>
      forgeSlice(
        service,
        ports,
        members.slice(i * MAX_PER_SLICE, (i + 1) * MAX_PER_SLICE),
        `${JSON.stringify(ports)}${i}`,
      ),
    );
  });
}

/** Target ports as this pod has them: names are looked up in its containers. */
function resolvePorts(ports: readonly ServicePort[], pod: Pod): EndpointPort[] {
  return ports.flatMap(({ name, port, targetPort, protocol, appProtocol }) => {
    const number = typeof targetPort === "string" ? namedPort(pod, targetPort) : (targetPort ?? port);
    if (number === undefined) return [];
    return [
      {
        name: name ?? "",
        port: number,
        protocol: protocol ?? "TCP",
        ...(appProtocol !== undefined && { appProtocol }),
      },
    ];
  });
}

function namedPort(pod: Pod, name: string): number | undefined {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return containers.flatMap(({ ports }) => ports ?? []).find((port) => port.name === name)?.containerPort;
}

function forgeSlice(service: Service, ports: EndpointPort[], members: readonly Pod[], salt: string): EndpointSlice {
  const { name = "", namespace = "", labels } = service.metadata ?? {};
  const isHeadless = service.spec?.clusterIP === "None";
  return {
    metadata: {
      name: `${name}-${shortHash([service.metadata?.uid, salt], 5)}`,
      namespace,
      labels: {
        ...labels,
        [SERVICE_NAME]: name,
        [MANAGED_BY]: MANAGER,
        ...(isHeadless && { "service.kubernetes.io/headless": "" }),
      },
      ownerReferences: [controllerReference({ apiVersion: "v1", kind: "Service", ...service })],
    },
    addressType: "IPv4",
    endpoints: members.map((pod) => forgeEndpoint(service, pod)),
    ports,
  };
}

function forgeEndpoint(service: Service, pod: Pod): Endpoint {
  const terminating = isTerminating(pod);
  const serving = isReady(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { hostname, subdomain, nodeName } = pod.spec ?? {};
  return {
    addresses: [pod.status?.podIP ?? ""],
    conditions: { ready, serving, terminating },
    ...(nodeName !== undefined && { nodeName }),
    ...(hostname !== undefined && subdomain === service.metadata?.name && { hostname }),
    targetRef: {
      kind: "Pod",
      namespace: pod.metadata?.namespace ?? "",
      name: pod.metadata?.name ?? "",
      uid: pod.metadata?.uid ?? "",
    },
  };
}
