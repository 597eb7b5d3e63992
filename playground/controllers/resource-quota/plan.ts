/** Which resources a quota is about, and what is used of it. Kubernetes: pkg/controller/resourcequota, apiserver/pkg/quota/v1 */
import type { ResourceQuota } from "kubernetes-types/core/v1";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { addResources } from "#machinery/quantity.ts";
import { isConcerned, isInScope, usageOf } from "#machinery/quota.ts";

/** Of the names in `hard`, those of other resources than these. */
export function othersNamed(quota: ResourceQuota, known: readonly Resource[]): string[] {
  return namesOf(quota).filter((name) => !known.some((resource) => isConcerned(name, resource)));
}

/** The resources that count against the quota: of the known ones and of those that discovery found. */
export function countedResources(
  quota: ResourceQuota,
  known: readonly Resource[],
  found: readonly Resource[],
): Resource<KubeObject>[] {
  const isKnown = ({ group, plural }: Resource): boolean =>
    known.some((resource) => resource.group === group && resource.plural === plural);
  const names = namesOf(quota);
  return [...known, ...found.filter((resource) => !isKnown(resource))]
    .filter((resource) => resource.namespaced && names.some((name) => isConcerned(name, resource)))
    .map(({ group, version, plural, kind, namespaced }) => ({ group, version, plural, kind, namespaced }));
}

/** `used` of the status: each name of `hard`, `0` where there is nothing. */
export function usedOf(
  quota: ResourceQuota,
  counted: readonly { readonly resource: Resource; readonly objects: readonly KubeObject[] }[],
): Record<string, string> {
  const usages = counted.flatMap(({ resource, objects }) =>
    objects.filter((object) => isInScope(quota, resource, object)).map((object) => usageOf(resource, object)),
  );
  const total = addResources({}, ...usages);
  return Object.fromEntries(namesOf(quota).map((name) => [name, total[name] ?? "0"]));
}

function namesOf({ spec }: ResourceQuota): string[] {
  return Object.keys(spec?.hard ?? {});
}
