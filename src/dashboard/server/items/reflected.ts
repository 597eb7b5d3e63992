/** Objects that were copied from another cluster. */
import type { Event } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { itemKey, type ReflectedItem } from "../../model/items.ts";
import { trimMetadata } from "./writer.ts";

/** Of what only has to be seen to be there: neither data nor spec is kept. */
export function trimToMetadata<T extends KubeObject>(object: T): T {
  return { metadata: trimMetadata(object, [labels.ORIGIN]) } as unknown as T;
}

/** Name of a reflected object's item: several kinds may have one of the same name. */
export function reflectedName(of: string, name: string): string {
  return `${of}/${name}`;
}

export function reflectedItem(of: string, object: KubeObject, cluster: string, failure?: Event): ReflectedItem {
  const { namespace = "", name = "", creationTimestamp = "", labels: own } = object.metadata ?? {};
  return {
    ...{ key: itemKey("reflected", cluster, namespace, reflectedName(of, name)), cluster, kind: "reflected" },
    ...{ namespace, name, of, origin: own?.[labels.ORIGIN] ?? "", createdAt: creationTimestamp },
    ...(failure?.message !== undefined && { lastError: failure.message.slice(0, 500) }),
  };
}
