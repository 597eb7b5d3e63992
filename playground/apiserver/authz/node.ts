/**
 * What a kubelet may do: fixed rules, narrowed to its own node and to what its pods name.
 * Kubernetes: plugin/pkg/auth/authorizer/node/node_authorizer.go; the rest is the NodeRestriction admission plugin.
 */
import type { Pod } from "kubernetes-types/core/v1";
import { persistentVolumeClaims, persistentVolumes, pods } from "#machinery/builtin.ts";
import type { Authorizer, ObjectReader, RequestAttributes, UserInfo } from "../request.ts";
import { NODE_RULES } from "./bootstrap/node-rules.ts";
import { referencesOf } from "./pod-references.ts";
import { ruleAllows } from "./rules.ts";

const PREFIX = "system:node:";

/** The node that the user is the kubelet of. */
export function nodeOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(PREFIX) || !user.groups.includes("system:nodes")) return undefined;
  return user.name.slice(PREFIX.length);
}

export function createNodeAuthorizer(reader: ObjectReader, signal: AbortSignal): Authorizer {
  const podsOn = indexPodsByNode(reader, signal);
  return {
    authorize(attributes) {
      const node = nodeOf(attributes.user);
      if (node === undefined) return { allowed: false, reason: "" };
      if (!NODE_RULES.some((rule) => ruleAllows(rule, attributes))) return { allowed: false, reason: "" };
      const problem = findRestriction(reader, () => podsOn(node), node, attributes);
      return problem === undefined ? { allowed: true, reason: "" } : { allowed: false, reason: problem };
    },
  };
}

function findRestriction(
  reader: ObjectReader,
  podsOfNode: () => readonly Pod[],
  node: string,
  attributes: RequestAttributes,
): string | undefined {
  const { group, plural, subresource, namespace, name } = attributes;
  const noRelation = `no relationship found between node '${node}' and this object`;
  const related = (names: (pod: Pod) => ReadonlySet<string | undefined>): boolean =>
    podsOfNode().some((pod) => pod.metadata?.namespace === namespace && names(pod).has(name));
  const unless = (allowed: boolean): string | undefined => (allowed ? undefined : noRelation);
  switch (group === "" ? plural : `${plural}.${group}`) {
    case "secrets":
      return unless(related((pod) => referencesOf(pod).secrets));
    case "configmaps":
      return unless(related((pod) => referencesOf(pod).configMaps));
    case "persistentvolumeclaims":
      return unless(related((pod) => referencesOf(pod).claims));
    case "persistentvolumes":
      return unless(isVolumeOf(reader, podsOfNode(), name));
    case "serviceaccounts":
      return subresource === "token" ? unless(related((pod) => new Set([pod.spec?.serviceAccountName]))) : undefined;
    case "leases.coordination.k8s.io":
      if (namespace !== "kube-node-lease") return `can only access leases in the "kube-node-lease" system namespace`;
      return name === "" || name === node
        ? undefined
        : "can only access node lease with the same name as the requesting node";
    case "csinodes.storage.k8s.io":
      return name === "" || name === node
        ? undefined
        : "can only access CSINode with the same name as the requesting node";
    default:
      return undefined;
  }
}

function isVolumeOf(reader: ObjectReader, podsOfNode: readonly Pod[], name: string): boolean {
  const claim = reader.get(persistentVolumes, "", name)?.spec?.claimRef;
  if (claim?.name === undefined || claim.namespace === undefined) return false;
  const { namespace, name: claimName } = claim;
  if (reader.get(persistentVolumeClaims, namespace, claimName) === undefined) return false;
  return podsOfNode.some((pod) => pod.metadata?.namespace === namespace && referencesOf(pod).claims.has(claimName));
}

/** Keeps the pods by node as they change, so that a request of a kubelet reads only its own. */
function indexPodsByNode(reader: ObjectReader, signal: AbortSignal): (node: string) => readonly Pod[] {
  let index: Map<string, Pod[]> | undefined;
  reader.onChange(pods, signal, () => {
    index = undefined;
  });
  return (node) => {
    index ??= Map.groupBy(reader.list(pods, ""), (pod) => pod.spec?.nodeName ?? "");
    return index.get(node) ?? [];
  };
}
