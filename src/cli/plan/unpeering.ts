/**
 * What goes when a peering ends, from either side or by a drain, as the verbs and the controllers of Tenants, VirtualNodes
 * and gateways do it. Pure.
 */
import type { Pod } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { isReplica } from "#api/predicates.ts";
import { forgeClusterwideBinding, forgeControlPlaneBinding } from "#forge/bindings.ts";
import { NONCE_SECRET, SIGNED_NONCE_SECRET, vkDeploymentName } from "#forge/names.ts";
import { gatewayBindingName } from "#forge/networking/wggateway.ts";
import { bindingNameOf } from "#forge/virtualnode-rights.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { type LostClaim, type Part, type PodFate, step, titleOf } from "./model.ts";
import { endingFates, leavingFates } from "./pods.ts";
import { type Root, removalOf, unlistedRemarks } from "./removal.ts";

/** What one cluster has of a peering, and of what it does for the other one. */
export interface SideFacts {
  readonly id: string;
  readonly peerId: string;
  /** Its namespace for the peer. */
  readonly namespace: string;
  /** All of that namespace and of the peer's twins, bindings of virtual kubelets anywhere, and what lies in no namespace. */
  readonly objects: readonly KubeObject[];
  /** Pods at home that run on the peer's virtual nodes. */
  readonly podsAway: readonly Pod[];
  /** Pods in the peer's twins here. */
  readonly podsHosted: readonly Pod[];
  /** Claims at home whose data lies at the peer. */
  readonly remoteClaims: readonly LostClaim[];
  /** Kinds that the user may not list. */
  readonly unlisted: readonly string[];
}

export interface Ending {
  /** The side of a consumer ends: what it has asked for. */
  readonly asConsumer?: boolean;
  /** The side of a provider ends: what it has granted. */
  readonly asProvider?: boolean;
  /** The consumer is not there to say what becomes of its pods. */
  readonly isAlone?: boolean;
  /** The tunnel alone, or with it what is known of the peer's CIDRs. */
  readonly network?: "gateways" | "all";
  /** With the namespace goes the ForeignCluster. */
  readonly tenantNamespace?: boolean;
}

export function planEnding(facts: SideFacts, ending: Ending): Part {
  const { id, objects } = facts;
  const roots = [
    ...(ending.asConsumer === true ? consumerRoots(facts) : []),
    ...(ending.asProvider === true ? [...tenantRoots(facts), ...grantRoots(facts, [...GRANTED, "Renew"])] : []),
    ...(ending.network === undefined ? [] : networkRoots(facts, ending.network)),
    ...(ending.tenantNamespace === true ? rootsOf(facts, isNamespaceOf(facts), "nothing of the peering is left") : []),
  ];
  return {
    steps: removalOf(id, objects, roots),
    pods: [
      ...(ending.asConsumer === true ? leavingFates(id, facts.podsAway, "another node") : []),
      ...(ending.asProvider === true && ending.isAlone === true ? hostedFates(facts) : []),
    ],
    data: ending.asConsumer === true ? facts.remoteClaims : [],
    breaks: ending.network === undefined ? [] : brokenBy(facts),
    remarks: unlistedRemarks(facts.unlisted, id),
  };
}

/** At a provider: the Tenant stays, and is let in no more. */
export function planDraining(facts: SideFacts, tenant: KubeObject, isDrained: boolean): Part {
  const { id, peerId, objects } = facts;
  const steps = removalOf(id, objects, grantRoots(facts, GRANTED));
  return {
    steps: [...(isDrained ? [] : [step(id, "change", tenants, tenant, `${peerId} gets nothing any more`)]), ...steps],
    pods: hostedFates(facts),
    remarks: unlistedRemarks(facts.unlisted, id),
  };
}

function rootsOf({ objects }: SideFacts, accepts: (object: KubeObject) => boolean, why: string): Root[] {
  return objects.filter(accepts).map((object) => ({ object, why }));
}

function isNamespaceOf({ namespace, peerId }: SideFacts): (object: KubeObject) => boolean {
  return ({ kind, metadata }) =>
    (kind === "Namespace" && metadata?.name === namespace) ||
    (kind === foreignClusters.kind && metadata?.name === peerId);
}

const ASKED = new Set(["ResourceSlice", "VirtualNode", "Identity", "NamespaceMap", "Renew"]);

function consumerRoots(facts: SideFacts): Root[] {
  const { namespace, peerId, objects } = facts;
  const isOwn = (object: KubeObject): boolean =>
    object.metadata?.namespace === namespace &&
    object.metadata.labels?.[labels.REMOTE_CLUSTER_ID] === peerId &&
    !isReplica(object);
  const nodes = objects.filter((object) => object.kind === "VirtualNode" && isOwn(object));
  const names = new Set(nodes.map(({ metadata }) => metadata?.name ?? ""));
  return [
    ...rootsOf(facts, (object) => ASKED.has(object.kind ?? "") && isOwn(object), `${peerId} is used no more`),
    ...rootsOf(facts, isSecret(namespace, SIGNED_NONCE_SECRET), "the answer to the nonce"),
    ...rootsOf(facts, (object) => isOfNode(object, names, namespace), "its virtual node goes"),
  ];
}

function isSecret(namespace: string, name: string): (object: KubeObject) => boolean {
  return ({ kind, metadata }) => kind === "Secret" && metadata?.namespace === namespace && metadata.name === name;
}

/** What a VirtualNode has beside what it owns. */
function isOfNode({ kind, metadata }: KubeObject, nodes: ReadonlySet<string>, tenantNamespace: string): boolean {
  const { name = "", namespace } = metadata ?? {};
  if (kind === "Node") return nodes.has(name);
  if (kind === "ClusterRoleBinding" || kind === "RoleBinding")
    return [...nodes].some((node) => bindingNameOf(node) === name);
  if (namespace !== tenantNamespace) return false;
  return (
    (kind === "ServiceAccount" && nodes.has(name)) ||
    (kind === "Deployment" && [...nodes].some((node) => vkDeploymentName(node) === name))
  );
}

const GRANTED = ["ResourceSlice", "NamespaceMap"];

function tenantRoots(facts: SideFacts): Root[] {
  const { namespace, peerId } = facts;
  const isTenant = ({ kind, metadata }: KubeObject): boolean =>
    kind === tenants.kind &&
    metadata?.namespace === namespace &&
    metadata.labels?.[labels.REMOTE_CLUSTER_ID] === peerId;
  return [
    ...rootsOf(facts, isTenant, `${peerId} is let in no more`),
    ...rootsOf(facts, isSecret(namespace, NONCE_SECRET), "the nonce of the peering"),
  ];
}

/** What a Tenant that is drained or goes takes with it: rights, what the consumer sent, and its twins. */
function grantRoots(facts: SideFacts, kinds: readonly string[]): Root[] {
  const { namespace, peerId } = facts;
  const own = forgeControlPlaneBinding({ metadata: { name: peerId, namespace }, spec: { clusterID: peerId } });
  const bindings = [
    { kind: "RoleBinding", ...own },
    { kind: "ClusterRoleBinding", ...forgeClusterwideBinding(peerId) },
  ].map(titleOf);
  const isSent = (object: KubeObject): boolean =>
    object.metadata?.namespace === namespace && kinds.includes(object.kind ?? "") && isReplica(object);
  return [
    ...rootsOf(facts, (object) => bindings.includes(titleOf(object)), `${peerId} may do nothing here any more`),
    ...rootsOf(facts, isSent, `${peerId} has sent it`),
    ...rootsOf(facts, (object) => isTwinOf(object, facts), `a twin of ${peerId}'s`),
  ];
}

/** One that a map in the peer's tenant namespace has made. */
export function isTwinOf({ kind, metadata }: KubeObject, { namespace }: Pick<SideFacts, "namespace">): boolean {
  const owner = metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP];
  return kind === "Namespace" && owner?.startsWith(`${namespace}/`) === true;
}

const NETWORK = {
  gateways: ["GatewayServer", "GatewayClient", "PublicKey"],
  all: ["GatewayServer", "GatewayClient", "PublicKey", "Configuration"],
} as const satisfies Record<string, readonly string[]>;

function networkRoots(facts: SideFacts, which: keyof typeof NETWORK): Root[] {
  const { namespace, peerId, objects } = facts;
  const gateways = objects.filter(({ kind }) => kind === "GatewayServer" || kind === "GatewayClient");
  const bindings = gateways.map(({ metadata }) => gatewayBindingName({ namespace, name: metadata?.name ?? "" }));
  const kinds: readonly string[] = NETWORK[which];
  const why = `the network with ${peerId} ends`;
  return [
    ...rootsOf(facts, ({ kind = "", metadata }) => kinds.includes(kind) && metadata?.namespace === namespace, why),
    ...rootsOf(
      facts,
      ({ kind, metadata }) => kind === "ClusterRoleBinding" && bindings.includes(metadata?.name ?? ""),
      why,
    ),
  ];
}

function hostedFates({ id, peerId, podsHosted }: SideFacts): PodFate[] {
  const why = `its namespace goes; whether another is made elsewhere is up to ${peerId}`;
  return endingFates(id, podsHosted, why);
}

function brokenBy({ id, peerId, objects }: SideFacts): string[] {
  const [first = "", second = ""] = [id, peerId].sort();
  return objects.some(({ kind }) => kind === "Connection")
    ? [`the connection between ${first} and ${second} breaks`]
    : [];
}
