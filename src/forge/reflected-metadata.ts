/**
 * What every reflected object carries: the labels that say whose it is. An object without them is nobody's business of ours.
 * Upstream: pkg/virtualKubelet/forge/{forge,meta}.go
 */
import * as labels from "#api/labels.ts";
import type { KubeObject, ObjectMeta } from "#machinery/meta.ts";
import { withoutMarks } from "./marks.ts";

/** Owns the fields that reflection writes. */
export const REFLECTION_FIELD_MANAGER = "reflection.liqo.io";

/** Who reflects to whom, and what is left out. */
export interface ReflectionScope {
  /** The consumer's cluster id. */
  readonly origin: string;
  /** The provider's cluster id. */
  readonly destination: string;
  /** The virtual node. */
  readonly nodeName: string;
  readonly labelsNotReflected: readonly string[];
  readonly annotationsNotReflected: readonly string[];
}

export function forgeReflectedMetadata(
  local: KubeObject,
  namespace: string,
  scope: ReflectionScope,
  name = local.metadata?.name ?? "",
): ObjectMeta {
  const annotations = without(withoutMarks(local.metadata?.annotations), scope.annotationsNotReflected);
  return {
    name,
    namespace,
    labels: { ...without(withoutMarks(local.metadata?.labels), scope.labelsNotReflected), ...ownershipLabels(scope) },
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}

export function ownershipLabels(scope: ReflectionScope): Record<string, string> {
  return { [labels.ORIGIN]: scope.origin, [labels.DESTINATION]: scope.destination };
}

/** Whether reflection between these two clusters made the object. */
export function isReflected(object: KubeObject, scope: ReflectionScope): boolean {
  const own = object.metadata?.labels;
  return own?.[labels.ORIGIN] === scope.origin && own[labels.DESTINATION] === scope.destination;
}

/** Selects the objects of `isReflected`. */
export function reflectedSelector(scope: ReflectionScope): string {
  return `${labels.ORIGIN}=${scope.origin},${labels.DESTINATION}=${scope.destination}`;
}

export function without(
  map: Readonly<Record<string, string>> | undefined,
  keys: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !keys.includes(key)));
}
