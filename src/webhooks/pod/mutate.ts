/**
 * Lets pods of an offloaded namespace onto virtual nodes, as its strategy says; the cluster's own scheduler chooses.
 * Upstream: pkg/webhooks/pod
 */
import type { Affinity, NodeSelectorTerm, Pod, PodSpec } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type NamespaceOffloading, namespaceOffloadings, OFFLOADING_NAME } from "#api/offloading/namespace.ts";
import { messageOf } from "#base/errors.ts";
import { NOT_ALLOWED_TOLERATION } from "#forge/node.ts";
import { type PeerLostPolicy, peerLostPolicy, withPeerLost } from "#forge/pod/peer-lost.ts";
import { type AdmissionHandler, ALLOWED, denied, type PatchOperation } from "#kube/webhook-server/server.ts";
import type { Deps } from "../deps.ts";
import { beginTrace } from "./trace.ts";

const IS_VIRTUAL = { key: labels.TYPE, operator: "In", values: [labels.TYPE_VIRTUAL_NODE] };
const IS_NOT_VIRTUAL = { key: labels.TYPE, operator: "NotIn", values: [labels.TYPE_VIRTUAL_NODE] };

export function mutatePod(deps: Deps): AdmissionHandler {
  const offloadings = deps.informers.for(namespaceOffloadings);
  return async (ctx, request) => {
    const pod = request.object as Pod | undefined;
    if (pod?.spec === undefined || request.operation !== "CREATE") return ALLOWED;
    const begun = beginTrace(ctx, request, deps.clusterId);
    const namespace = request.namespace ?? pod.metadata?.namespace ?? "";
    const offloading = offloadings.store.get({ namespace, name: OFFLOADING_NAME });
    if (offloading === undefined)
      throw new Error(
        `namespace ${namespace} is labelled for offloading but has no NamespaceOffloading "${OFFLOADING_NAME}"`,
      );
    const isOfRuntimeClass = pod.spec.runtimeClassName === deps.runtimeClass;
    if (offloading.spec?.podOffloadingStrategy === "Local" && !isOfRuntimeClass) return ALLOWED;
    let policy: PeerLostPolicy | undefined;
    try {
      policy = peerLostPolicy(pod.metadata?.annotations);
    } catch (error) {
      return denied(messageOf(error), 422);
    }
    const patch = [...patchFor(pod.spec, offloading.spec, { isOfRuntimeClass, policy }), ...labelsFor(pod, policy)];
    return { allowed: true, patch: [...patch, ...begun()] };
  };
}

/** The patch that makes the scheduler respect the strategy, and Kubernetes what is to become of the pod when its peer is lost. */
export function patchFor(
  spec: PodSpec,
  offloading: NamespaceOffloading["spec"],
  { isOfRuntimeClass = false, policy }: { isOfRuntimeClass?: boolean; policy?: PeerLostPolicy | undefined } = {},
): PatchOperation[] {
  const strategy = offloading?.podOffloadingStrategy ?? "LocalAndRemote";
  if (strategy === "Local" && !isOfRuntimeClass) return [];
  const own = spec.tolerations ?? [];
  const isTolerated =
    isOfRuntimeClass ||
    own.some(({ key, effect }) => key === NOT_ALLOWED_TOLERATION.key && effect === NOT_ALLOWED_TOLERATION.effect);
  const admitted = isTolerated ? own : [...own, NOT_ALLOWED_TOLERATION];
  const value = policy === undefined ? admitted : withPeerLost(admitted, policy);
  const patch: PatchOperation[] = value === own ? [] : [{ op: "add", path: "/spec/tolerations", value }];
  if (isOfRuntimeClass || strategy === "Local") return patch;
  const terms = imposedTerms(strategy, offloading?.clusterSelector?.nodeSelectorTerms ?? []);
  if (terms.length > 0) patch.push({ op: "add", path: "/spec/affinity", value: withTerms(spec.affinity, terms) });
  return patch;
}

/** Admission of deletions selects by it: an annotation could not be. */
function labelsFor({ metadata }: Pod, policy: PeerLostPolicy | undefined): PatchOperation[] {
  if (policy?.kind !== "never-duplicate") return [];
  const value = { ...metadata?.labels, [labels.NEVER_DUPLICATE]: "true" };
  return [{ op: "add", path: "/metadata/labels", value }];
}

/** Terms are ORed. With LocalAndRemote and no selector nothing is imposed. */
export function imposedTerms(
  strategy: "Remote" | "LocalAndRemote",
  selected: readonly NodeSelectorTerm[],
): NodeSelectorTerm[] {
  if (strategy === "Remote") {
    if (selected.length === 0) return [{ matchExpressions: [IS_VIRTUAL] }];
    return selected.map((term) => ({ ...term, matchExpressions: [...(term.matchExpressions ?? []), IS_VIRTUAL] }));
  }
  return selected.length === 0
    ? []
    : [...selected.map((term) => ({ ...term })), { matchExpressions: [IS_NOT_VIRTUAL] }];
}

/** Every term of the pod AND every imposed one: the cross product. */
function withTerms(affinity: Affinity | undefined, imposed: readonly NodeSelectorTerm[]): Affinity {
  const own = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const nodeSelectorTerms =
    own.length === 0 ? [...imposed] : own.flatMap((mine) => imposed.map((term) => merge(mine, term)));
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  };
}

function merge(a: NodeSelectorTerm, b: NodeSelectorTerm): NodeSelectorTerm {
  const matchExpressions = [...(a.matchExpressions ?? []), ...(b.matchExpressions ?? [])];
  const matchFields = [...(a.matchFields ?? []), ...(b.matchFields ?? [])];
  return { ...(matchExpressions.length > 0 && { matchExpressions }), ...(matchFields.length > 0 && { matchFields }) };
}
