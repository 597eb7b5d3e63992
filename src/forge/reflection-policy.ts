/** Whether an object takes part in reflection. Upstream: pkg/virtualKubelet/reflection/generic/policies.go */
import { ALLOW_REFLECTION, SKIP_REFLECTION } from "#api/annotations.ts";

/** DenyList: everything but what is annotated to be skipped. AllowList: only what is annotated to be allowed. */
export type ReflectionType = "DenyList" | "AllowList" | "CustomLiqo";

type Annotations = Readonly<Record<string, string>> | undefined;

/** What the annotations say under this policy; undefined when they say nothing. Throws when they contradict each other. */
export function wishOf(annotations: Annotations, type: ReflectionType): boolean | undefined {
  const isSet = (key: string): boolean => annotations?.[key] !== undefined && annotations[key] !== "false";
  if (isSet(ALLOW_REFLECTION) && isSet(SKIP_REFLECTION))
    throw new TypeError(`annotations ${ALLOW_REFLECTION} and ${SKIP_REFLECTION} are both set: remove one of them`);
  if (type === "AllowList") return isSet(ALLOW_REFLECTION) ? true : undefined;
  return isSet(SKIP_REFLECTION) ? false : undefined;
}

/** What happens to objects that say nothing. */
export function defaultOf(type: ReflectionType): boolean {
  return type !== "AllowList";
}
