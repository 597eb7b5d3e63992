/** What `peer` leads to at consumer and provider, as its steps and the controllers make it. Pure. */
import { identities } from "#api/authentication/identity.ts";
import { renews } from "#api/authentication/renew.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { quotas } from "#api/offloading/quota.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import {
  forgeControlPlaneIdentity,
  forgeNonceSecret,
  forgeRenew,
  forgeSignedNonceSecret,
  forgeSliceIdentity,
} from "#forge/authentication.ts";
import { forgeClusterwideBinding, forgeControlPlaneBinding } from "#forge/bindings.ts";
import { forgeForeignCluster } from "#forge/foreigncluster.ts";
import {
  certificateSecretName,
  kubeconfigSecretName,
  sliceUserName,
  virtualNodeName,
  vkDeploymentName,
} from "#forge/names.ts";
import { forgeNamespaceMap, forgeVkServiceAccount } from "#forge/virtualnode-objects.ts";
import { forgeVkClusterBinding, forgeVkOwnBindings } from "#forge/virtualnode-rights.ts";
import {
  clusterRoleBindings,
  deployments,
  namespaces,
  nodes,
  roleBindings,
  secrets,
  serviceAccounts,
} from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { forgeTenantNamespace } from "../tenant.ts";
import { type Part, type Step, step, titleOf } from "./model.ts";
import { type NetworkSide, planNetworkSide } from "./networking.ts";

export interface PeeringSide {
  readonly id: string;
  readonly peerId: string;
  /** Its namespace for the peer, there or to come. */
  readonly namespace: string;
  /** What is there of it. */
  readonly objects: readonly KubeObject[];
  /** Undefined: the network stays as it is. */
  readonly network: NetworkSide | undefined;
  readonly unlisted: readonly string[];
}

export interface PeeringFacts {
  readonly consumer: PeeringSide;
  readonly provider: PeeringSide;
  /** The provider lets the consumer in. */
  readonly authenticates: boolean;
  readonly createsSlice: boolean;
  readonly createsNode: boolean;
}

export function planPeering({ consumer, provider, authenticates, createsSlice, createsNode }: PeeringFacts): Part[] {
  const slice = consumer.peerId;
  const asked = [
    ...(authenticates ? consumerAuthentication(consumer, provider) : []),
    ...(createsSlice ? consumerSlice(consumer, slice) : []),
    ...(createsSlice && createsNode ? virtualNodeSteps(consumer, slice) : []),
  ];
  const granted = [
    ...(authenticates ? providerAuthentication(provider) : []),
    ...(createsSlice ? providerSlice(provider, slice) : []),
    // Replicated once there is a virtual node.
    ...(createsSlice && createsNode ? [mapAt(provider, provider.id, `replicated from ${provider.peerId}`)] : []),
  ];
  return [planSide(consumer, asked), planSide(provider, granted)];
}

function planSide(side: PeeringSide, steps: readonly Step[]): Part {
  const network = side.network === undefined ? {} : planNetworkSide(side.network);
  const present = new Set(side.objects.map(titleOf));
  return {
    steps: [...known(side), ...steps, ...(network.steps ?? [])].filter(
      ({ verb, object }) => (verb === "create") !== present.has(titleOf(object)),
    ),
    addresses: network.addresses ?? [],
    remarks:
      side.unlisted.length === 0
        ? []
        : [
            `this user may not list ${side.unlisted.join(", ")} at ${side.id}: of these, what is there already is told as if it were not`,
          ],
  };
}

function known({ id, peerId }: PeeringSide): Step[] {
  return [
    step(id, "create", namespaces, forgeTenantNamespace(peerId), `for what concerns ${peerId}`),
    step(id, "create", foreignClusters, forgeForeignCluster(peerId), `tells how it stands with ${peerId}`),
  ];
}

function secretStep({ id, namespace }: PeeringSide, name: string, why: string): Step {
  return step(id, "create", secrets, { metadata: { namespace, name } }, why);
}

function consumerAuthentication(side: PeeringSide, provider: PeeringSide): Step[] {
  const { id, peerId, namespace } = side;
  // What the provider signs is no part of a name.
  const identity = forgeControlPlaneIdentity(peerId, namespace, provider.namespace, { apiServer: "" });
  return [
    step(id, "create", secrets, forgeSignedNonceSecret(namespace, peerId, ""), `proves to ${peerId} who this is`),
    step(id, "create", identities, identity, `what ${peerId} lets this cluster in as`),
    secretStep(side, kubeconfigSecretName(identity.metadata?.name ?? ""), `leads to ${peerId}`),
    step(id, "create", renews, forgeRenew(identity, id), "asks for a new certificate before the old one ends"),
  ];
}

function providerAuthentication(side: PeeringSide): Step[] {
  const { id, peerId, namespace } = side;
  const tenant = { metadata: { name: peerId, namespace }, spec: { clusterID: peerId } };
  const identity = forgeControlPlaneIdentity(id, namespace, namespace, { apiServer: "" });
  return [
    step(id, "create", secrets, forgeNonceSecret(namespace, peerId), `for ${peerId} to sign`),
    step(id, "create", tenants, tenant, `lets ${peerId} in`),
    step(id, "create", roleBindings, forgeControlPlaneBinding(tenant), `${peerId} may ask for resources here`),
    step(id, "create", clusterRoleBindings, forgeClusterwideBinding(peerId), `${peerId} may read metrics of its pods`),
    secretStep(side, certificateSecretName(), `what ${peerId} was let in by`),
    step(
      id,
      "create",
      renews,
      forgeRenew({ ...identity, metadata: { ...identity.metadata, namespace } }, peerId),
      `replicated from ${peerId}`,
    ),
  ];
}

function consumerSlice(side: PeeringSide, name: string): Step[] {
  const { id, peerId, namespace } = side;
  const slice = { metadata: { name, namespace }, spec: { class: "", providerClusterID: peerId } };
  const identity = forgeSliceIdentity(slice, {});
  return [
    step(id, "create", resourceSlices, slice, `asks ${peerId} for resources`),
    step(id, "create", identities, identity, `what pods are run at ${peerId} as`),
    secretStep(side, kubeconfigSecretName(identity.metadata?.name ?? ""), `leads the virtual kubelet to ${peerId}`),
  ];
}

function providerSlice(side: PeeringSide, name: string): Step[] {
  const { id, peerId, namespace } = side;
  const quota = { metadata: { name: sliceUserName(name, peerId), namespace } };
  const slice = { metadata: { name, namespace } };
  return [
    step(id, "create", resourceSlices, slice, `replicated from ${peerId}`),
    step(id, "create", quotas, quota, `limits what ${peerId} uses`),
    secretStep(side, certificateSecretName(name), `what ${peerId} runs pods by`),
  ];
}

function mapAt({ id, namespace }: PeeringSide, providerId: string, why: string): Step {
  return step(id, "create", namespaceMaps, forgeNamespaceMap(providerId, namespace), why);
}

/** The one of a slice, as far as anybody knows before the provider has answered. */
export function comingNode(peerId: string, namespace: string): VirtualNode {
  const own = { [labels.REMOTE_CLUSTER_ID]: peerId };
  return {
    metadata: { name: virtualNodeName(peerId), namespace, labels: own },
    spec: { clusterID: peerId, labels: own },
  };
}

function virtualNodeSteps(side: PeeringSide, slice: string): Step[] {
  const { id, peerId, namespace } = side;
  const node = comingNode(slice, namespace);
  const name = node.metadata?.name ?? "";
  const runs = "the virtual kubelet runs as it";
  return [
    step(id, "create", virtualNodes, node, `makes a node of what ${peerId} grants`),
    step(id, "create", nodes, { metadata: { name } }, `${peerId}, as the scheduler sees it`),
    step(id, "create", serviceAccounts, forgeVkServiceAccount(node), runs),
    step(id, "create", clusterRoleBindings, forgeVkClusterBinding(node), "what the virtual kubelet reads"),
    ...forgeVkOwnBindings(node).map((binding) =>
      step(id, "create", roleBindings, binding, "what is the virtual kubelet's own"),
    ),
    step(id, "create", deployments, { metadata: { name: vkDeploymentName(name), namespace } }, "the virtual kubelet"),
    mapAt(side, peerId, "the namespaces that are offloaded there"),
  ];
}
