/** The whole of a VirtualNode: what a person wrote, and what its VkOptionsTemplate adds. Upstream: pkg/webhooks/virtualnode */
import { isDeepStrictEqual } from "node:util";
import * as annotations from "#api/annotations.ts";
import type { VirtualNode, VkOptionsTemplate } from "#api/offloading/virtualnode.ts";
import { forgeVkTemplate } from "./virtualnode-objects.ts";

/** The cluster that the node is made in. */
export interface Home {
  readonly clusterId: string;
  readonly liqoNamespace: string;
  readonly podCidr: string;
  /** RuntimeClass whose pods choose virtual nodes by themselves. */
  readonly runtimeClass: string;
  /** StorageClass of volumes that lie where their pods run. */
  readonly storageClass: string;
}

type OptionsKey = { readonly namespace: string; readonly name: string };

/** Which VkOptionsTemplate it is made by. */
export function optionsKeyOf({ spec }: VirtualNode, initial: OptionsKey): OptionsKey {
  const { namespace = initial.namespace, name = initial.name } = spec?.vkOptionsTemplateRef ?? {};
  return { namespace, name };
}

/** What the person wrote wins over the template's defaults. */
export function completeSpec(
  node: VirtualNode,
  template: VkOptionsTemplate,
  home: Home,
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
    homeClusterId: home.clusterId,
    liqoNamespace: home.liqoNamespace,
    localPodCidr: home.podCidr,
    runtimeClass: home.runtimeClass,
    storageClass: home.storageClass,
  });
  return { ...spec, template: keepOwn(forged, node.spec?.template) };
}

type Template = NonNullable<NonNullable<VirtualNode["spec"]>["template"]>;
type Container = NonNullable<NonNullable<Template["spec"]>["template"]["spec"]>["containers"][number];

/**
 * Image and resources that somebody set in the embedded Deployment stay; those that came from a VkOptionsTemplate follow it,
 * so that an upgrade reaches the virtual kubelets. What came from there is written down beside them.
 */
function keepOwn(forged: Template, own: Template | undefined): Template {
  const [made] = forged.spec?.template.spec?.containers ?? [];
  if (forged.spec?.template.spec === undefined || made === undefined) return forged;
  const [before] = own?.spec?.template.spec?.containers ?? [];
  const isKept = before !== undefined && runsTheSame(before, made);
  const container = { ...made, ...(isKept && ownFields(before, made, givenBefore(own))) };
  return {
    ...forged,
    metadata: {
      ...forged.metadata,
      annotations: {
        ...forged.metadata?.annotations,
        [annotations.VK_DEFAULTS]: JSON.stringify({ image: made.image, resources: made.resources }),
      },
    },
    spec: {
      ...forged.spec,
      template: { ...forged.spec.template, spec: { ...forged.spec.template.spec, containers: [container] } },
    },
  };
}

/** Image and resources are of a program: where upstream's Liqo made the VirtualNode, they are of its virtual kubelet. */
function runsTheSame({ command }: Container, made: Container): boolean {
  return command === undefined || isDeepStrictEqual(command, made.command);
}

type Given = Pick<Container, "image" | "resources">;

function ownFields(before: Container, made: Container, given: Given | undefined): Given {
  const hasOwnImage =
    before.image !== undefined &&
    // Before it was written down: another version of what the template names is that of another release.
    (given === undefined ? repositoryOf(before.image) !== repositoryOf(made.image) : before.image !== given.image);
  const hasOwnResources = before.resources !== undefined && !isDeepStrictEqual(before.resources, given?.resources);
  return {
    ...(hasOwnImage && { image: before.image }),
    ...(hasOwnResources && { resources: before.resources }),
  };
}

/** What a VkOptionsTemplate gave the last time; undefined when that was not written down. */
function givenBefore(own: Template | undefined): Given | undefined {
  const text = own?.metadata?.annotations?.[annotations.VK_DEFAULTS];
  if (text === undefined) return undefined;
  try {
    const given = JSON.parse(text) as Given | null;
    // Somebody else may have written it; resources are only compared.
    return typeof given?.image === "string" ? given : undefined;
  } catch {
    return undefined;
  }
}

/** `registry:5000/liqo:v1` without its tag or digest. */
function repositoryOf(image = ""): string {
  return image.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
}
