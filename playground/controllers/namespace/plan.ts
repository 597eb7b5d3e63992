/** What a namespace that is being deleted still holds, and how that is told. Kubernetes: pkg/controller/namespace/deletion */
import type { Namespace, NamespaceCondition } from "kubernetes-types/core/v1";
import type { DiscoveredResource } from "#kube/client/discovery.ts";
import { type Condition, findCondition, withCondition } from "#machinery/conditions.ts";
import type { Resource } from "#machinery/gvk.ts";

const FINALIZER = "kubernetes";

/** Whether it is this controller's to empty. */
export function isEnding(namespace: Namespace | undefined): namespace is Namespace {
  return namespace?.metadata?.deletionTimestamp !== undefined && (namespace.spec?.finalizers ?? []).includes(FINALIZER);
}

/** What can be in a namespace, and be taken out of it. */
export function isContent({ namespaced, verbs }: DiscoveredResource): boolean {
  return namespaced && verbs.includes("delete") && verbs.includes("list");
}

/** `pods. has 2 resource instances`: core resources have a dot, too. */
export function remainder({ group, plural }: Resource, count: number): string {
  return `${plural}.${group} has ${count} resource instances`;
}

/** The conditions that tell of what remains; undefined when they do so already. */
export function remainingConditions(
  { status }: Namespace,
  remaining: readonly string[],
  nowMs: number,
): Condition[] | undefined {
  const condition: Condition = {
    type: "NamespaceContentRemaining",
    status: "True",
    reason: "SomeResourcesRemain",
    message: `Some resources are remaining: ${[...remaining].sort().join(", ")}`,
  };
  const before: NamespaceCondition[] | undefined = status?.conditions;
  if (findCondition(before, condition.type)?.message === condition.message) return undefined;
  return withCondition<Condition>(before, condition, nowMs);
}

/** The namespace with nothing of this controller's left to wait for. */
export function finalized(namespace: Namespace): Namespace {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== FINALIZER);
  return { ...namespace, apiVersion: "v1", kind: "Namespace", spec: { ...namespace.spec, finalizers } };
}
