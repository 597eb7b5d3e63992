/**
 * How the provider's pod follows its ShadowPod after creation. Used by the ShadowPod controller.
 * Kubernetes: pkg/apis/core/validation (ValidatePodUpdate, ValidatePodResize, ValidatePodEphemeralContainersUpdate)
 */
import type { Container, Pod, PodSpec, ResourceRequirements } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import type { SizedPodSpec } from "#machinery/pod.ts";
import { parseQuantityMilli } from "#machinery/quantity.ts";
import { grownTolerations } from "./tolerations.ts";

/** One request of its own, so that what is refused holds up nothing else. */
export interface PodChange {
  readonly subresource?: "ephemeralcontainers" | "resize";
  /** A strategic merge patch. */
  readonly patch: { readonly spec: Partial<SizedPodSpec> };
}

const LISTS = ["containers", "initContainers"] as const;

/** Whether the ShadowPod's spec has changed since the pod was last made to follow it. Pods are made of the first. */
export function isBehind(shadow: ShadowPod, pod: Pod): boolean {
  const generation = shadow.metadata?.generation ?? 1;
  return generation > 1 && pod.metadata?.annotations?.[annotations.SHADOW_GENERATION] !== String(generation);
}

/** What takes note that the pod is as the ShadowPod wants it. */
export function forgeCaughtUp(shadow: ShadowPod): { readonly metadata: Pod["metadata"] & object } {
  return { metadata: { annotations: { [annotations.SHADOW_GENERATION]: String(shadow.metadata?.generation ?? 1) } } };
}

/** What is to be changed in the pod; what the provider's own admission added to it stays. */
export function podChanges(shadow: ShadowPod, pod: Pod): PodChange[] {
  const wanted: SizedPodSpec | undefined = shadow.spec?.pod;
  const present: SizedPodSpec | undefined = pod.spec;
  if (wanted === undefined || present === undefined) return [];
  const changes: PodChange[] = [];
  const images = changedContainers(wanted, present, ({ image }, old) => image !== undefined && image !== old.image);
  if (images !== undefined)
    changes.push({ patch: { spec: mapContainers(images, ({ name, image }) => ({ name, image })) } });
  const { activeDeadlineSeconds } = wanted;
  if (activeDeadlineSeconds !== undefined && activeDeadlineSeconds !== present.activeDeadlineSeconds)
    changes.push({ patch: { spec: { activeDeadlineSeconds } } });
  const tolerations = grownTolerations(present, wanted);
  if (tolerations !== undefined) changes.push({ patch: { spec: { tolerations } } });
  const size = sizeChange(wanted, present);
  if (size !== undefined) changes.push({ subresource: "resize", patch: { spec: size } });
  const debugging = present.ephemeralContainers ?? [];
  for (const container of wanted.ephemeralContainers ?? []) {
    if (debugging.some(({ name }) => name === container.name)) continue;
    changes.push({ subresource: "ephemeralcontainers", patch: { spec: { ephemeralContainers: [container] } } });
  }
  return changes;
}

/** In one request: the pod as a whole must ask for at least what its containers do. */
function sizeChange(wanted: SizedPodSpec, present: SizedPodSpec): Partial<SizedPodSpec> | undefined {
  const sizes = changedContainers(wanted, present, (next, old) => !hasAmounts(old.resources, next.resources));
  const isOfPod = !hasAmounts(present.resources, wanted.resources);
  if (sizes === undefined && !isOfPod) return undefined;
  return {
    ...mapContainers(sizes ?? {}, ({ name, resources }) => ({ name, resources: amountsOf(resources) })),
    ...(isOfPod && { resources: amountsOf(wanted.resources) }),
  };
}

type Lists = Partial<Record<(typeof LISTS)[number], Container[]>>;

function changedContainers(
  wanted: PodSpec,
  present: PodSpec,
  differs: (next: Container, old: Container) => boolean,
): Lists | undefined {
  const lists = LISTS.flatMap((list) => {
    const changed = (wanted[list] ?? []).filter((next) => {
      const old = present[list]?.find(({ name }) => name === next.name);
      return old !== undefined && differs(next, old);
    });
    return changed.length > 0 ? [[list, changed] as const] : [];
  });
  return lists.length === 0 ? undefined : Object.fromEntries(lists);
}

function mapContainers(lists: Lists, of: (container: Container) => object): Partial<PodSpec> {
  return Object.fromEntries(Object.entries(lists).map(([list, containers]) => [list, containers.map(of)]));
}

/** A limit that the provider added to the pod is not the consumer's to take away. */
function hasAmounts(present: ResourceRequirements = {}, wanted: ResourceRequirements = {}): boolean {
  return (["requests", "limits"] as const).every((kind) =>
    Object.entries(wanted[kind] ?? {}).every(([name, text]) => isSame(present[kind]?.[name], text)),
  );
}

function isSame(a: string | undefined, b: string): boolean {
  return a === b || (a !== undefined && parseQuantityMilli(a) === parseQuantityMilli(b));
}

function amountsOf({ requests, limits }: ResourceRequirements = {}): ResourceRequirements {
  return { ...(requests !== undefined && { requests }), ...(limits !== undefined && { limits }) };
}
