/**
 * Liqo's own labels and annotations ("marks") on objects that go from one cluster to another. Controllers go by them, so what
 * a user of the consumer writes at home must not speak at the provider: none of them travels but those listed here.
 */

import * as labels from "#api/labels.ts";
import { isLiqoKey } from "#api/liqo-keys.ts";

/**
 * What a provider's pod or EndpointSlice keeps of the object that a consumer wrote for it: whose it is, by which reflection
 * knows its own again, and what the provider's webhook added. Whatever else a consumer marks its objects with is dropped.
 */
const KEPT_OF_SHADOWS: readonly string[] = [labels.ORIGIN, labels.DESTINATION, labels.NODE_NAME, labels.CREATOR_USER];

type Marked = Readonly<Record<string, string>> | undefined;

/**
 * What a user's object sends along. Nothing of Liqo's is meant to: wishes (`liqo.io/skip-reflection`, the storage class, the
 * anti-affinity preset, …) are read at home, and reflection writes its own labels anew.
 */
export function withoutMarks(own: Marked): Record<string, string> {
  return Object.fromEntries(Object.entries(own ?? {}).filter(([key]) => !isLiqoKey(key)));
}

/** What the provider takes over from a ShadowPod or ShadowEndpointSlice. */
export function marksOfShadow(own: Marked): Record<string, string> {
  return Object.fromEntries(
    Object.entries(own ?? {}).filter(([key]) => !isLiqoKey(key) || KEPT_OF_SHADOWS.includes(key)),
  );
}
