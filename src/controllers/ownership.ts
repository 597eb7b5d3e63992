/**
 * What Liqo makes for itself belongs to what the chart installed (core/ownobjects): also what it makes in its last moments,
 * when its Deployment is gone and that has not been heard of yet.
 */
import { ownerReference } from "#forge/networking/names.ts";
import type { KubeObject, OwnerReference } from "#machinery/meta.ts";

/** Its owners with this one among them; undefined when nothing is to change. */
export function withOwner(object: KubeObject, owner: KubeObject | undefined): OwnerReference[] | undefined {
  // Without an owner that stays it would be gone the moment it is told.
  if (owner === undefined || owner.metadata?.deletionTimestamp !== undefined) return undefined;
  if (object.metadata?.deletionTimestamp !== undefined) return undefined;
  const wanted = ownerReference(owner);
  const owners = object.metadata?.ownerReferences ?? [];
  if (owners.some(({ uid }) => uid === wanted.uid)) return undefined;
  // One of the same name that is no more: a chart that was removed without its dependents.
  const others = owners.filter(({ kind, name }) => kind !== wanted.kind || name !== wanted.name);
  return [...others, wanted];
}

/** The object as it is to be made: the garbage collector takes what has an owner that is no more. */
export function ownedBy<T extends KubeObject>(object: T, owner: KubeObject | undefined): T {
  const ownerReferences = withOwner(object, owner);
  return ownerReferences === undefined ? object : { ...object, metadata: { ...object.metadata, ownerReferences } };
}
