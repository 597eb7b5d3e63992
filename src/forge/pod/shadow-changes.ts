/**
 * How the ShadowPod follows the local pod after its creation: by what Kubernetes lets change in the spec of a pod. Used by
 * the virtual kubelet. Upstream: pkg/virtualKubelet/reflection/workload/podns.go, where the spec stays as it was first.
 */
import { isDeepStrictEqual } from "node:util";
import type { Container, EphemeralContainer, Pod, PodSpec } from "kubernetes-types/core/v1";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import type { SizedPodSpec } from "#machinery/pod.ts";
import { forgeEphemeralContainers, forgeShadowPod, type ShadowPodOptions } from "./shadow-pod.ts";
import { grownTolerations } from "./tolerations.ts";

export interface PatchStep {
  readonly op: "test" | "add" | "replace" | "remove";
  readonly path: string;
  readonly value?: unknown;
}

/** Changes that the provider takes or refuses one by one: a peer that does not know of one kind still takes the others. */
export type ShadowChange = readonly PatchStep[];

const POD = "/spec/pod";

/** Of a ShadowPod's spec what `shadowChanges` asks for: the rest is not kept in memory. */
export function shadowInBrief({ spec, ...shadow }: ShadowPod): ShadowPod {
  const {
    containers = [],
    initContainers = [],
    activeDeadlineSeconds,
    tolerations,
    ephemeralContainers,
    resources,
  }: Partial<SizedPodSpec> = spec?.pod ?? {};
  const pod: SizedPodSpec = {
    containers: containers.map(containerInBrief),
    initContainers: initContainers.map(containerInBrief),
    ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
    ...(tolerations !== undefined && { tolerations }),
    ...(ephemeralContainers !== undefined && { ephemeralContainers }),
    ...(resources !== undefined && { resources }),
  };
  return { ...shadow, spec: { pod } };
}

function containerInBrief({ name, image, resources }: Container): Container {
  return { name, ...(image !== undefined && { image }), ...(resources !== undefined && { resources }) };
}

/** What is to be changed in the ShadowPod, as JSON patches; none when it is as the local pod is. */
export function shadowChanges(local: Pod, shadow: ShadowPod, options: ShadowPodOptions): ShadowChange[] {
  const before = shadow.spec?.pod;
  const wanted = forgeShadowPod(local, "", options).spec?.pod;
  if (before === undefined || wanted === undefined) return [];
  const changes = [
    [...containerSteps(before, wanted, "image"), ...podSteps(before, wanted)],
    // Together, because the pod as a whole must ask for at least what its containers do.
    [...containerSteps(before, wanted, "resources"), ...sizeSteps(before, wanted)],
    ephemeralSteps(before, forgeEphemeralContainers(local, options)),
  ];
  const uid: PatchStep = { op: "test", path: "/metadata/uid", value: shadow.metadata?.uid };
  return changes.filter((steps) => steps.length > 0).map((steps) => [uid, ...steps]);
}

function containerSteps(before: PodSpec, wanted: PodSpec, field: "image" | "resources"): PatchStep[] {
  return (["containers", "initContainers"] as const).flatMap((list) =>
    (before[list] ?? []).flatMap((container, index): PatchStep[] => {
      const next = wanted[list]?.find(({ name }) => name === container.name)?.[field];
      if (next === undefined || isDeepStrictEqual(next, container[field])) return [];
      const at = `${POD}/${list}/${index}`;
      return [
        { op: "test", path: `${at}/name`, value: container.name },
        { op: "add", path: `${at}/${field}`, value: next },
      ];
    }),
  );
}

function podSteps(before: PodSpec, wanted: PodSpec): PatchStep[] {
  const { activeDeadlineSeconds } = wanted;
  const hasDeadline = activeDeadlineSeconds !== undefined && activeDeadlineSeconds !== before.activeDeadlineSeconds;
  const tolerations = grownTolerations(before, wanted);
  return [
    ...(hasDeadline ? [step("activeDeadlineSeconds", activeDeadlineSeconds)] : []),
    ...(tolerations === undefined ? [] : [step("tolerations", tolerations)]),
  ];
}

function sizeSteps(before: SizedPodSpec, { resources }: SizedPodSpec): PatchStep[] {
  if (resources === undefined || isDeepStrictEqual(resources, before.resources)) return [];
  return [step("resources", resources)];
}

function step(field: "activeDeadlineSeconds" | "resources" | "tolerations", value: unknown): PatchStep {
  return { op: "add", path: `${POD}/${field}`, value };
}

function ephemeralSteps(before: PodSpec, wanted: readonly EphemeralContainer[]): PatchStep[] {
  const path = `${POD}/ephemeralContainers`;
  if (isDeepStrictEqual(wanted, before.ephemeralContainers ?? [])) return [];
  return wanted.length === 0 ? [{ op: "remove", path }] : [{ op: "add", path, value: wanted }];
}
