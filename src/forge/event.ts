/** A provider's event about an offloaded object, told at home. Upstream: pkg/virtualKubelet/reflection/event */
import type { Event } from "kubernetes-types/core/v1";
import type { KubeObject } from "#machinery/meta.ts";
import { bounded } from "./provider/bounded.ts";
import { ownershipLabels, type ReflectionScope } from "./reflected-metadata.ts";
import { notPlaced } from "./sentences.ts";

// Kubernetes: pkg/apis/core/validation/events.go (NoteLengthLimit); none of the other fields is longer.
const OF_EVENT = { characters: 1_024, items: 16, keys: 32 };

/** The object that the event is about at home. */
export interface EventTarget {
  readonly namespace: string;
  readonly object: KubeObject;
  /** Of the object, where the provider's copy is of another one. */
  readonly kind?: { readonly apiVersion: string; readonly kind: string };
}

export function forgeLocalEvent(
  remote: Event,
  { namespace, object, kind }: EventTarget,
  scope: ReflectionScope,
): Event {
  const { resourceVersion: _version, ...involved } = bounded(remote.involvedObject, OF_EVENT);
  const { metadata, involvedObject: _involved, source, ...copied } = bounded(remote, OF_EVENT);
  return {
    ...copied,
    metadata: { name: metadata.name ?? "", namespace, labels: ownershipLabels(scope) },
    // Of the scheduler at home it would be another matter.
    ...(copied.reason === "FailedScheduling" &&
      copied.message !== undefined && { message: notPlaced(scope.destination, copied.message) }),
    involvedObject: {
      ...involved,
      ...kind,
      namespace,
      ...(object.metadata?.name !== undefined && { name: object.metadata.name }),
      ...(object.metadata?.uid !== undefined && { uid: object.metadata.uid }),
    },
    source: { ...source, component: `${source?.component ?? ""} (remote)` },
  };
}
