/** Completes a VirtualNode with the Deployment of its virtual kubelet. Upstream: pkg/webhooks/virtualnode */
import {
  type VirtualNode,
  type VkOptionsTemplate,
  virtualNodes,
  vkOptionsTemplates,
} from "#api/offloading/virtualnode.ts";
import { forgeVkTemplate } from "#forge/virtualnode-objects.ts";
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
    const reference = node.spec?.vkOptionsTemplateRef;
    const key = {
      namespace: reference?.namespace ?? deps.vkOptionsTemplate.namespace,
      name: reference?.name ?? deps.vkOptionsTemplate.name,
    };
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

/** What the person wrote wins over the template's defaults. */
export function completeSpec(
  node: VirtualNode,
  template: VkOptionsTemplate,
  deps: Pick<Deps, "clusterId" | "liqoNamespace" | "podCidr" | "runtimeClass" | "storageClass">,
): NonNullable<VirtualNode["spec"]> {
  const options = template.spec;
  const patch = node.spec?.offloadingPatch;
  const merged = (field: "labelsNotReflected" | "annotationsNotReflected"): string[] => [
    ...new Set([...(patch?.[field] ?? []), ...(options?.[field] ?? [])]),
  ];
  const spec: NonNullable<VirtualNode["spec"]> = {
    ...node.spec,
    createNode: node.spec?.createNode ?? options?.createNode ?? true,
    disableNetworkCheck: node.spec?.disableNetworkCheck ?? options?.disableNetworkCheck ?? false,
    offloadingPatch: {
      ...patch,
      ...(merged("labelsNotReflected").length > 0 && { labelsNotReflected: merged("labelsNotReflected") }),
      ...(merged("annotationsNotReflected").length > 0 && {
        annotationsNotReflected: merged("annotationsNotReflected"),
      }),
    },
  };
  const forged = forgeVkTemplate({ ...node, spec }, options, {
    homeClusterId: deps.clusterId,
    liqoNamespace: deps.liqoNamespace,
    localPodCidr: deps.podCidr,
    runtimeClass: deps.runtimeClass,
    storageClass: deps.storageClass,
  });
  return { ...spec, template: keepOwn(forged, node.spec?.template) };
}

type Template = NonNullable<NonNullable<VirtualNode["spec"]>["template"]>;

/** Image and resources that somebody set in the embedded Deployment stay. */
function keepOwn(forged: Template, own: Template | undefined): Template {
  const before = own?.spec?.template.spec?.containers[0];
  const made = forged.spec?.template.spec;
  if (before === undefined || made === undefined || forged.spec === undefined) return forged;
  const containers = made.containers.map((container) => ({
    ...container,
    ...(before.image !== undefined && { image: before.image }),
    ...(before.resources !== undefined && { resources: before.resources }),
  }));
  const template = { ...forged.spec.template, spec: { ...made, containers } };
  return { ...forged, spec: { ...forged.spec, template } };
}
