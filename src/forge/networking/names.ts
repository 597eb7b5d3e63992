/** Names and references that the objects of a network peering share. */
import * as labels from "#api/labels.ts";
import { controllerReference, type KubeObject, type OwnerReference } from "#machinery/meta.ts";

export const TUNNEL_INTERFACE = "liqo-tunnel";
/** The name every container runtime gives a pod's own interface. */
export const DEFAULT_INTERFACE = "eth0";

/** An owner whose deletion takes the object along, without being its controller. */
export function ownerReference(owner: KubeObject): OwnerReference {
  const { controller: _c, blockOwnerDeletion: _b, ...reference } = controllerReference(owner);
  return reference;
}

/** The Lease that the replicas of a gateway elect by; as upstream's. */
export function gatewayLeaseName(name: string, namespace: string, mode: "server" | "client"): string {
  return `${name}.${namespace}.${mode}.connections.liqo.io`;
}

/** What belongs to the gateway `name`: its Deployment, Service, keys and Connection. */
export function gatewayObjectName(name: string): string {
  return `gw-${name}`;
}

/** By which pods, Leases, Deployments and Services of gateways are found. */
export const GATEWAY_SELECTOR = `${labels.NETWORKING_COMPONENT}=gateway`;
/** By which the pods of liqo-fabric are found, in Liqo's namespace. */
export const FABRIC_SELECTOR = "app.kubernetes.io/name=fabric";

/** A CIDR as part of a name: `10-244-0-0-16`. */
export function dashed(cidr: string): string {
  return cidr.replaceAll(/[./]/g, "-");
}
