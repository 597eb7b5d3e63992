/**
 * The Service by which pods find the address of an IP, and with reflection those of offloaded namespaces elsewhere.
 * Upstream: pkg/liqo-controller-manager/ipam/ip-controller (there a numeric targetPort has no effect)
 */
import type { Service, ServicePort } from "kubernetes-types/core/v1";
import type { EndpointPort, EndpointSlice } from "kubernetes-types/discovery/v1";
import type { IP } from "#api/ipam/ip.ts";
import { controllerReference, type ObjectMeta } from "#machinery/meta.ts";
import { GLOBAL_LABELS } from "./names.ts";

export interface IpService {
  readonly service: Service;
  readonly slice: EndpointSlice;
}

/** Undefined when the IP asks for none. */
export function forgeIpService(ip: IP): IpService | undefined {
  const template = ip.spec?.serviceTemplate;
  if (template?.spec === undefined) return undefined;
  const { name = "" } = ip.metadata ?? {};
  const { labels, annotations } = template.metadata ?? {};
  const slice = metadataOf(ip, { ...labels, "kubernetes.io/service-name": name });
  return {
    service: {
      metadata: { ...metadataOf(ip, labels), ...(annotations !== undefined && { annotations }) },
      spec: template.spec,
    },
    slice: {
      metadata: slice,
      addressType: "IPv4",
      endpoints: [{ addresses: [ip.spec?.ip ?? ""], conditions: { ready: true } }],
      ports: (template.spec.ports ?? []).map(endpointPort),
    },
  };
}

function metadataOf(ip: IP, labels: Readonly<Record<string, string>> = {}): ObjectMeta {
  const { name = "", namespace = "" } = ip.metadata ?? {};
  // The IP does not wait for them: to say so needs a right that Liqo has no other use for.
  const owner = controllerReference({ ...ip, apiVersion: "ipam.liqo.io/v1alpha1", kind: "IP" }, false);
  return { name, namespace, labels: { ...labels, ...GLOBAL_LABELS }, ownerReferences: [owner] };
}

function endpointPort({ name, protocol = "TCP", port, targetPort, appProtocol }: ServicePort): EndpointPort {
  return {
    // A port without a name is called "" in a slice, as Kubernetes' own controller writes it.
    name: name ?? "",
    protocol,
    port: typeof targetPort === "number" ? targetPort : port,
    ...(appProtocol !== undefined && { appProtocol }),
  };
}
