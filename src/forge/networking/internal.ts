/** The overlay between nodes and gateways. Upstream: pkg/liqo-controller-manager/networking/forge (internalnode, internalfabric, genevetunnel) */
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { GeneveTunnel, InternalFabric, InternalNode } from "#api/networking/internal.ts";
import { controllerReference, type ObjectKey } from "#machinery/meta.ts";
import { GLOBAL_LABELS } from "../names.ts";

export type FabricInterface = NonNullable<InternalFabric["spec"]>["interface"];

/** `ip`: the node's in the overlay; `gatewayInterface`: the device towards it at every gateway. */
export function forgeInternalNode(name: string, ip: string, gatewayInterface: string): InternalNode {
  return {
    metadata: { name, labels: { ...GLOBAL_LABELS } },
    spec: { interface: { gateway: { name: gatewayInterface }, node: { ip } } },
  };
}

export function forgeInternalFabric(
  gateway: GatewayServer | GatewayClient,
  configuration: Configuration,
  own: FabricInterface,
): InternalFabric {
  const { name = "", namespace = "", labels: marks } = gateway.metadata ?? {};
  const remote = configuration.status?.remote?.cidr;
  return {
    metadata: {
      name,
      namespace,
      labels: { ...GLOBAL_LABELS, [labels.REMOTE_CLUSTER_ID]: marks?.[labels.REMOTE_CLUSTER_ID] ?? "" },
      ownerReferences: [controllerReference(gateway)],
    },
    spec: {
      gatewayIP: gateway.status?.internalEndpoint?.ip ?? "",
      interface: own,
      ...(gateway.spec?.mtu !== undefined && { mtu: gateway.spec.mtu }),
      remoteCIDRs: [...(remote?.pod ?? []), ...(remote?.external ?? [])],
    },
  };
}

export function tunnelKey(fabric: InternalFabric, node: InternalNode): ObjectKey {
  return { namespace: fabric.metadata?.namespace ?? "", name: `${fabric.metadata?.name}-${node.metadata?.name}` };
}

/** `id`: the VNI, which no other tunnel may have. */
export function forgeGeneveTunnel(fabric: InternalFabric, node: InternalNode, id: number): GeneveTunnel {
  const { name: fabricName = "", namespace = "" } = fabric.metadata ?? {};
  const { name: nodeName = "" } = node.metadata ?? {};
  return {
    metadata: {
      ...tunnelKey(fabric, node),
      labels: {
        ...GLOBAL_LABELS,
        [labels.INTERNAL_FABRIC_NAME]: fabricName,
        [labels.INTERNAL_NODE_NAME]: nodeName,
      },
      ownerReferences: [controllerReference(fabric)],
    },
    spec: { id, internalFabricRef: { name: fabricName, namespace }, internalNodeRef: { name: nodeName } },
  };
}
