/**
 * The Pod Security level of twin namespaces: what a consumer's pods may ask of the provider's nodes is for the provider's
 * API server to enforce. `privileged` leaves the label to the administrator, as upstream does.
 * Kubernetes: https://kubernetes.io/docs/concepts/security/pod-security-admission
 */
import type { Namespace } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { POD_SECURITY_ENFORCE } from "#forge/twin.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { Deps, PodSecurityLevel } from "../../deps.ts";

const FIELD_MANAGER = "liqo-pod-security";

/** The labels to apply, so that exactly these are ours; undefined when there is nothing to change. */
export function planPodSecurity(
  { metadata }: Namespace,
  level: PodSecurityLevel,
): Readonly<Record<string, string>> | undefined {
  if (level !== "privileged")
    return metadata?.labels?.[POD_SECURITY_ENFORCE] === level ? undefined : { [POD_SECURITY_ENFORCE]: level };
  // Only what was set by us is taken back.
  return metadata?.managedFields?.some(({ manager }) => manager === FIELD_MANAGER) === true ? {} : undefined;
}

export async function ensurePodSecurity(ctx: Context, deps: Deps, twin: Namespace): Promise<void> {
  const level = deps.settings.podSecurityLevel;
  const name = twin.metadata?.name ?? "";
  // Whose a label is say the managed fields, which are not in the cache.
  const isAsked = level === "privileged" && twin.metadata?.labels?.[POD_SECURITY_ENFORCE] !== undefined;
  const known = isAsked ? await deps.client.find(ctx, namespaces, { name }) : twin;
  const labels = known && planPodSecurity(known, level);
  if (labels !== undefined)
    await deps.client.apply(ctx, namespaces, { metadata: { name, labels } }, { fieldManager: FIELD_MANAGER });
}
