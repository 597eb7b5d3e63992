/** The pods of a StatefulSet and their claims. Kubernetes: pkg/controller/statefulset/stateful_set_utils.go (newVersionedStatefulSetPod) */
import type { ControllerRevision, StatefulSet } from "kubernetes-types/apps/v1";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec } from "kubernetes-types/core/v1";
import { podFromTemplate } from "../pods.ts";
import { REVISION, revisionOf } from "./plan.ts";

export interface Templates {
  readonly current: RevisedTemplate;
  readonly update: RevisedTemplate;
}

export interface RevisedTemplate {
  readonly revision: string;
  readonly template: PodTemplateSpec;
}

/** What pods are made of: of the revision before, while one is rolled out, and of the newest. */
export function templatesOf(set: StatefulSet, revisions: readonly ControllerRevision[]): Templates {
  const update = { revision: revisionOf(set), template: set.spec?.template ?? {} };
  const found = revisions.find(({ metadata }) => metadata?.name === set.status?.currentRevision);
  const data = found?.data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined;
  if (found === undefined || data?.spec?.template === undefined) return { current: update, update };
  const { $patch: _replace, ...template } = data.spec.template;
  return { current: { revision: found.metadata?.name ?? "", template }, update };
}

export function statefulPod(set: StatefulSet, ordinal: number, { revision, template }: RevisedTemplate): Pod {
  const name = `${set.metadata?.name}-${ordinal}`;
  const labels = {
    ...template.metadata?.labels,
    "apps.kubernetes.io/pod-index": String(ordinal),
    "statefulset.kubernetes.io/pod-name": name,
    [REVISION]: revision,
  };
  const pod = podFromTemplate(set, { ...template, metadata: { ...template.metadata, labels } }, name);
  if (pod.spec === undefined) return pod;
  pod.spec.hostname = name;
  if (set.spec?.serviceName !== undefined) pod.spec.subdomain = set.spec.serviceName;
  const claims = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata?.name ?? "",
    persistentVolumeClaim: { claimName: `${metadata?.name}-${name}` },
  }));
  const own = new Set(claims.map((claim) => claim.name));
  pod.spec.volumes = [...(pod.spec.volumes ?? []).filter((volume) => !own.has(volume.name)), ...claims];
  return pod;
}

export function claimsOf(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    metadata: {
      name: `${metadata?.name}-${set.metadata?.name}-${ordinal}`,
      namespace: set.metadata?.namespace ?? "default",
      labels: { ...metadata?.labels, ...set.spec?.selector.matchLabels },
    },
    ...(spec !== undefined && { spec }),
  }));
}
