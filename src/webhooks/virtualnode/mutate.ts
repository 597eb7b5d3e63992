/** Completes a VirtualNode with the Deployment of its virtual kubelet. Upstream: pkg/webhooks/virtualnode */
import { type VirtualNode, virtualNodes, vkOptionsTemplates } from "#api/offloading/virtualnode.ts";
import { completeSpec, optionsKeyOf } from "#forge/virtualnode-spec.ts";
import { type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import { nodes } from "#machinery/builtin.ts";
import type { Deps } from "../deps.ts";

export function mutateVirtualNode(deps: Deps): AdmissionHandler {
  const templates = deps.informers.for(vkOptionsTemplates);
  const nodeInformer = deps.informers.for(nodes);
  const nodesOfKind = deps.informers.for(virtualNodes);
  return async (_ctx, request) => {
    const node = request.object as VirtualNode | undefined;
    if (node === undefined || node.metadata?.deletionTimestamp !== undefined) return ALLOWED;
    const name = node.metadata?.name ?? "";
    const isTaken =
      request.operation === "CREATE" &&
      nodeInformer.store.get({ name }) !== undefined &&
      !nodesOfKind.store.list().some((other) => other.metadata?.name === name);
    if (isTaken) return denied(`a Node named ${name} already exists; a VirtualNode needs a name of its own`);
    const key = optionsKeyOf(node, deps.vkOptionsTemplate);
    const template = templates.store.get(key);
    if (template === undefined) throw new Error(`VkOptionsTemplate ${key.namespace}/${key.name} not found`);
    const spec = completeSpec(
      { ...node, metadata: { ...node.metadata, namespace: request.namespace ?? "" } },
      template,
      deps,
    );
    return { allowed: true, patch: [{ op: "add", path: "/spec", value: spec }] };
  };
}
