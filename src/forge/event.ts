/** A provider's event about an offloaded object, told at home. Upstream: pkg/virtualKubelet/reflection/event */
import type { Event } from "kubernetes-types/core/v1";
import type { KubeObject } from "#machinery/meta.ts";
import { ownershipLabels, type ReflectionScope } from "./reflected-metadata.ts";

/** The object that the event is about at home. */
export interface EventTarget {
  readonly namespace: string;
  readonly object: KubeObject;
}

export function forgeLocalEvent(remote: Event, { namespace, object }: EventTarget, scope: ReflectionScope): Event {
  const { resourceVersion: _version, ...involved } = remote.involvedObject;
  const { metadata, involvedObject: _involved, source, ...copied } = remote;
  return {
    ...copied,
    metadata: { name: metadata.name ?? "", namespace, labels: ownershipLabels(scope) },
    involvedObject: {
      ...involved,
      namespace,
      ...(object.metadata?.name !== undefined && { name: object.metadata.name }),
      ...(object.metadata?.uid !== undefined && { uid: object.metadata.uid }),
    },
    source: { ...source, component: `${source?.component ?? ""} (remote)` },
  };
}
