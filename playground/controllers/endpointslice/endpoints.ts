/** Endpoints, the older view of the same pods. Kubernetes: pkg/controller/endpoint/endpoints_controller.go */
import type { Endpoints, Pod, Service } from "kubernetes-types/core/v1";
import type { Endpoint } from "kubernetes-types/discovery/v1";
import { planSlices } from "./plan.ts";

export const ENDPOINTS_MANAGED_BY = "endpoints.kubernetes.io/managed-by";
export const ENDPOINTS_MANAGER = "endpoint-controller";

/** Pods that are ending are in none, and a subset without an address is invalid. */
export function forgeEndpoints(service: Service, chosen: readonly Pod[]): Endpoints {
  const { name = "", namespace = "", labels } = service.metadata ?? {};
  const subsets = planSlices(service, chosen)
    .map((slice) => {
      const address = (e: Endpoint) => ({
        ip: e.addresses[0] ?? "",
        ...(e.nodeName !== undefined && { nodeName: e.nodeName }),
        ...(e.targetRef !== undefined && { targetRef: e.targetRef }),
      });
      const live = (slice.endpoints ?? []).filter((e) => e.conditions?.terminating !== true);
      const ready = live.filter((e) => e.conditions?.ready === true).map(address);
      const notReady = live.filter((e) => e.conditions?.ready !== true).map(address);
      return {
        ...(ready.length > 0 && { addresses: ready }),
        ...(notReady.length > 0 && { notReadyAddresses: notReady }),
        ports: (slice.ports ?? []).map((p) => ({
          ...(p.name !== "" && p.name !== undefined && { name: p.name }),
          port: p.port ?? 0,
          protocol: p.protocol ?? "TCP",
        })),
      };
    })
    .filter(({ addresses, notReadyAddresses }) => addresses !== undefined || notReadyAddresses !== undefined);
  return {
    metadata: { name, namespace, labels: { ...labels, [ENDPOINTS_MANAGED_BY]: ENDPOINTS_MANAGER } },
    subsets,
  };
}
