/** Making and choosing pods, shared by the controllers that own them. Kubernetes: pkg/controller/controller_utils.go */
import { createHash } from "node:crypto";
import type { Pod, PodTemplateSpec } from "kubernetes-types/core/v1";
import { controllerReference, type KubeObject } from "#machinery/meta.ts";
import { isReady } from "#machinery/pod.ts";

/** The pod a template gives, owned by `owner`; `generateName` is `<owner>-` unless a name is given. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec, name?: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(name === undefined ? { generateName: `${owner.metadata?.name ?? ""}-` } : { name }),
      namespace: owner.metadata?.namespace ?? "default",
      ...(labels !== undefined && { labels: { ...labels } }),
      ...(annotations !== undefined && { annotations: { ...annotations } }),
      ...(finalizers !== undefined && { finalizers: [...finalizers] }),
      ownerReferences: [controllerReference(owner)],
    },
    ...(template.spec !== undefined && { spec: structuredClone(template.spec) }),
  };
}

const SAFE = "bcdfghjklmnpqrstvwxz2456789";

/** A short name-safe hash of any JSON value; keys are sorted first. */
export function shortHash(value: unknown, length = 10): string {
  const digest = createHash("sha256").update(canonical(value)).digest();
  return [...digest.subarray(0, length)].map((byte) => SAFE[byte % SAFE.length]).join("");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}

/** Cheapest to lose first: unassigned, then pending, then not ready, then the youngest. */
export function byDeletionCost(a: Pod, b: Pod): number {
  const rank = (pod: Pod): number[] => [
    (pod.spec?.nodeName ?? "") === "" ? 0 : 1,
    { Pending: 0, Unknown: 1 }[pod.status?.phase ?? "Pending"] ?? 2,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata?.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0),
    -Date.parse(pod.metadata?.creationTimestamp ?? "1970-01-01T00:00:00Z"),
  ];
  const [left, right] = [rank(a), rank(b)];
  for (let i = 0; i < left.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
