/** Where an offloaded pod may run at the provider. Upstream: pkg/virtualKubelet/forge/pods.go (forgeAffinity) */
import type { Affinity, NodeAffinity, Pod, PodAffinityTerm, PodAntiAffinity } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { withoutMarks } from "../marks.ts";
import { withoutMergedKeys } from "./label-keys.ts";

type OffloadingPatch = NonNullable<NonNullable<VirtualNode["spec"]>["offloadingPatch"]>;

/** Labels that differ between the pods of one workload, so that they would keep nothing apart. */
const VOLATILE = ["controller-revision-hash", "pod-template-hash", "statefulset.kubernetes.io/pod-name"];

/** The patch's node affinity and the preset's anti-affinity together; upstream loses the first when there are both. */
export function forgeAffinity(local: Pod, patch: OffloadingPatch | undefined): Affinity | undefined {
  const nodeAffinity = patch?.affinity?.nodeAffinity as NodeAffinity | undefined;
  const podAntiAffinity = forgeAntiAffinity(local);
  if (nodeAffinity === undefined && podAntiAffinity === undefined) return undefined;
  return {
    ...(nodeAffinity !== undefined && { nodeAffinity }),
    ...(podAntiAffinity !== undefined && { podAntiAffinity }),
  };
}

function forgeAntiAffinity(local: Pod): PodAntiAffinity | undefined {
  switch (local.metadata?.annotations?.[annotations.ANTI_AFFINITY_PRESET]) {
    case "propagate":
      return withoutKeys(local.spec?.affinity?.podAntiAffinity);
    case "soft":
      return {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: forgeTerm(local) }],
      };
    case "hard":
      return { requiredDuringSchedulingIgnoredDuringExecution: [forgeTerm(local)] };
    default:
      return undefined;
  }
}

function withoutKeys(own: PodAntiAffinity | undefined): PodAntiAffinity | undefined {
  if (own === undefined) return undefined;
  const {
    preferredDuringSchedulingIgnoredDuringExecution: preferred,
    requiredDuringSchedulingIgnoredDuringExecution: required,
  } = own;
  return {
    ...(preferred !== undefined && {
      preferredDuringSchedulingIgnoredDuringExecution: preferred.map(({ podAffinityTerm, ...weighted }) => ({
        ...weighted,
        podAffinityTerm: withoutMergedKeys(podAffinityTerm),
      })),
    }),
    ...(required !== undefined && {
      requiredDuringSchedulingIgnoredDuringExecution: required.map(withoutMergedKeys),
    }),
  };
}

function forgeTerm({ metadata }: Pod): PodAffinityTerm {
  const chosen = metadata?.annotations?.[annotations.ANTI_AFFINITY_LABELS]?.split(",").map((key) => key.trim());
  const matchLabels = Object.fromEntries(
    // The twins of the others lack what does not travel, too.
    Object.entries(withoutMarks(metadata?.labels)).filter(
      ([key]) => !VOLATILE.includes(key) && (chosen === undefined || chosen.includes(key)),
    ),
  );
  return { labelSelector: { matchLabels }, topologyKey: "kubernetes.io/hostname" };
}
