/**
 * A kubelet writes its own node and the pods on it, nothing else.
 * Kubernetes: plugin/pkg/admission/noderestriction/admission.go
 */

import type { TokenRequest } from "kubernetes-types/authentication/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { pods } from "#machinery/builtin.ts";
import { forbiddenError } from "#machinery/status-error.ts";
import { nodeOf } from "../authz/node.ts";
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../request.ts";
import { isMirrorPod } from "./pod-request.ts";

/** Labels under this domain are an administrator's means of isolation. */
const PROTECTED_LABELS = "node-restriction.kubernetes.io/";

export function nodeRestriction(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    handles: ({ user, resource }) =>
      nodeOf(user) !== undefined &&
      resource.group === "" &&
      ["pods", "nodes", "serviceaccounts"].includes(resource.plural),
    async admit(_ctx, request) {
      const node = nodeOf(request.user);
      const why = node === undefined ? undefined : findProblem(reader, request, node);
      if (why !== undefined) throw forbiddenError(request.resource, request.name, why);
    },
  };
}

function findProblem(reader: ObjectReader, request: AdmissionRequest, node: string): string | undefined {
  switch (request.resource.plural) {
    case "nodes":
      return findNodeProblem(request, node);
    case "serviceaccounts":
      return request.subresource === "token" ? findTokenProblem(reader, request, node) : undefined;
    default:
      return findPodProblem(reader, request, node);
  }
}

function findNodeProblem({ operation, name, object, oldObject }: AdmissionRequest, node: string): string | undefined {
  if (name !== node) return `node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(name)}`;
  if (operation === "DELETE") return undefined;
  const labels = object?.metadata?.labels ?? {};
  const old = oldObject?.metadata?.labels ?? {};
  const changed = Object.keys({ ...labels, ...old }).filter(
    (key) => key.includes(PROTECTED_LABELS) && labels[key] !== old[key],
  );
  if (changed.length === 0) return undefined;
  return `is not allowed to modify labels: ${changed.sort().join(", ")}`;
}

function findPodProblem(reader: ObjectReader, request: AdmissionRequest, node: string): string | undefined {
  const { operation, subresource, namespace, name } = request;
  if (operation === "CREATE" && subresource === "") {
    const pod = request.object as Pod;
    if (!isMirrorPod(pod)) {
      return `pod does not have "kubernetes.io/config.mirror" annotation, node ${JSON.stringify(node)} can only create mirror pods`;
    }
    return pod.spec?.nodeName === node
      ? undefined
      : `node ${JSON.stringify(node)} can only create pods with spec.nodeName set to itself`;
  }
  const pod = (request.oldObject as Pod | undefined) ?? reader.get(pods, namespace, name);
  if (pod === undefined || pod.spec?.nodeName === node) return undefined;
  const verb = operation === "DELETE" ? "delete" : subresource === "eviction" ? "evict" : "update status for";
  return `node ${JSON.stringify(node)} can only ${verb} pods with spec.nodeName set to itself`;
}

function findTokenProblem(reader: ObjectReader, request: AdmissionRequest, node: string): string | undefined {
  const { boundObjectRef } = (request.object as TokenRequest | undefined)?.spec ?? {};
  if (boundObjectRef?.kind !== "Pod" || boundObjectRef.name === undefined)
    return "node requested token not bound to a pod";
  const pod = reader.get(pods, request.namespace, boundObjectRef.name);
  if (pod === undefined) return `pod ${JSON.stringify(boundObjectRef.name)} not found`;
  return pod.spec?.nodeName === node ? undefined : "node requested token bound to a pod scheduled on a different node";
}
