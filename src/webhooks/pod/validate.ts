/**
 * Refuses to delete a pod that must never run twice while nobody can say whether it runs: a deletion would have it replaced
 * at once. Called for pods labelled so. Not in upstream.
 */
import type { Node, Pod } from "kubernetes-types/core/v1";
import { ON_PEER_LOST } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { mayNotBeDuplicated } from "#forge/pod/peer-lost.ts";
import { type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import { nodes } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { isTerminal } from "#machinery/pod.ts";
import type { Deps } from "../deps.ts";

export function validatePod(deps: Pick<Deps, "informers">): AdmissionHandler {
  const informer = deps.informers.for(nodes);
  return async (_ctx, request) => {
    const pod = request.oldObject as Pod | undefined;
    if (request.operation !== "DELETE" || pod === undefined) return ALLOWED;
    const node = informer.store.get({ name: pod.spec?.nodeName ?? "" });
    const problem = whyKept(pod, node, request.options?.gracePeriodSeconds);
    return problem === undefined ? ALLOWED : denied(problem);
  };
}

/** Without a grace period whoever deletes it takes that on himself, or knows that it has ended, as its virtual kubelet does. */
export function whyKept(pod: Pod, node: Node | undefined, gracePeriodSeconds: number | undefined): string | undefined {
  const { namespace, name, annotations } = pod.metadata ?? {};
  if (gracePeriodSeconds === 0 || isTerminal(pod) || !mayNotBeDuplicated(annotations)) return undefined;
  if (node === undefined || !isVirtualNode(node) || isConditionTrue(node.status?.conditions, "Ready")) return undefined;
  const cluster = node.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? node.metadata?.name;
  return `pod ${namespace}/${name} may still run in cluster ${cluster}, which does not answer, and its annotation ${ON_PEER_LOST}: never-duplicate keeps it from being replaced: wait until node ${node.metadata?.name} is Ready, or, if it has surely ended, delete it with --force --grace-period=0`;
}
